//! API tokens: made for somebody, listed and taken back by administrators. What holders do with their own is in `own`,
//! what a token may be limited to in `wish`.

mod life;
mod own;
mod renew;
mod warn;
mod wish;

use cratekeep_policy::may_administer;
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::token::{NewToken, TokenHolder};
use cratekeep_types::{Account, Timestamp, TokenId, TokenText, UserName};

use crate::mail::token::{About, made};
use crate::users::LISTED_MAX;
use crate::{App, AppError, Caller};

pub use life::TokenOptions;
pub use renew::Renewal;
pub use wish::TokenRequest;
pub(crate) use wish::TokenWish;

/// Most tokens of an account that work at the same time, as on crates.io.
const LIVE_MAX: u64 = 500;

impl App {
    /// Makes a token for a user and shows it this once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Invalid`] for a bad wish.
    pub(crate) async fn create_token(
        &self,
        caller: &Caller,
        user: &UserName,
        request: TokenRequest,
    ) -> Result<TokenText, AppError> {
        may_administer(&caller.actor)?;
        let found = {
            let mut conn = self.store.read().await?;
            cratekeep_store::user::find_by_name(&mut conn, user).await?
        };
        let holder = found.ok_or_else(|| AppError::NotFound(format!("there is no user `{user}`")))?;
        let text = TokenText::from_entropy(self.entropy.bytes());
        self.insert_token(caller, &holder.account, self.wish(request)?, &text).await?;
        Ok(text)
    }

    /// Stores a token whose wish is checked here.
    pub(crate) async fn insert_token(
        &self,
        caller: &Caller,
        holder: &Account,
        wish: TokenWish,
        text: &TokenText,
    ) -> Result<TokenId, AppError> {
        self.insert_audited(caller.audit("token-create", self.clock.now()), holder, wish, text).await
    }

    /// As [`App::insert_token`], where it is not the caller who decided it.
    pub(crate) async fn insert_audited(
        &self,
        audit: NewAudit,
        holder: &Account,
        wish: TokenWish,
        text: &TokenText,
    ) -> Result<TokenId, AppError> {
        self.check_wish(&wish)?;
        self.check_admin_scope(&wish, holder).await?;
        let at = audit.at;
        let (app, new) = (self.clone(), wish.into_row(holder.id, text));
        let made = self
            .store
            .write("create-token", move |tx| {
                let (app, new, audit) = (app.clone(), new.clone(), audit.clone());
                Box::pin(async move {
                    let id = insert(tx, &new, audit, at).await?;
                    app.tell_of_token(tx, &new, at).await?;
                    Ok::<_, AppError>(id)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&made.events).await;
        Ok(made.value)
    }

    /// A letter to the holder; not for those of `cargo login`, which come and go every day.
    async fn tell_of_token(&self, tx: &mut Tx, new: &NewToken, at: Timestamp) -> Result<(), AppError> {
        if new.session.is_some() {
            return Ok(());
        }
        if let Some(to) = cratekeep_store::user::verified_email(tx, new.user).await? {
            let about = About { to, label: &new.label, base_url: self.base_url() };
            self.post(tx, &made(&about, &at.to_seconds_text()), at).await?;
        }
        Ok(())
    }

    /// Takes a token back. From now on it counts for nothing, on every node.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such token.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let at = self.clock.now();
        let audit = caller.audit("token-revoke", at);
        let done = self
            .store
            .write("revoke-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    if cratekeep_store::token::find(tx, id).await?.is_none() {
                        return Err(AppError::NotFound(format!("there is no token {id}")));
                    }
                    revoke(tx, id, audit, at).await.map(drop)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Tokens with their holders, of one user or of all, oldest first.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user.
    pub async fn list_tokens(
        &self,
        caller: &Caller,
        user: Option<&UserName>,
    ) -> Result<Vec<TokenHolder>, AppError> {
        may_administer(&caller.actor)?;
        self.flush_counts().await?;
        let mut conn = self.store.read().await?;
        let Some(name) = user else {
            return Ok(cratekeep_store::token::list(&mut conn, TokenId(0), LISTED_MAX).await?);
        };
        let holder = cratekeep_store::user::find_by_name(&mut conn, name)
            .await?
            .ok_or_else(|| AppError::NotFound(format!("there is no user `{name}`")))?
            .account;
        let tokens =
            cratekeep_store::token::list_by_user(&mut conn, holder.id, TokenId(0), LISTED_MAX).await?;
        Ok(tokens.into_iter().map(|token| TokenHolder { token, account: holder.clone() }).collect())
    }
}

/// Makes the token, its event and its audit row.
async fn insert(tx: &mut Tx, new: &NewToken, audit: NewAudit, at: Timestamp) -> Result<TokenId, AppError> {
    if cratekeep_store::token::count_live(tx, new.user, at).await? >= LIVE_MAX {
        return Err(AppError::invalid(format!(
            "maximum tokens per user is: {LIVE_MAX}; revoke those that nobody uses any more"
        )));
    }
    let id = cratekeep_store::token::insert(tx, new, at).await?;
    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TokenCreated, at) });
    let after = format!("token {id} of user {}, {}", new.user, wish::limits_of(new));
    tx.audit(NewAudit { after: Some(after), ..audit });
    Ok(id)
}

/// Revokes a token with its event and its audit row; says whether it was not revoked yet.
async fn revoke(tx: &mut Tx, id: TokenId, audit: NewAudit, at: Timestamp) -> Result<bool, AppError> {
    let is_new = cratekeep_store::token::revoke(tx, id, at).await?;
    if is_new {
        tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TokenRevoked, at) });
        tx.audit(NewAudit { before: Some(format!("token {id}")), ..audit });
    }
    Ok(is_new)
}
