//! The public address of the server: stored at the first start, part of every index URL, and so hard to change.

use cratekeep_policy::may_administer;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::meta::{Key, get, set, set_if_absent};
use cratekeep_store::{Conn, Store, StoreError};

use crate::{App, AppError, Caller};

/// The base URL to serve under. `wanted` is what the settings say, `fallback` what the listener suggests.
///
/// At the first start it is stored; later a different one is refused, since lock files everywhere name the old.
///
/// # Errors
/// [`AppError::Conflict`] with what to do when the settings and the database disagree.
pub async fn settle_base_url(
    store: &Store,
    wanted: Option<&str>,
    fallback: &str,
) -> Result<String, AppError> {
    let first = checked(wanted.unwrap_or(fallback))?;
    let stored = {
        let mut conn = store.read().await?;
        get(&mut conn, Key::BaseUrl).await?
    };
    match (stored, wanted) {
        (None, _) => {
            let value = first.clone();
            store
                .write::<_, StoreError, _>("base-url", move |tx| {
                    let value = value.clone();
                    Box::pin(async move { set_if_absent(tx, Key::BaseUrl, &value).await })
                })
                .await?;
            Ok(first)
        }
        (Some(stored), None) => Ok(stored),
        (Some(stored), Some(_)) if stored == first => Ok(stored),
        (Some(stored), Some(_)) => Err(AppError::Conflict(format!(
            "the base URL is `{stored}` since the first start and the settings say `{first}`: every lock file names the \
             old one. To move anyway run `cratekeep admin base-url set {first}`; the old one is then kept as an alias"
        ))),
    }
}

/// The base URLs that this server had before, oldest first.
pub(crate) async fn earlier(conn: &mut Conn) -> Result<Vec<String>, AppError> {
    let Some(known) = get(conn, Key::BaseUrlAliases).await? else { return Ok(Vec::new()) };
    serde_json::from_str(&known)
        .map_err(|error| AppError::Internal(format!("the stored aliases do not parse: {error}")))
}

/// Takes a final slash off and refuses what cannot stand in an index URL.
fn checked(url: &str) -> Result<String, AppError> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains(['?', '#', '@', '"', '\\']);
    if host.is_empty() || host.starts_with(['/', ':']) || !plain || url.ends_with(".git") {
        return Err(AppError::invalid(format!(
            "`{url}` is no base URL; write it as https://host or https://host:port/path, without user, query or `.git`"
        )));
    }
    Ok(url.to_owned())
}

impl App {
    /// Records a new base URL for the next start and keeps the one before as an alias.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what is no base URL.
    pub(crate) async fn set_base_url(&self, caller: &Caller, url: &str) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let new = checked(url)?;
        let at = self.clock.now();
        let audit = caller.audit("base-url-set", at);
        let done = self
            .store
            .write::<_, AppError, _>("set-base-url", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move {
                    let Some(old) = get(tx, Key::BaseUrl).await?.filter(|old| *old != new) else {
                        return Ok(());
                    };
                    let mut aliases = earlier(tx).await?;
                    aliases.retain(|alias| *alias != new && *alias != old);
                    aliases.push(old.clone());
                    let text = serde_json::to_string(&aliases).map_err(|error| {
                        AppError::Internal(format!("a list of texts does not print: {error}"))
                    })?;
                    set(tx, Key::BaseUrlAliases, &text).await?;
                    set(tx, Key::BaseUrl, &new).await?;
                    tx.emit(Event::new(EventKind::BaseUrlChanged, at));
                    tx.audit(NewAudit { before: Some(old), after: Some(new), ..audit });
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn a_base_url_can_stand_in_an_index_url() {
        for (given, taken) in [
            ("https://crates.example", "https://crates.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://host/crates/", "https://host/crates"),
        ] {
            assert_eq!(checked(given).ok().as_deref(), Some(taken));
        }
        for bad in [
            "",
            "host",
            "ftp://host",
            "https://",
            "https:///x",
            "https://u:p@host",
            "https://h/?a",
            "https://h/x.git",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
