//! Keywords of a registry.

pub use cratekeep_store::shown_krate::{KeywordOrder, KeywordRow as Keyword};

use crate::{App, AppError, Caller, RegistryView};

/// A page of keywords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keywords {
    /// The keywords of this page.
    pub keywords: Vec<Keyword>,
    /// How many there are in all.
    pub total: u64,
}

impl App {
    /// A page of the keywords that crates of the registry have.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read.
    pub async fn list_keywords(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        order: KeywordOrder,
        page: (u32, u32),
    ) -> Result<Keywords, AppError> {
        self.enter(caller, registry)?;
        let mut conn = self.store.read().await?;
        let id = registry.registry.id;
        Ok(Keywords {
            keywords: cratekeep_store::shown_krate::list_keywords(&mut conn, id, order, page).await?,
            total: cratekeep_store::shown_krate::count_keywords(&mut conn, id).await?,
        })
    }

    /// One keyword.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when no crate has it.
    pub async fn show_keyword(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        keyword: &str,
    ) -> Result<Keyword, AppError> {
        self.enter(caller, registry)?;
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::shown_krate::find_keyword(
            &mut conn,
            registry.registry.id,
            &keyword.to_lowercase(),
        )
        .await?;
        found.ok_or_else(|| AppError::NotFound("Not Found".to_owned()))
    }
}
