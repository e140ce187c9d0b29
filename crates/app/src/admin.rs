//! What the operator does from the shell: one function that runs a command, on a running server through its control
//! socket or in a process of its own, with the same result.

use std::path::Path;

use cratekeep_store::registry::{NewRegistry, Rules};
use cratekeep_store::token::TokenHolder;
use cratekeep_types::{Access, CratePattern, ScopeSet, TokenId, UserName};
use cratekeep_wire::control::{AdminCommand, AdminReply};

use crate::tokens::TokenWish;
use crate::verify::VerifyDepth;
use crate::{App, AppError, Caller, Report};

/// Longest life of a token in seconds: a hundred years.
const EXPIRES_SECS_MAX: u64 = 100 * 365 * 86_400;

impl App {
    /// Runs a command of the operator. Failures come back as a reply too: the shell prints them.
    pub async fn run_admin(&self, command: AdminCommand) -> AdminReply {
        let done = self.admin(&Caller::operator(), command).await;
        done.unwrap_or_else(|error| match error {
            AppError::Invalid(problems) => AdminReply::Refused { problems },
            other => AdminReply::Refused { problems: vec![other.to_string()] },
        })
    }

    async fn admin(&self, caller: &Caller, command: AdminCommand) -> Result<AdminReply, AppError> {
        match command {
            AdminCommand::UserCreate { name, email, admin } => {
                let name: UserName = parse(&name)?;
                self.create_user(caller, name.clone(), email, admin).await?;
                Ok(done(format!("user {name} created")))
            }
            AdminCommand::UserList => self.user_table(caller).await,
            AdminCommand::TokenCreate { user, name, scope, crates, expires_secs } => {
                let wish = self.token_wish(name, scope.as_deref(), &crates, expires_secs)?;
                let token = self.create_token(caller, &parse(&user)?, wish).await?;
                Ok(AdminReply::Token { token: token.expose().to_owned() })
            }
            AdminCommand::TokenList { user } => self.token_table(caller, user).await,
            AdminCommand::TokenRevoke { id } => {
                self.revoke_token(caller, TokenId(id)).await?;
                Ok(done(format!("token {id} revoked")))
            }
            command @ AdminCommand::RegistryCreate { .. } => self.registry_create(caller, command).await,
            AdminCommand::RegistryList => Ok(self.registry_table()),
            AdminCommand::BaseUrlSet { url } => {
                self.set_base_url(caller, &url).await?;
                Ok(done(format!(
                    "base URL is {url} from the next start on; the one before is kept as an alias"
                )))
            }
            AdminCommand::Verify => Ok(report(self.verify(VerifyDepth::Blobs).await?)),
            AdminCommand::Backup { folder } => Ok(report(self.backup(Path::new(&folder)).await?)),
        }
    }

    pub(crate) fn token_wish(
        &self,
        label: String,
        scope: Option<&str>,
        crates: &[String],
        expires_secs: Option<u64>,
    ) -> Result<TokenWish, AppError> {
        let scopes = match scope {
            None => ScopeSet::all(),
            Some(text) => parse(text)?,
        };
        let crates = crates.iter().map(|text| parse::<CratePattern>(text)).collect::<Result<_, _>>()?;
        let expires_at = match expires_secs {
            None => None,
            Some(secs) if (1..=EXPIRES_SECS_MAX).contains(&secs) => {
                Some(self.clock.now().plus_secs(i64::try_from(secs).unwrap_or(i64::MAX)))
            }
            Some(secs) => {
                return Err(AppError::invalid(format!(
                    "a token ends in 1 to {EXPIRES_SECS_MAX} seconds, not {secs}"
                )));
            }
        };
        Ok(TokenWish { label, scopes, crates, expires_at })
    }

