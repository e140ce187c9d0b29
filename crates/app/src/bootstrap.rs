//! What a start without a person makes sure of: that a token whose text the operator chose is there.

use cratekeep_store::token::TokenHolder;
use cratekeep_types::{TokenText, UserName};

use crate::{App, AppError, Caller, TokenRequest};

/// A token whose text is known before it is made.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// Whose token.
    pub user: UserName,
    /// A label to know it by.
    pub label: String,
    /// Comma-separated scopes; absent means all.
    pub scope: Option<String>,
    /// Crate patterns; empty means every crate.
    pub crates: Vec<String>,
    /// Seconds until it ends, counted from when it is made; absent means never.
    pub expires_secs: Option<u64>,
    /// Its text.
    pub text: TokenText,
}

impl App {
    /// Makes the token unless it is there already, revoked or not; says whether it did.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Conflict`] when the token is somebody else's,
    /// [`AppError::Invalid`] for bad scopes or patterns.
    pub async fn keep_token(&self, caller: &Caller, known: KnownToken) -> Result<bool, AppError> {
        cratekeep_policy::may_administer(&caller.actor)?;
        let KnownToken { user, label, scope, crates, expires_secs, text } = known;
        let (there, holder) = {
            let mut conn = self.store.read().await?;
            let there = cratekeep_store::token::find_by_hash(&mut conn, &text.hash()).await?;
            (there, cratekeep_store::user::find_by_name(&mut conn, &user).await?)
        };
        let holder = holder.ok_or_else(|| AppError::NotFound(format!("there is no user `{user}`")))?.account;
        if let Some(TokenHolder { account, .. }) = there {
            if account.id == holder.id {
                return Ok(false);
            }
            let owner = account.name;
            return Err(AppError::Conflict(format!("the token for `{user}` is already one of `{owner}`")));
        }
        let scopes = scope.map(|words| words.split(',').map(str::to_owned).collect());
        let expires_at = self.end_in(expires_secs)?;
        let request = TokenRequest { label, scopes, crates, expires_at, ..TokenRequest::default() };
        self.insert_token(caller, &holder, self.wish(request)?, &text).await?;
        Ok(true)
    }
}
