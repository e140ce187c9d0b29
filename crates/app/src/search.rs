//! Search by name and description, straight from the database: the exact name first, then names that begin with the
//! query, then names and descriptions that contain it. Suggestions are names that begin with what was typed.

use cratekeep_store::krate::Search;
use cratekeep_store::listing::{self, Filter, From, Order};
use cratekeep_store::shown_krate;
use cratekeep_types::CanonName;

use crate::find::{Found, FoundCrate, ListWish};
use crate::{App, AppError, Caller, RegistryView};

/// Deepest result by relevance that a page may reach.
const RESULTS_MAX: u32 = 1_000;
/// Longest query in characters.
const QUERY_CHARS_MAX: usize = 200;
/// Most suggestions.
const SUGGESTIONS_MAX: u32 = 20;
/// Longest description of a suggestion, in characters.
const SUGGESTED_CHARS_MAX: usize = 120;

/// A name that somebody may mean who has typed a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The name as published.
    pub name: String,
    /// The beginning of its description.
    pub description: String,
}

impl App {
    /// A page of crates that are found by words.
    pub(crate) async fn search_crates(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        wish: &ListWish,
        (offset, limit): (u32, u32),
    ) -> Result<Found, AppError> {
        check_length(&wish.text)?;
        if offset >= RESULTS_MAX {
            return Err(AppError::invalid(format!(
                "Cannot page beyond the first {RESULTS_MAX} results when sorting by relevance. Refine the query \
                 instead, or sort by something else"
            )));
        }
        let seen = self.seen(caller, registry).await?;
        // cargo sends several words with a plus sign between them, which it escapes like any other.
        let text = wish.text.replace('+', " ").trim().to_owned();
        let search = Search {
            seen: seen.clone(),
            registry: registry.registry.id,
            canon: CanonName::of(&text.replace(' ', "-")),
            text,
            offset,
            limit,
        };
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::krate::search(&mut conn, &search).await?;
        let ids: Vec<_> = found.hits.iter().map(|hit| hit.krate.id).collect();
        let crates = self.crates_in_order(&mut conn, &ids, &seen).await?;
        let crates = crates
            .into_iter()
            .map(|krate| FoundCrate { is_exact: krate.row.name.canon() == search.canon, krate })
            .collect();
        let end = offset.saturating_add(limit);
        let next = (found.total > u64::from(end) && end < RESULTS_MAX).then_some(From::Offset(end));
        Ok(Found { crates, total: found.total, next })
    }

    /// Names that somebody may mean who has typed `typed`: those that begin so, the most used first, at most `limit`.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read,
    /// [`AppError::Invalid`] for a text that is too long.
    pub async fn suggest(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        typed: &str,
        limit: u32,
    ) -> Result<Vec<Suggestion>, AppError> {
        self.enter(caller, registry)?;
        check_length(typed)?;
        let typed = typed.trim().replace([' ', '+'], "-");
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.seen(caller, registry).await?;
        let prefix = Some(CanonName::of(&typed).as_str().to_owned());
        let filter = Filter { prefix, ..Filter::every(registry.registry.id, seen) };
        let mut conn = self.store.read().await?;
        let limit = limit.min(SUGGESTIONS_MAX);
        let page = listing::page(&mut conn, &filter, Order::Downloads, &From::Offset(0), limit).await?;
        let ids: Vec<_> = page.into_iter().map(|(id, _)| id).collect();
        let mut crates = self.crates_in_order(&mut conn, &ids, &filter.seen).await?;
        crates.sort_by(|a, b| (b.row.downloads, &a.row.name).cmp(&(a.row.downloads, &b.row.name)));
        Ok(crates.into_iter().map(|krate| suggestion(krate.row)).collect())
    }
}

fn check_length(text: &str) -> Result<(), AppError> {
    match text.chars().count() <= QUERY_CHARS_MAX {
        true => Ok(()),
        false => Err(AppError::invalid(format!("a query has at most {QUERY_CHARS_MAX} characters"))),
    }
}

fn suggestion(row: shown_krate::ShownKrate) -> Suggestion {
    let description = row.description.unwrap_or_default();
    let mut signs = description.chars();
    let mut short: String = signs.by_ref().take(SUGGESTED_CHARS_MAX).collect();
    if signs.next().is_some() {
        short.push('…');
    }
    Suggestion { name: row.name.to_string(), description: short }
}
