//! Crates and their versions as the web API and pages show them: one crate, its versions, what it needs and who needs
//! it, how often it is downloaded.

use std::collections::HashMap;

use cratekeep_store::audit::VersionAct;
use cratekeep_store::dependency::DependencyRow;
use cratekeep_store::krate::KrateRow;
use cratekeep_store::shown_krate::ShownKrate;
use cratekeep_store::shown_version::{Dependent, ShownVersion};
use cratekeep_types::{CanonName, Timestamp, VersionId, VersionNum};
use cratekeep_wire::{VersionFacts, VersionMetadata};

use crate::{App, AppError, Caller, RegistryView};

mod categories;
mod statistics;
mod words;

pub(crate) use categories::CountMemory;
pub use categories::{CategoryOrder, CountedCategory, ShownCategory, Summary};
pub use cratekeep_store::shown_version::Below;
pub use statistics::{DayCount, ExtraCount};
pub use words::{Keyword, KeywordOrder, Keywords};

/// Downloads count as recent for this many days, as on crates.io.
pub(crate) const RECENT_DAYS: i32 = 90;

/// A crate as everybody who may see it sees it.
#[derive(Clone, Debug)]
pub struct Krate {
    /// What is stored and counted.
    pub row: ShownKrate,
    /// What the manifest of the version to show first says.
    pub metadata: VersionMetadata,
    /// Its keywords, by name.
    pub keywords: Vec<String>,
    /// Its category slugs, by name.
    pub categories: Vec<String>,
}

/// A version as everybody who may see its crate sees it.
#[derive(Clone, Debug)]
pub struct Version {
    /// What is stored and counted.
    pub row: ShownVersion,
    /// What its manifest says.
    pub metadata: VersionMetadata,
    /// What a look into its archive told; nothing before that.
    pub facts: Option<VersionFacts>,
    /// What was done with it, the oldest first.
    pub acts: Vec<VersionAct>,
}

/// In which order versions are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// By number, the highest first, below a place.
    Number(Below),
    /// By publish, the last first, before a row.
    Publish(VersionId),
}

/// A page of versions.
#[derive(Clone, Debug)]
pub struct Versions {
    /// The versions of this page.
    pub versions: Vec<Version>,
    /// How many the crate has.
    pub total: u64,
}

impl App {
    /// The row of a crate that `caller` may see.
    pub(crate) async fn visible_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<KrateRow, AppError> {
        self.enter_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let found =
            cratekeep_store::krate::find(&mut conn, registry.registry.id, &CanonName::of(name)).await?;
        found.ok_or_else(|| AppError::no_crate(name))
    }

