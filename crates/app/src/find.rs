//! Lists of crates: in every order, narrowed by filters, or found by words.

use std::collections::HashMap;

pub use cratekeep_store::listing::{From as ListFrom, Order as ListOrder, Place as ListPlace};

use cratekeep_store::krate::Seen;
use cratekeep_store::listing::{self, Filter};
use cratekeep_store::shown_krate::ShownKrate;
use cratekeep_store::{Conn, shown_krate};
use cratekeep_types::{CanonName, CrateId, TeamId, UserId};
use cratekeep_wire::VersionMetadata;

use crate::reading::read_metadata;
use crate::{App, AppError, Caller, Krate, RegistryView};

/// Most keywords, and most names, that one list may be narrowed by.
const NARROW_MAX: usize = 100;

/// Which crates are asked for. Every condition that is there must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListWish {
    /// With these words.
    pub text: String,
    /// With each of these keywords.
    pub keywords: Vec<String>,
    /// In this category or one below it.
    pub category: Option<String>,
    /// With a name that begins so.
    pub prefix: Option<String>,
    /// Owned by this account itself.
    pub owner: Option<UserId>,
    /// Owned by this team.
    pub team: Option<TeamId>,
    /// With one of these names.
    pub names: Option<Vec<String>>,
    /// Not those of which every version is yanked.
    pub live_only: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Found {
    /// The crates of this page.
    pub crates: Vec<FoundCrate>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins, if there is one.
    pub next: Option<ListFrom>,
}

/// One crate of a list.
#[derive(Clone, Debug)]
pub struct FoundCrate {
    /// The crate, without keywords and categories.
    pub krate: Krate,
    /// Whether the words asked for are its name.
    pub is_exact: bool,
}

impl App {
    /// A page of crates, at most `limit`. `order` is `None` for the best first, which only words give.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read;
    /// [`AppError::Invalid`] for words that are too long, too many conditions, or a page that is too deep.
    pub async fn list_crates(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        wish: &ListWish,
        order: Option<ListOrder>,
        (from, limit): (&ListFrom, u32),
    ) -> Result<Found, AppError> {
        self.enter(caller, registry)?;
        self.check_bounds(wish, limit)?;
        if !wish.text.trim().is_empty() {
            let ListFrom::Offset(offset) = *from else {
                return Err(AppError::invalid("invalid seek parameter"));
            };
            return self.search_crates(caller, registry, wish, (offset, limit)).await;
        }
        let filter = self.filter(caller, registry, wish).await?;
        let order = order.unwrap_or(ListOrder::Name);
        let mut conn = self.store.read().await?;
        let mut page = listing::page(&mut conn, &filter, order, from, limit.saturating_add(1)).await?;
        let total = listing::total(&mut conn, &filter).await?;
        let has_more = page.len() > limit as usize;
        page.truncate(limit as usize);
        let next = page.last().filter(|_| has_more).map(|(_, place)| ListFrom::After(place.clone()));
        let ids: Vec<_> = page.into_iter().map(|(id, _)| id).collect();
        let crates = self.crates_in_order(&mut conn, &ids, &filter.seen).await?;
        let bare = |krate| FoundCrate { krate, is_exact: false };
        Ok(Found { crates: crates.into_iter().map(bare).collect(), total, next })
    }

    fn check_bounds(&self, wish: &ListWish, limit: u32) -> Result<(), AppError> {
        let most = self.options.search_results_max;
        if limit > most {
            return Err(AppError::invalid(format!("cannot request more than {most} items")));
        }
        let names = wish.names.as_ref().map_or(0, Vec::len);
        if wish.keywords.len() > NARROW_MAX || names > NARROW_MAX {
            return Err(AppError::invalid(format!(
                "a list is narrowed by at most {NARROW_MAX} keywords and {NARROW_MAX} names; ask several times"
            )));
        }
        Ok(())
    }

    async fn filter(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        wish: &ListWish,
    ) -> Result<Filter, AppError> {
        let seen = self.seen(caller, registry).await?;
        Ok(Filter {
            keywords: wish.keywords.iter().map(|word| word.to_lowercase()).collect(),
            category: wish.category.as_ref().map(|slug| slug.to_lowercase()),
            prefix: wish.prefix.as_deref().map(|prefix| CanonName::of(prefix).as_str().to_owned()),
            owner: wish.owner,
            team: wish.team,
            names: wish.names.as_ref().map(|names| names.iter().map(|name| CanonName::of(name)).collect()),
            live_only: wish.live_only,
            ..Filter::every(registry.registry.id, seen)
        })
    }

    /// Crates as they are shown, in the order of `ids`; those that went meanwhile, or were hidden, are left out.
    pub(crate) async fn crates_in_order(
        &self,
        conn: &mut Conn,
        ids: &[CrateId],
        seen: &Seen,
    ) -> Result<Vec<Krate>, AppError> {
        let rows = shown_krate::list(conn, ids).await?;
        let is_seen = |row: &ShownKrate| !row.limited || seen.all || seen.limited.contains(&row.id);
        let mut rows: HashMap<_, _> = rows.into_iter().filter(is_seen).map(|row| (row.id, row)).collect();
        ids.iter().filter_map(|id| rows.remove(id)).map(bare).collect()
    }
}

fn bare(row: ShownKrate) -> Result<Krate, AppError> {
    let metadata = row.metadata.as_deref().map_or_else(|| Ok(VersionMetadata::default()), read_metadata)?;
    Ok(Krate { row, metadata, keywords: Vec::new(), categories: Vec::new() })
}
