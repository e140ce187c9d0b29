//! Categories with how many crates they have, and the front page's view of a registry.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cratekeep_policy::Category;
use cratekeep_store::Conn;
use cratekeep_store::listing::{self, Filter, From, Order};
use cratekeep_store::shown_krate::{self, KeywordOrder, KeywordRow};
use cratekeep_types::{EventNumber, RegistryId, Timestamp};

use crate::{App, AppError, Caller, Krate, RegistryView};

/// Entries of each list of a summary.
const TOP: u32 = 10;
/// Counts of words are never older than this, in seconds.
const COUNTS_SECS_MAX: i64 = 15;
/// Counts that take longer than this are kept although crates were published meanwhile.
const SLOW: Duration = Duration::from_millis(50);

/// A category with how many crates it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedCategory {
    /// The category.
    pub category: Category,
    /// Crates in it or below it that everybody who reads the registry may see.
    pub crates: u64,
}

/// A category with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCategory {
    /// The category.
    pub own: CountedCategory,
    /// Those directly below it.
    pub under: Vec<CountedCategory>,
    /// Those above it, the topmost first.
    pub above: Vec<CountedCategory>,
}

/// In which order categories are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryOrder {
    /// By slug.
    Slug,
    /// Those with the most crates first.
    Crates,
}

/// What a front page shows of a registry.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Downloads of all its crates.
    pub downloads: u64,
    /// How many crates it has.
    pub crates: u64,
    /// Those made last.
    pub new: Vec<Krate>,
    /// Those downloaded most.
    pub most_downloaded: Vec<Krate>,
    /// Those downloaded most in the last 90 days.
    pub most_recently_downloaded: Vec<Krate>,
    /// Those changed last, those left out that never changed since they were made.
    pub just_updated: Vec<Krate>,
    /// Keywords that most crates have.
    pub keywords: Vec<KeywordRow>,
    /// Categories that most crates are in.
    pub categories: Vec<CountedCategory>,
}

/// What is counted over all crates of a registry.
#[derive(Clone, Debug, Default)]
struct Counts {
    downloads: u64,
    keywords: Vec<KeywordRow>,
    by_slug: BTreeMap<String, u64>,
}

/// Counts that were made a moment ago.
#[derive(Debug, Default)]
pub(crate) struct CountMemory(Mutex<HashMap<RegistryId, Remembered>>);

#[derive(Debug)]
struct Remembered {
    at: Timestamp,
    event: EventNumber,
    took: Duration,
    counts: Arc<Counts>,
}

impl CountMemory {
    fn get(&self, registry: RegistryId, now: Timestamp, event: EventNumber) -> Option<Arc<Counts>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&registry)?;
        let is_young = (0..COUNTS_SECS_MAX).contains(&now.secs_since(known.at));
        (is_young && (known.event == event || known.took > SLOW)).then(|| Arc::clone(&known.counts))
    }

    fn put(&self, registry: RegistryId, remembered: Remembered) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(registry, remembered);
    }
}

impl App {
    /// A page of the topmost categories, with how many there are in all.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read.
    pub async fn list_categories(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        order: CategoryOrder,
        (offset, limit): (u32, u32),
    ) -> Result<(Vec<CountedCategory>, u64), AppError> {
        self.enter(caller, registry)?;
        let counts = self.counts_of(registry).await?;
        let mut all = self.top_categories(&counts);
        if order == CategoryOrder::Crates {
            all.sort_by(|a, b| (b.crates, &a.category.slug).cmp(&(a.crates, &b.category.slug)));
        }
        let total = all.len() as u64;
        Ok((all.into_iter().skip(offset as usize).take(limit as usize).collect(), total))
    }

    /// One category with those around it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a slug that is none; otherwise as for [`App::list_categories`].
    pub async fn show_category(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        slug: &str,
    ) -> Result<ShownCategory, AppError> {
        self.enter(caller, registry)?;
        let tree = &self.options.categories;
        let category = tree.get(slug).ok_or_else(|| AppError::NotFound("Not Found".to_owned()))?;
        let counts = self.counts_of(registry).await?;
        let counted = |category: &Category| counts.counted(category);
        Ok(ShownCategory {
            own: counted(category),
            under: tree.under(&category.slug).map(counted).collect(),
            above: tree.above(&category.slug).map(counted).collect(),
        })
    }