    /// One crate.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a crate that is not there or not for this caller; [`AppError::Unauthenticated`] and
    /// [`AppError::Denied`] where the registry may not be read.
    pub async fn show_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<Krate, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::shown_krate::find(&mut conn, krate.id)
            .await?
            .ok_or_else(|| AppError::no_crate(name))?;
        let metadata =
            row.metadata.as_deref().map_or_else(|| Ok(VersionMetadata::default()), read_metadata)?;
        let keywords = cratekeep_store::shown_krate::keywords(&mut conn, krate.id).await?;
        let categories = cratekeep_store::shown_krate::categories(&mut conn, krate.id).await?;
        Ok(Krate { row, metadata, keywords, categories })
    }

    /// A page of a crate's versions.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn list_versions(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        order: &VersionOrder,
        limit: u32,
    ) -> Result<Versions, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let rows = match order {
            VersionOrder::Number(below) => {
                cratekeep_store::shown_version::highest_first(&mut conn, krate.id, below, limit).await?
            }
            VersionOrder::Publish(before) => {
                cratekeep_store::shown_version::newest_first(&mut conn, krate.id, *before, limit).await?
            }
        };
        let total = cratekeep_store::version::count(&mut conn, krate.id).await?;
        let versions = self.with_acts(&mut conn, registry, rows).await?;
        Ok(Versions { versions, total })
    }

    /// Those versions of a crate that have one of these numbers, the highest first. Numbers that it does not have are
    /// left out.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn find_versions(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        nums: &[&str],
    ) -> Result<Vec<Version>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let rows = cratekeep_store::shown_version::among(&mut conn, krate.id, nums).await?;
        self.with_acts(&mut conn, registry, rows).await
    }

    /// A crate's releases that are neither yanked nor prereleases, the highest first.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn releases_of(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<Vec<VersionNum>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::shown_version::releases(&mut conn, krate.id).await?)
    }

    /// One version.
    ///
    /// # Errors
    /// As for [`App::show_crate`], and [`AppError::Invalid`] for a number that is none.
    pub async fn show_version(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Result<Version, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let parsed = version_num(num)?;
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::shown_version::find(&mut conn, krate.id, &parsed)
            .await?
            .ok_or_else(|| AppError::no_version(krate.name.as_str(), num))?;
        self.with_act(&mut conn, registry, row).await
    }

    /// The version to show first.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn show_default_version(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<Option<Version>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let Some(row) = cratekeep_store::shown_version::default_of(&mut conn, krate.id).await? else {
            return Ok(None);
        };
        self.with_act(&mut conn, registry, row).await.map(Some)
    }

    /// What a version depends on, with the version's row.
    ///
    /// # Errors
    /// As for [`App::show_version`].
    pub async fn dependencies_of(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Result<(VersionId, Vec<DependencyRow>), AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let parsed = version_num(num)?;
        let mut conn = self.store.read().await?;
        let version = cratekeep_store::version::find(&mut conn, krate.id, &parsed)
            .await?
            .ok_or_else(|| AppError::no_version(krate.name.as_str(), num))?;
        let mut rows = cratekeep_store::dependency::list(&mut conn, version.id).await?;
        rows.sort_by(|a, b| (a.optional, a.name.as_str()).cmp(&(b.optional, b.name.as_str())));
        Ok((version.id, rows))
    }

    /// Crates that depend on a crate, the most downloaded first, with how many there are in all.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn dependents_of(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        page: (u32, u32),
    ) -> Result<(Vec<(Dependent, Version)>, u64), AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let (id, canon) = (registry.registry.id, krate.name.canon());
        let mut conn = self.store.read().await?;
        let rows = cratekeep_store::shown_version::dependents(&mut conn, id, &canon, page).await?;
        let total = cratekeep_store::shown_version::count_dependents(&mut conn, id, &canon).await?;
        let shown =
            rows.into_iter().map(|(version, needs)| Ok::<_, AppError>((needs, finish(version, Vec::new())?)));
        Ok((shown.collect::<Result<_, _>>()?, total))
    }

    /// Puts versions that were published before there was an order into it. Done at each start; a second time it finds
    /// nothing to do.
    pub(crate) async fn complete_version_order(&self) -> Result<(), AppError> {
        const BATCH: u32 = 1_000;
        loop {
            let batch = {
                let mut conn = self.store.read().await?;
                cratekeep_store::shown_version::unordered(&mut conn, BATCH).await?
            };
            if batch.is_empty() {
                return Ok(());
            }
            self.store
                .write::<_, AppError, _>("order-versions", move |tx| {
                    let batch = batch.clone();
                    Box::pin(async move { Ok(cratekeep_store::shown_version::set_order(tx, &batch).await?) })
                })
                .await?;
        }
    }

    /// Versions of one crate with what was done with them.
    async fn with_acts(
        &self,
        conn: &mut cratekeep_store::Conn,
        registry: &RegistryView,
        rows: Vec<ShownVersion>,
    ) -> Result<Vec<Version>, AppError> {
        let Some(first) = rows.first() else { return Ok(Vec::new()) };
        let (registry, krate) = (registry.registry.name.as_str(), first.krate.as_str());
        let nums: Vec<_> = rows.iter().map(|row| row.num.to_string()).collect();
        let mut acts = HashMap::<_, Vec<_>>::new();
        for act in cratekeep_store::audit::version_acts(conn, registry, krate, &nums).await? {
            acts.entry(act.version.clone()).or_default().push(act);
        }
        let with_acts = rows.into_iter().zip(&nums);
        with_acts.map(|(row, num)| finish(row, acts.remove(num).unwrap_or_default())).collect()
    }

    pub(crate) async fn with_act(
        &self,
        conn: &mut cratekeep_store::Conn,
        registry: &RegistryView,
        row: ShownVersion,
    ) -> Result<Version, AppError> {
        let (registry, krate) = (registry.registry.name.as_str(), row.krate.as_str());
        let num = [row.num.to_string()];
        let acts = cratekeep_store::audit::version_acts(conn, registry, krate, &num).await?;
        finish(row, acts)
    }
}

fn finish(row: ShownVersion, acts: Vec<VersionAct>) -> Result<Version, AppError> {
    let metadata = read_metadata(&row.metadata)?;
    let facts = row.facts.as_deref().map(VersionFacts::from_json).transpose();
    let facts = facts.map_err(|error| AppError::Internal(format!("stored facts do not parse: {error}")))?;
    Ok(Version { row, metadata, facts, acts })
}

pub(crate) fn read_metadata(text: &str) -> Result<VersionMetadata, AppError> {
    VersionMetadata::from_json(text)
        .map_err(|error| AppError::Internal(format!("stored metadata does not parse: {error}")))
}

/// A number from a path, with crates.io's text for what is none.
pub(crate) fn version_num(text: &str) -> Result<VersionNum, AppError> {
    text.parse().map_err(|error| match error {
        cratekeep_types::VersionError::Invalid { reason, .. } => {
            AppError::invalid(format!("Invalid URL: {reason}"))
        }
        too_long => AppError::invalid(format!("Invalid URL: {too_long}")),
    })
}

/// The day on which recent downloads begin.
pub(crate) fn recent_from(now: Timestamp) -> i32 {
    now.day() - RECENT_DAYS + 1
}
