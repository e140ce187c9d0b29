//! Search by name and description, straight from the database: the exact name first, then names that begin with the
//! query, then names and descriptions that contain it.

use std::collections::HashMap;

use cratekeep_store::krate::{Search, SearchHit};
use cratekeep_types::{CanonName, Timestamp, VersionNum};

use crate::{App, AppError, Caller, RegistryView};

/// Deepest result that a page may reach.
const RESULTS_MAX: u32 = 1_000;
/// Longest query in characters.
const QUERY_CHARS_MAX: usize = 200;

/// A page of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The crates of this page, best first.
    pub crates: Vec<FoundCrate>,
    /// How many there are in all.
    pub total: u32,
}

/// One found crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCrate {
    /// Its name as published.
    pub name: String,
    /// Whether the query is its name.
    pub exact: bool,
    /// What the last published version says about itself.
    pub description: Option<String>,
    /// Highest version that is not yanked, releases before pre-releases; the highest of all when all are yanked.
    pub max_version: String,
    /// Highest release that is not yanked.
    pub max_stable_version: Option<String>,
    /// The version published last.
    pub newest_version: String,
    /// Downloads of all its versions.
    pub downloads: u64,
    /// When it was first published.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl App {
    /// Finds crates.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry, [`AppError::Invalid`] for a page that is too deep or too
    /// long.
    pub async fn find(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        query: &str,
        page: u32,
        per_page: u32,
    ) -> Result<Found, AppError> {
        self.enter(caller, registry)?;
        self.check_page(query, page, per_page)?;
        // cargo sends several words with a plus sign between them, which it escapes like any other.
        let query = query.replace('+', " ");
        let query = query.trim();
        let search = Search {
            seen: self.seen(caller, registry).await?,
            registry: registry.registry.id,
            canon: CanonName::of(&query.replace(' ', "-")),
            text: query.to_owned(),
            offset: (page - 1).saturating_mul(per_page),
            limit: per_page,
        };
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::krate::search(&mut conn, &search).await?;
        let ids: Vec<_> = found.hits.iter().map(|hit| hit.krate.id).collect();
        let downloads: HashMap<_, _> =
            cratekeep_store::download::by_krate(&mut conn, &ids).await?.into_iter().collect();
        let crates = found
            .hits
            .into_iter()
            .map(|hit| {
                let count = downloads.get(&hit.krate.id).copied().unwrap_or_default();
                found_crate(hit, count, &search.canon)
            })
            .collect();
        Ok(Found { crates, total: u32::try_from(found.total).unwrap_or(u32::MAX) })
    }

    fn check_page(&self, query: &str, page: u32, per_page: u32) -> Result<(), AppError> {
        let most = self.options.search_results_max;
        if query.chars().count() > QUERY_CHARS_MAX {
            return Err(AppError::invalid(format!("a query has at most {QUERY_CHARS_MAX} characters")));
        }
        if per_page == 0 || page == 0 {
            return Err(AppError::invalid("`page` and `per_page` begin with 1"));
        }
        if per_page > most {
            return Err(AppError::invalid(format!("cannot request more than {most} items")));
        }
        if page.saturating_mul(per_page) > RESULTS_MAX.saturating_add(per_page) {
            return Err(AppError::invalid(format!("page {page} is too deep; refine the query instead")));
        }
        Ok(())
    }
}

fn found_crate(hit: SearchHit, downloads: u64, canon: &CanonName) -> FoundCrate {
    let versions: Vec<(VersionNum, bool)> =
        hit.versions.iter().filter_map(|(num, yanked)| Some((num.parse().ok()?, *yanked))).collect();
    let live = || versions.iter().filter(|(_, yanked)| !yanked).map(|(num, _)| num);
    let stable = live().filter(|num| !num.is_prerelease()).max();
    let highest = stable.or_else(|| live().max()).or_else(|| versions.iter().map(|(num, _)| num).max());
    FoundCrate {
        exact: hit.krate.name.canon() == *canon,
        name: hit.krate.name.to_string(),
        description: hit.krate.description.filter(|text| !text.is_empty()),
        max_version: highest.map_or_else(|| "0.0.0".to_owned(), ToString::to_string),
        max_stable_version: stable.map(ToString::to_string),
        newest_version: versions.last().map_or_else(|| "0.0.0".to_owned(), |(num, _)| num.to_string()),
        downloads,
        created_at: hit.krate.created_at,
        updated_at: hit.krate.updated_at,
    }
}