    /// Every category, by slug, without counts.
    ///
    /// # Errors
    /// As for [`App::list_categories`].
    pub fn category_slugs(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<Category>, AppError> {
        self.enter(caller, registry)?;
        Ok(self.options.categories.iter().cloned().collect())
    }

    /// The categories of a crate as they are called here; a slug that is none any more stands for itself.
    #[must_use]
    pub fn category(&self, slug: &str) -> Category {
        let last = || slug.rsplit("::").next().unwrap_or(slug).to_owned();
        self.options.categories.get(slug).cloned().unwrap_or_else(|| Category {
            slug: slug.to_owned(),
            name: last(),
            description: String::new(),
        })
    }

    /// What a front page shows of a registry.
    ///
    /// # Errors
    /// As for [`App::list_categories`].
    pub async fn summary(&self, caller: &Caller, registry: &RegistryView) -> Result<Summary, AppError> {
        self.enter(caller, registry)?;
        let every = Filter::every(registry.registry.id, self.seen(caller, registry).await?);
        let counts = self.counts_of(registry).await?;
        let mut conn = self.store.read().await?;
        let changed = Filter { changed_only: true, ..every.clone() };
        let mut categories = self.top_categories(&counts);
        categories.sort_by(|a, b| (b.crates, &a.category.slug).cmp(&(a.crates, &b.category.slug)));
        categories.retain(|category| category.crates > 0);
        categories.truncate(TOP as usize);
        Ok(Summary {
            downloads: counts.downloads,
            crates: listing::total(&mut conn, &every).await?,
            new: self.top(&mut conn, &every, Order::New).await?,
            most_downloaded: self.top(&mut conn, &every, Order::Downloads).await?,
            most_recently_downloaded: self.top(&mut conn, &every, Order::RecentDownloads).await?,
            just_updated: self.top(&mut conn, &changed, Order::Updated).await?,
            keywords: counts.keywords.clone(),
            categories,
        })
    }

    async fn top(&self, conn: &mut Conn, filter: &Filter, order: Order) -> Result<Vec<Krate>, AppError> {
        let page = listing::page(conn, filter, order, &From::Offset(0), TOP).await?;
        let ids: Vec<_> = page.into_iter().map(|(id, _)| id).collect();
        self.crates_in_order(conn, &ids, &filter.seen).await
    }

    fn top_categories(&self, counts: &Counts) -> Vec<CountedCategory> {
        self.options.categories.top().map(|category| counts.counted(category)).collect()
    }

    async fn counts_of(&self, registry: &RegistryView) -> Result<Arc<Counts>, AppError> {
        let (id, now) = (registry.registry.id, self.clock.now());
        let event = cratekeep_store::event::head(&mut *self.store.read().await?).await?;
        if let Some(counts) = self.word_counts.get(id, now, event) {
            return Ok(counts);
        }
        let began = tokio::time::Instant::now();
        let mut conn = self.store.read().await?;
        let counts = Arc::new(Counts {
            downloads: shown_krate::downloads_of(&mut conn, id).await?.0,
            keywords: shown_krate::list_keywords(&mut conn, id, KeywordOrder::Crates, (0, TOP)).await?,
            by_slug: shown_krate::count_categories(&mut conn, id).await?.into_iter().collect(),
        });
        let remembered = Remembered { at: now, event, took: began.elapsed(), counts: Arc::clone(&counts) };
        self.word_counts.put(id, remembered);
        Ok(counts)
    }
}

impl Counts {
    fn counted(&self, category: &Category) -> CountedCategory {
        let begin = format!("{}::", category.slug);
        let is_in = |slug: &str| slug == category.slug || slug.starts_with(&begin);
        let crates = self.by_slug.iter().filter(|(slug, _)| is_in(slug)).map(|(_, crates)| crates).sum();
        CountedCategory { category: category.clone(), crates }
    }
}
