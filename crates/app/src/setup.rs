//! The one-time way to become the first administrator.
//!
//! While there is no administrator, `serve` makes a fresh code at each start and prints it as a link. Only its hash
//! is kept. Using it makes an administrator and ends it.

use cratekeep_store::StoreError;
use cratekeep_store::meta::Key;
use cratekeep_store::user::NewUser;
use cratekeep_types::{Account, AccountKind, Checksum, Secret, TokenText, UserName};

use crate::sessions::{SessionText, SignIn};
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

/// What the first administrator wants.
#[derive(Clone, Debug)]
pub struct SetupWish<'a> {
    /// The user name.
    pub name: &'a str,
    /// The password, if one can be sent here.
    pub password: Option<Secret<String>>,
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
}

/// What the first administrator gets.
#[derive(Clone, Debug)]
pub struct SetupDone {
    /// A token for everything, shown this once.
    pub token: TokenText,
    /// The browser's session, if there is a password.
    pub session: Option<SessionText>,
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

    /// Makes the first administrator, with a token for everything that is shown this once; with a password, who asks is
    /// signed in as well.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a wrong or used code, [`AppError::Invalid`] for a bad name or password,
    /// [`AppError::Conflict`] for a taken name, [`AppError::Denied`] for a password over plain http.
    pub async fn use_setup(
        &self,
        caller: &Caller,
        code: &str,
        wish: SetupWish<'_>,
    ) -> Result<SetupDone, AppError> {
        let name: UserName =
            wish.name.trim().parse().map_err(|error| AppError::invalid(format!("{error}")))?;
        let hashed = match wish.password {
            Some(password) => {
                self.check_takes_passwords(caller)?;
                self.check_password(password.expose(), &name)?;
                // Hashing is dear: only who has the link makes us do it.
                if !self.setup_is_open(code).await? {
                    return Err(not_valid());
                }
                Some(self.hash_password(password).await?)
            }
            None => None,
        };
        let holder = self.make_first_administrator(caller, code, name, hashed.clone()).await?;
        let token = TokenText::from_entropy(self.entropy.bytes());
        self.insert_token(caller, &holder, TokenWish::everything("first token"), &token).await?;
        let session = match hashed {
            Some(_) => {
                let sign_in = SignIn { method: "set-up link", agent: wish.agent };
                Some(self.begin_session(caller, holder.id, sign_in).await?)
            }
            None => None,
        };
        Ok(SetupDone { token, session })
    }

    async fn make_first_administrator(
        &self,
        caller: &Caller,
        code: &str,
        name: UserName,
        hashed: Option<String>,
    ) -> Result<Account, AppError> {
        let hash = Checksum::of(code.as_bytes()).to_string();
        let at = self.clock.now();
        let audit = caller.audit("setup", at);
        let first = name.clone();
        let made = self
            .store
            .write("use-setup", move |tx| {
                let new =
                    NewUser { name: name.clone(), kind: AccountKind::Person, email: None, is_admin: true };
                let (audit, hash, hashed) = (audit.clone(), hash.clone(), hashed.clone());
                Box::pin(async move {
                    // An administrator made at the shell meanwhile ends the link too: logs may still show it.
                    let is_good = cratekeep_store::meta::take(tx, Key::SetupCodeHash, &hash).await?;
                    if !is_good || cratekeep_store::user::count_admins(tx).await? > 0 {
                        return Err(not_valid());
                    }
                    let id = crate::users::insert(tx, &new, audit, at).await?;
                    if let Some(hashed) = &hashed {
                        cratekeep_store::password::set(tx, id, hashed, at).await?;
                    }
                    Ok(id)
                })
            })
            .await?;
        Ok(Account { id: made.value, name: first, kind: AccountKind::Person, is_admin: true })
    }
}

fn not_valid() -> AppError {
    AppError::NotFound(
        "this set-up link is not valid; restart the server for a new one, or run `cratekeep admin user create NAME --admin`"
            .to_owned(),
    )
}
