//! What account holders do with their own tokens.

use cratekeep_policy::{may_manage_account, may_send};
use cratekeep_types::{Account, Actor, Credential, TokenId, TokenText};

use super::{TokenRequest, revoke};
use crate::users::LISTED_MAX;
use crate::{App, AppError, Caller, TokenRow};

impl App {
    /// The caller's tokens that work, newest first, and those that ended within the last `expired_days`.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token made for less than a whole account.
    pub async fn own_tokens(&self, caller: &Caller, expired_days: u32) -> Result<Vec<TokenRow>, AppError> {
        let account = own_account(caller)?;
        self.flush_counts().await?;
        let since = self.clock.now().plus_secs(-i64::from(expired_days) * 86_400);
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::token::list_recent(&mut conn, account.id, since, LISTED_MAX).await?)
    }

    /// One of the caller's tokens.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none, or when it is somebody else's.
    pub async fn own_token(&self, caller: &Caller, id: TokenId) -> Result<TokenRow, AppError> {
        let account = own_account(caller)?;
        self.flush_counts().await?;
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::token::find(&mut conn, id).await?;
        found
            .map(|holder| holder.token)
            .filter(|token| token.user == account.id)
            .ok_or_else(|| AppError::NotFound("Not Found".to_owned()))
    }

    /// Makes a token for the caller and shows it this once. Only who is signed in with a browser may: a token that
    /// leaked must not make others.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a token as the credential, and for a bad wish.
    pub async fn create_own_token(
        &self,
        caller: &Caller,
        request: TokenRequest,
    ) -> Result<(TokenRow, TokenText), AppError> {
        let account = own_account_by_session(caller)?;
        let wish = self.wish(request)?;
        let text = TokenText::from_entropy(self.entropy.bytes());
        let id = self.insert_token(caller, account, wish, &text).await?;
        Ok((self.own_token(caller, id).await?, text))
    }

    /// Takes one of the caller's tokens back. Nothing happens when there is no such token, as on crates.io.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] as for [`App::own_tokens`].
    pub async fn revoke_own_token(&self, caller: &Caller, id: TokenId) -> Result<(), AppError> {
        let user = own_account(caller)?.id;
        let at = self.clock.now();
        let audit = caller.audit("token-revoke", at);
        let done = self
            .store
            .write("revoke-own-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    let found = cratekeep_store::token::find(tx, id).await?;
                    match found.filter(|holder| holder.token.user == user) {
                        Some(_) => revoke(tx, id, audit, at).await.map(drop),
                        None => Ok(()),
                    }
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Takes the token back that the caller shows. Every token may do that, whatever else it may.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Invalid`] for who shows no token.
    pub async fn revoke_current_token(&self, caller: &Caller) -> Result<(), AppError> {
        may_send(&caller.actor)?;
        let Actor::Account { credential: Credential::Token { id, .. }, .. } = &caller.actor else {
            return Err(AppError::invalid("token not provided"));
        };
        let (id, at) = (*id, self.clock.now());
        let audit = caller.audit("token-revoke", at);
        let done = self
            .store
            .write("revoke-current-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move { revoke(tx, id, audit, at).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }
}

/// The caller's account, if the credential stands for all of it.
pub(super) fn own_account(caller: &Caller) -> Result<&Account, AppError> {
    may_send(&caller.actor)?;
    let Some(account) = caller.actor.account() else {
        return Err(AppError::Denied("this needs an account; sign in, or show a token of yours".to_owned()));
    };
    may_manage_account(&caller.actor, account.id)?;
    Ok(account)
}

/// The caller's account, if it is signed in with a browser.
pub(super) fn own_account_by_session(caller: &Caller) -> Result<&Account, AppError> {
    let account = own_account(caller)?;
    match &caller.actor {
        Actor::Account { credential: Credential::Session { .. }, .. } => Ok(account),
        _ => Err(AppError::invalid("cannot use an API token to create a new API token")),
    }
}
