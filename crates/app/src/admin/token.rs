//! `admin token …`

use cratekeep_store::token::TokenHolder;
use cratekeep_types::{Timestamp, TokenId, UserName};
use cratekeep_wire::control::{AdminReply, TokenCommand};

use super::{done, parse, table};
use crate::{App, AppError, Caller, TokenRequest};

impl App {
    pub(super) async fn run_token(
        &self,
        caller: &Caller,
        command: TokenCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            TokenCommand::Create { user, name, scope, crates, registries, addresses, expires_secs } => {
                let request = TokenRequest {
                    label: name,
                    scopes: scope.map(|words| words.split(',').map(str::to_owned).collect()),
                    crates,
                    registries,
                    addresses,
                    expires_at: self.end_in(expires_secs)?,
                };
                let token = self.create_token(caller, &parse(&user)?, request).await?;
                Ok(AdminReply::Token { token: token.expose().to_owned() })
            }
            TokenCommand::List { user } => self.token_table(caller, user).await,
            TokenCommand::Revoke { id } => {
                self.revoke_token(caller, TokenId(id)).await?;
                Ok(done(format!("token {id} revoked")))
            }
        }
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
            &[
                "id",
                "user",
                "name",
                "scopes",
                "crates",
                "registries",
                "networks",
                "state",
                "created",
                "expires",
                "last used",
            ],
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
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_seconds_text());
    vec![
        token.id.to_string(),
        account.name.to_string(),
        token.label,
        token.scopes.to_string(),
        or_every(&token.crates),
        or_every(&token.registries),
        or_every(&token.addresses),
        state.to_owned(),
        token.created_at.to_seconds_text(),
        time(token.expires_at),
        match (token.used_at, token.used_from) {
            (Some(_), Some(from)) => format!("{} from {from}", time(token.used_at)),
            (at, _) => time(at),
        },
    ]
}

fn or_every(items: &[impl ToString]) -> String {
    if items.is_empty() {
        return "every".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
