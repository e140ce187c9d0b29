//! The one-time way to become the first administrator.
//!
//! While there is no administrator, `serve` makes a fresh code at each start and prints it as a link. Only its hash
//! is kept. Using it makes an administrator and ends it.

use cratekeep_store::StoreError;
use cratekeep_store::meta::Key;
use cratekeep_store::user::NewUser;
use cratekeep_types::{Account, AccountKind, Checksum, Secret, TokenText, UserName};

use crate::tokens::TokenWish;
use crate::{App, AppError, Caller};

/// The text of a set-up code.
#[derive(Clone, Debug)]
pub struct SetupCode(Secret<String>);

impl SetupCode {
    /// The text, for the one line that `serve` prints.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl App {
    /// Makes a set-up code if there is no administrator yet; the one before no longer counts.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn offer_setup(&self) -> Result<Option<SetupCode>, AppError> {
        {
            let mut conn = self.store.read().await?;
            if cratekeep_store::user::count_admins(&mut conn).await? > 0 {
                return Ok(None);
            }
        }
        let code = hex::encode(&self.entropy.bytes()[..16]);
        let hash = Checksum::of(code.as_bytes()).to_string();
        self.store
            .write::<_, StoreError, _>("offer-setup", move |tx| {
                let hash = hash.clone();
                Box::pin(async move { cratekeep_store::meta::set(tx, Key::SetupCodeHash, &hash).await })
            })
            .await?;
        Ok(Some(SetupCode(Secret::new(code))))
    }

    /// Whether `code` would be taken now.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn setup_is_open(&self, code: &str) -> Result<bool, AppError> {
        let mut conn = self.store.read().await?;
        if cratekeep_store::user::count_admins(&mut conn).await? > 0 {
            return Ok(false);
        }
        let hash = cratekeep_store::meta::get(&mut conn, Key::SetupCodeHash).await?;
        Ok(hash.is_some_and(|hash| hash == Checksum::of(code.as_bytes()).to_string()))
    }

    /// Makes the first administrator, with a token for everything that is shown this once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a wrong or used code, [`AppError::Invalid`] for a bad name,
    /// [`AppError::Conflict`] for a taken one.
    pub async fn use_setup(&self, caller: &Caller, code: &str, name: &str) -> Result<TokenText, AppError> {
        let name: UserName = name.trim().parse().map_err(|error| AppError::invalid(format!("{error}")))?;
        let hash = Checksum::of(code.as_bytes()).to_string();
        let at = self.clock.now();
        let audit = caller.audit("setup", at);
        let first = name.clone();
        let made = self
            .store
            .write("use-setup", move |tx| {
                let new =
                    NewUser { name: name.clone(), kind: AccountKind::Person, email: None, is_admin: true };
                let (audit, hash) = (audit.clone(), hash.clone());
                Box::pin(async move {
                    // An administrator made at the shell meanwhile ends the link too: logs may still show it.
                    let is_good = cratekeep_store::meta::take(tx, Key::SetupCodeHash, &hash).await?;
                    if !is_good || cratekeep_store::user::count_admins(tx).await? > 0 {
                        return Err(not_valid());
                    }
                    crate::users::insert(tx, &new, audit, at).await
                })
            })
            .await?;
        let holder = Account { id: made.value, name: first, kind: AccountKind::Person, is_admin: true };
        let text = TokenText::from_entropy(self.entropy.bytes());
        self.insert_token(caller, &holder, TokenWish::everything("first token"), &text).await?;
        Ok(text)
    }
}

fn not_valid() -> AppError {
    AppError::NotFound(
        "this set-up link is not valid; restart the server for a new one, or run `cratekeep admin user create NAME --admin`"
            .to_owned(),
    )
}
