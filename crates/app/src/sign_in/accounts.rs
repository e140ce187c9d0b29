//! A new account for somebody whom a provider vouches for, under a name that nobody has.

use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::user::NewUser;
use cratekeep_types::{AccountKind, Timestamp, UserId, UserName};

use crate::AppError;

/// Names that are tried with a number after them before chance decides.
const NUMBERS_MAX: u32 = 50;
/// Longest part of a login that is kept, so that a number fits behind it.
const STEM_CHARS_MAX: usize = 48;
/// The name of somebody whose provider tells none that could be one here.
const NAMELESS: &str = "user";

/// Who is to get an account.
pub(super) struct Wish<'a> {
    /// The name at the provider; may be anything.
    pub(super) login: &'a str,
    /// A mail address, not confirmed.
    pub(super) email: Option<&'a str>,
    /// Random characters for a name of last resort.
    pub(super) salt: &'a str,
}

/// Makes the account.
pub(super) async fn make(
    tx: &mut Tx,
    wish: &Wish<'_>,
    audit: &NewAudit,
    at: Timestamp,
) -> Result<UserId, AppError> {
    let name = free_name(tx, wish).await?;
    let email = wish.email.filter(|email| email.len() <= 254 && email.contains('@')).map(str::to_owned);
    let new = NewUser { name, kind: AccountKind::Person, email, is_admin: false };
    let audit = NewAudit { action: "user-create".to_owned(), ..audit.clone() };
    crate::users::insert(tx, &new, audit, at).await
}

async fn free_name(tx: &mut Tx, wish: &Wish<'_>) -> Result<UserName, AppError> {
    let stem = stem_of(wish.login);
    let numbered = (2..=NUMBERS_MAX).map(|number| format!("{stem}-{number}"));
    let last = format!("{stem}-{}", wish.salt);
    for text in std::iter::once(stem.clone()).chain(numbered).chain([last]) {
        let name: UserName = text.parse().map_err(|error| AppError::Internal(format!("{text}: {error}")))?;
        if cratekeep_store::user::find_by_name(tx, &name).await?.is_none() {
            return Ok(name);
        }
    }
    Err(AppError::Conflict("no name is free for a new account; try again".to_owned()))
}

/// What of a login can be a name here: the part before an `@`, without characters that no name has.
fn stem_of(login: &str) -> String {
    let local = login.split('@').next().unwrap_or_default();
    let is_good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let kept: String = local.chars().filter(is_good).collect();
    let stem: String = kept.trim_start_matches(['-', '_', '.']).chars().take(STEM_CHARS_MAX).collect();
    if stem.is_empty() { NAMELESS.to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_login_gives_a_name() {
        for (login, stem) in [
            ("Ann", "Ann"),
            ("ann@example.com", "ann"),
            ("ann b", "annb"),
            ("-_.x", "x"),
            ("", "user"),
            ("@example.com", "user"),
            ("日本", "user"),
            ("../../etc", "etc"),
        ] {
            assert_eq!(stem_of(login), stem, "{login}");
            assert!(format!("{stem}-50").parse::<UserName>().is_ok());
        }
        assert!(stem_of(&"a".repeat(500)).parse::<UserName>().is_ok());
    }
}
