//! Downloads by day.

use std::collections::{BTreeMap, HashMap};

use cratekeep_types::{VersionId, VersionNum};

use crate::reading::version_num;
use crate::{App, AppError, Caller, RegistryView};

/// As many versions get a line of their own in a crate's statistics; all others are summed.
const OWN_LINES: usize = 5;

/// Downloads of one version on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The version.
    pub version: VersionId,
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

/// Downloads of all other versions on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraCount {
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

impl App {
    /// Downloads of a registry over the 90 days that end with `last_day` (`None`: today), by day. Those of limited
    /// crates are left out.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read.
    pub async fn registry_downloads(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        last_day: Option<i32>,
    ) -> Result<Vec<ExtraCount>, AppError> {
        self.enter(caller, registry)?;
        let (from_day, last_day) = self.span(last_day);
        let mut conn = self.store.read().await?;
        let id = registry.registry.id;
        let days = cratekeep_store::registry_download::by_day(&mut conn, id, from_day, last_day).await?;
        Ok(days.into_iter().map(|(day, downloads)| ExtraCount { day, downloads }).collect())
    }

    /// Downloads of a crate over the 90 days that end with `last_day` (`None`: today): of its five highest versions by
    /// day, and of the others together.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn crate_downloads(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        last_day: Option<i32>,
    ) -> Result<(Vec<DayCount>, Vec<ExtraCount>), AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let (from_day, last_day) = self.span(last_day);
        let mut conn = self.store.read().await?;
        let below = cratekeep_store::shown_version::Below::everything();
        let own: Vec<_> =
            cratekeep_store::shown_version::highest_first(&mut conn, krate.id, &below, OWN_LINES as u32)
                .await?
                .into_iter()
                .map(|version| version.id)
                .collect();
        let (mut lines, mut others) = (Vec::new(), BTreeMap::<i32, u64>::new());
        let rows = cratekeep_store::download::by_day(&mut conn, krate.id, from_day).await?;
        for row in rows.into_iter().filter(|row| row.day <= last_day) {
            match own.contains(&row.version) {
                true => lines.push(DayCount { version: row.version, day: row.day, downloads: row.downloads }),
                false => *others.entry(row.day).or_default() += row.downloads,
            }
        }
        let others = others.into_iter().map(|(day, downloads)| ExtraCount { day, downloads }).collect();
        Ok((lines, others))
    }

    /// Downloads of each version of a crate over the 90 days that end with `last_day` (`None`: today), by day: for who
    /// takes them to a table of their own.
    ///
    /// # Errors
    /// As for [`App::show_crate`].
    pub async fn downloads_by_version(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        last_day: Option<i32>,
    ) -> Result<Vec<(VersionNum, ExtraCount)>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let (from_day, last_day) = self.span(last_day);
        let mut conn = self.store.read().await?;
        let nums: HashMap<_, _> =
            cratekeep_store::version::nums(&mut conn, krate.id).await?.into_iter().collect();
        let rows = cratekeep_store::download::by_day(&mut conn, krate.id, from_day).await?;
        let known = rows.into_iter().filter(|row| row.day <= last_day).filter_map(|row| {
            let num = nums.get(&row.version)?.clone();
            Some((num, ExtraCount { day: row.day, downloads: row.downloads }))
        });
        Ok(known.collect())
    }

    /// The first and last of the 90 days that end with `last_day`, or today.
    fn span(&self, last_day: Option<i32>) -> (i32, i32) {
        let last_day = last_day.unwrap_or_else(|| self.clock.now().day());
        (last_day.saturating_sub(super::RECENT_DAYS - 1), last_day)
    }

    /// Downloads of a version over the 90 days that end with `last_day` (`None`: today), by day.
    ///
    /// # Errors
    /// As for [`App::show_version`].
    pub async fn version_downloads(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
        last_day: Option<i32>,
    ) -> Result<Vec<DayCount>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let parsed = version_num(num)?;
        let (from_day, last_day) = self.span(last_day);
        let mut conn = self.store.read().await?;
        let version = cratekeep_store::version::find(&mut conn, krate.id, &parsed)
            .await?
            .ok_or_else(|| AppError::no_version(krate.name.as_str(), num))?;
        let rows = cratekeep_store::download::by_day(&mut conn, krate.id, from_day).await?;
        Ok(rows
            .into_iter()
            .filter(|row| row.version == version.id && row.day <= last_day)
            .map(|row| DayCount { version: row.version, day: row.day, downloads: row.downloads })
            .collect())
    }
}
