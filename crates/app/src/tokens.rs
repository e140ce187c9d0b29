//! API tokens: made, listed, taken back.

use cratekeep_policy::may_administer;
use cratekeep_store::StoreError;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::token::{NewToken, TokenHolder};
use cratekeep_types::{CratePattern, ScopeSet, Timestamp, TokenId, TokenText, UserId, UserName};

use crate::users::LISTED_MAX;
use crate::{App, AppError, Caller};

/// Longest label of a token in characters.
const LABEL_CHARS_MAX: usize = 100;
/// Most crate patterns of a token.
const PATTERNS_MAX: usize = 100;

/// What a new token may do, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct TokenWish {
    pub(crate) label: String,
    pub(crate) scopes: ScopeSet,
    pub(crate) crates: Vec<CratePattern>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl TokenWish {
    fn check(&self) -> Result<(), AppError> {
        let mut problems = Vec::new();
        if self.label.trim().is_empty() || self.label.chars().count() > LABEL_CHARS_MAX {
            problems.push(format!(
                "a token's name has 1 to {LABEL_CHARS_MAX} characters, found `{}`",
                self.label
            ));
        }
        if self.scopes.is_empty() {
            problems.push("a token without a scope could do nothing; name at least one".to_owned());
        }
        if self.crates.len() > PATTERNS_MAX {
            problems.push(format!(
                "a token has at most {PATTERNS_MAX} crate patterns, found {}",
                self.crates.len()
            ));
        }
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }
}

impl App {
    /// Makes a token for a user and shows it this once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Invalid`] for a bad wish.
    pub(crate) async fn create_token(
        &self,
        caller: &Caller,
        user: &UserName,
        wish: TokenWish,
    ) -> Result<TokenText, AppError> {
        may_administer(&caller.actor)?;
        let found = {
            let mut conn = self.store.read().await?;
            cratekeep_store::user::find_by_name(&mut conn, user).await?
        };
        let holder = found.ok_or_else(|| AppError::NotFound(format!("there is no user `{user}`")))?;
        self.insert_token(caller, holder.account.id, wish, TokenText::from_entropy(self.entropy.bytes()))
            .await
    }

    pub(crate) async fn insert_token(
        &self,
        caller: &Caller,
        holder: UserId,
        wish: TokenWish,
        text: TokenText,
    ) -> Result<TokenText, AppError> {
        wish.check()?;
        let new = NewToken {
            user: holder,
            label: wish.label,
            hash: text.hash(),
            scopes: wish.scopes,
            crates: wish.crates,
            expires_at: wish.expires_at,
        };
        let at = self.clock.now();
        let audit = caller.audit("token-create", at);
        let made = self
            .store
            .write("create-token", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move {
                    let id = cratekeep_store::token::insert(tx, &new, at).await?;
                    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TokenCreated, at) });
                    tx.audit(NewAudit { after: Some(format!("token {id} of user {}", new.user)), ..audit });
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&made.events).await;
        Ok(text)
    }

    /// Takes a token back. From now on it counts for nothing, on every node.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such token.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let at = self.clock.now();
        let audit = NewAudit { before: Some(format!("token {id}")), ..caller.audit("token-revoke", at) };
        let done = self
            .store
            .write("revoke-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    if cratekeep_store::token::find(tx, id).await?.is_none() {
                        return Err(AppError::NotFound(format!("there is no token {id}")));
                    }
                    if cratekeep_store::token::revoke(tx, id, at).await? {
                        tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TokenRevoked, at) });
                        tx.audit(audit);
                    }
                    Ok(())
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
