//! `admin token …`

use cratekeep_store::token::TokenHolder;
use cratekeep_types::{CratePattern, ScopeSet, Timestamp, TokenId, UserName};
use cratekeep_wire::control::{AdminReply, TokenCommand};

use super::{done, parse, table};
use crate::tokens::TokenWish;
use crate::{App, AppError, Caller};

/// Longest life of a token in seconds: a hundred years.
const EXPIRES_SECS_MAX: u64 = 100 * 365 * 86_400;

impl App {
    pub(super) async fn run_token(
        &self,
        caller: &Caller,
        command: TokenCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            TokenCommand::Create { user, name, scope, crates, expires_secs } => {
                let wish = self.token_wish(name, scope.as_deref(), &crates, expires_secs)?;
                let token = self.create_token(caller, &parse(&user)?, wish).await?;
                Ok(AdminReply::Token { token: token.expose().to_owned() })
            }
            TokenCommand::List { user } => self.token_table(caller, user).await,
            TokenCommand::Revoke { id } => {
                self.revoke_token(caller, TokenId(id)).await?;
                Ok(done(format!("token {id} revoked")))
            }
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

fn token_row(held: TokenHolder, now: Timestamp) -> Vec<String> {
    let TokenHolder { token, account } = held;
    let state = match (token.revoked_at, token.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "live",
        (None, false) => "expired",
    };
    let patterns: Vec<_> = token.crates.iter().map(ToString::to_string).collect();
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_seconds_text());
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
