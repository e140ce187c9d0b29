//! What holds for the whole server at once: the banner that its pages show, and the read-only mode.

use std::sync::Arc;

use cratekeep_policy::may_administer;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::meta::{self, Key};
use cratekeep_store::{Conn, Store, StoreError};

use crate::{App, AppError, Caller};

/// Longest banner or reason in characters.
const TEXT_CHARS_MAX: usize = 500;

/// What holds for the whole server at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// What every page says at its top.
    pub banner: Option<String>,
    /// Why changes are refused (it may be empty); `None` while they are not.
    pub read_only: Option<String>,
}

impl Site {
    pub(crate) async fn load(store: &Store) -> Result<Self, AppError> {
        let mut conn = store.read().await?;
        Ok(Self::read(&mut conn).await?)
    }

    async fn read(conn: &mut Conn) -> Result<Self, StoreError> {
        Ok(Self {
            banner: meta::get(conn, Key::Banner).await?,
            read_only: meta::get(conn, Key::ReadOnly).await?,
        })
    }

    /// The sentence for who wants to change something; `None` when that is possible.
    #[must_use]
    pub fn refusal(&self) -> Option<AppError> {
        let reason = match self.read_only.as_deref()? {
            "" => "maintenance",
            reason => reason,
        };
        Some(AppError::Unavailable(format!(
            "this server is in read-only mode ({reason}); nothing was changed, try again later"
        )))
    }
}

impl App {
    /// What holds for the whole server now.
    #[must_use]
    pub fn site(&self) -> Arc<Site> {
        self.site.load_full()
    }

    /// Sets what every page says at its top; `None` removes it.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators of the server, [`AppError::Invalid`] for a text that is too long.
    pub async fn set_banner(&self, caller: &Caller, text: Option<String>) -> Result<(), AppError> {
        self.set_site(caller, Key::Banner, text, "site-banner").await
    }

    /// Refuses every change from now on, on every node, or lets them in again (`None`).
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators of the server, [`AppError::Invalid`] for a reason that is too
    /// long.
    pub async fn set_read_only(&self, caller: &Caller, reason: Option<String>) -> Result<(), AppError> {
        self.set_site(caller, Key::ReadOnly, reason, "site-read-only").await
    }

    async fn set_site(
        &self,
        caller: &Caller,
        key: Key,
        text: Option<String>,
        action: &str,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        if let Some(chars) =
            text.as_ref().map(|text| text.chars().count()).filter(|chars| *chars > TEXT_CHARS_MAX)
        {
            return Err(AppError::invalid(format!(
                "the text has {chars} characters, the most is {TEXT_CHARS_MAX}"
            )));
        }
        let at = self.clock.now();
        let audit = NewAudit { after: text.clone(), ..caller.audit(action, at) };
        let done = self
            .store
            .write("set-site", move |tx| {
                let (text, audit) = (text.clone(), audit.clone());
                Box::pin(async move {
                    let before = meta::get(tx, key).await?;
                    match &text {
                        Some(text) => meta::set(tx, key, text).await?,
                        None => drop(meta::remove(tx, key).await?),
                    }
                    tx.emit(Event::new(EventKind::SiteChanged, at));
                    tx.audit(NewAudit { before, ..audit });
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.reload_site().await?;
        self.settle(&done.events).await;
        Ok(())
    }

    pub(crate) async fn reload_site(&self) -> Result<(), AppError> {
        let _turn = self.reloading.lock().await;
        self.site.store(Arc::new(Site::load(&self.store).await?));
        Ok(())
    }
}