    async fn registry_create(&self, caller: &Caller, command: AdminCommand) -> Result<AdminReply, AppError> {
        let AdminCommand::RegistryCreate {
            name,
            kind,
            closed,
            stands_for_crates_io,
            unknown_dependencies,
            upload_rules,
        } = command
        else {
            return Err(AppError::Internal("another command came to the making of a registry".to_owned()));
        };
        let unknown = unknown_dependencies.map(|word| parse(&word)).transpose()?;
        let uploads = upload_rules.map(|word| parse(&word)).transpose()?;
        let new = NewRegistry {
            name: parse(&name)?,
            kind: parse(&kind)?,
            access: if closed { Access::Internal } else { Access::Open },
            rules: Rules {
                stands_for_crates_io,
                unknown_dependencies: unknown.unwrap_or(self.options.unknown_dependencies),
                upload_rules: uploads.unwrap_or(self.options.upload_rules),
            },
            is_default: false,
        };
        self.create_registry(caller, new).await?;
        let view = self
            .registry(&name)
            .ok_or_else(|| AppError::Internal("a new registry is not there".to_owned()))?;
        Ok(done(format!("registry {name} created; its index is {}", view.index_url())))
    }

    fn registry_table(&self) -> AdminReply {
        let rows = self
            .all_registries()
            .iter()
            .map(|view| {
                let registry = &view.registry;
                vec![
                    registry.name.to_string(),
                    registry.kind.to_string(),
                    registry.access.to_string(),
                    yes_no(registry.stands_for_crates_io),
                    registry.unknown_dependencies.to_string(),
                    registry.upload_rules.to_string(),
                    view.index_url(),
                ]
            })
            .collect();
        table(
            &[
                "name",
                "kind",
                "access",
                "stands for crates.io",
                "unknown dependencies",
                "upload rules",
                "index",
            ],
            rows,
        )
    }

    async fn user_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        let users = self.list_users(caller).await?;
        let rows = users
            .into_iter()
            .map(|user| {
                vec![
                    user.account.id.to_string(),
                    user.account.name.to_string(),
                    user.email.unwrap_or_default(),
                    yes_no(user.account.is_admin),
                    user.created_at.to_seconds_text(),
                ]
            })
            .collect();
        Ok(table(&["id", "name", "email", "admin", "created"], rows))
    }

    async fn token_table(&self, caller: &Caller, user: Option<String>) -> Result<AdminReply, AppError> {
        let user = user.map(|name| parse::<UserName>(&name)).transpose()?;
        let now = self.clock.now();
        let rows = self
            .list_tokens(caller, user.as_ref())
            .await?
            .into_iter()
            .map(|held| token_row(held, now))
            .collect();
        Ok(table(
            &["id", "user", "name", "scopes", "crates", "state", "created", "expires", "last used"],
            rows,
        ))
    }
}

fn token_row(held: TokenHolder, now: cratekeep_types::Timestamp) -> Vec<String> {
    let TokenHolder { token, account } = held;
    let state = match (token.revoked_at, token.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "live",
        (None, false) => "expired",
    };
    let patterns: Vec<_> = token.crates.iter().map(ToString::to_string).collect();
    let time = |at: Option<cratekeep_types::Timestamp>| {
        at.map_or_else(|| "never".to_owned(), |at| at.to_seconds_text())
    };
    vec![
        token.id.to_string(),
        account.name.to_string(),
        token.label,
        token.scopes.to_string(),
        if patterns.is_empty() { "every".to_owned() } else { patterns.join(",") },
        state.to_owned(),
        token.created_at.to_seconds_text(),
        time(token.expires_at),
        time(token.used_at),
    ]
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|error: T::Err| AppError::invalid(error.to_string()))
}

fn done(message: String) -> AdminReply {
    AdminReply::Done { message }
}

fn report(report: Report) -> AdminReply {
    AdminReply::Report { summary: report.summary, findings: report.findings }
}

fn table(columns: &[&str], rows: Vec<Vec<String>>) -> AdminReply {
    AdminReply::Table { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows }
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
