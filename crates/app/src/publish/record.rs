//! The one transaction of a publish: everything that can race is read again, then the version is there.

use std::sync::Arc;

use cratekeep_package::Package;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::dependency::DependencyRow;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::{KrateRow, NewHead, NewKrate};
use cratekeep_store::version::NewVersion;
use cratekeep_store::{Conn, StoreError, Tx};
use cratekeep_types::{
    Account, Checksum, CrateName, EventNumber, RegistryId, TeamId, Timestamp, VersionId, VersionNum, Workflow,
};
use cratekeep_wire::{IndexHead, VersionMetadata};

use super::bounds::Bounds;
use super::check_spelling;
use crate::describe::enqueue_look;
use crate::index::{head_of, stored_head};
use crate::limits::Allowance;
use crate::{App, AppError};

/// The word for the class of published crates in the table of objects.
pub(super) const HOSTED: &str = "hosted";

/// A version as it will be recorded.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) registry: RegistryId,
    pub(super) name: CrateName,
    pub(super) num: VersionNum,
    pub(super) publisher: Option<Account>,
    /// The team of GitHub by which they may.
    pub(super) team: Option<TeamId>,
    pub(super) allowance: Option<Allowance>,
    pub(super) audit: NewAudit,
    pub(super) checksum: Checksum,
    pub(super) size: u64,
    pub(super) line: String,
    pub(super) published_at: Timestamp,
    pub(super) metadata: String,
    pub(super) description: Option<String>,
    pub(super) keywords: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) dependencies: Vec<DependencyRow>,
    pub(super) bounds: Bounds,
    pub(super) versions_max: u64,
    /// Who built it, when a build job publishes it.
    pub(super) build: Option<Workflow>,
}

/// What the transaction found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recorded {
    /// The version is new.
    New,
    /// The same version with the same bytes was there before.
    AlreadyThere,
    /// The sweep is removing these very bytes: they must be put again.
    BytesAreLeaving,
}

impl App {
    /// Refuses other bytes for a version that is there before they are stored, and says whether the
    /// version is new. The transaction asks again.
    pub(super) async fn check_not_taken(&self, plan: &Plan) -> Result<Recorded, AppError> {
        let (canon, num) = (plan.name.canon(), &plan.num);
        let mut conn = self.store.read().await?;
        let there = cratekeep_store::version::find_file(&mut conn, plan.registry, &canon, num).await?;
        if let Some(there) = there {
            return same_bytes(plan, &there.num, there.checksum);
        }
        if let Some(krate) = cratekeep_store::krate::find(&mut conn, plan.registry, &canon).await? {
            check_versions(&mut conn, plan, &krate).await?;
        }
        Ok(Recorded::New)
    }

    pub(super) async fn record(&self, plan: Arc<Plan>) -> Result<Recorded, AppError> {
        let mut tries = 0;
        let done = loop {
            let (app, work) = (self.clone(), Arc::clone(&plan));
            let written = self
                .store
                .write("publish", move |tx| {
                    let (app, plan) = (app.clone(), Arc::clone(&work));
                    Box::pin(async move {
                        let recorded = record(tx, &plan).await?;
                        if recorded == Recorded::New {
                            app.tell_owners(tx, &plan).await?;
                        }
                        Ok(recorded)
                    })
                })
                .await;
            match written {
                // Two first publishes of one crate on two nodes: the second finds the row when it looks again.
                Err(Failed::Raced) if tries == 0 => tries += 1,
                Err(Failed::Unknown(reason)) => return self.look_after_unknown_outcome(&plan, &reason).await,
                other => break other?,
            }
        };
        self.index.forget(plan.registry, &plan.name);
        self.files.forget(plan.registry, &plan.name, &plan.num);
        self.settle(&done.events).await;
        Ok(done.value)
    }

    /// The connection broke while the commit was under way: the row itself tells whether it happened.
    async fn look_after_unknown_outcome(&self, plan: &Plan, reason: &str) -> Result<Recorded, AppError> {
        self.index.forget(plan.registry, &plan.name);
        self.files.forget(plan.registry, &plan.name, &plan.num);
        let mut conn = self.store.read().await?;
        let found =
            cratekeep_store::version::find_file(&mut conn, plan.registry, &plan.name.canon(), &plan.num)
                .await?;
        match found {
            Some(row) if row.num == plan.num && row.checksum == plan.checksum => Ok(Recorded::New),
            _ => {
                tracing::warn!(error = reason, "a publish was lost with its database connection");
                Err(AppError::Unavailable("the database connection broke; publish again".to_owned()))
            }
        }
    }
}

/// How the transaction of a publish can fail, with the two ways that call for another look set apart.
enum Failed {
    Raced,
    Unknown(String),
    Told(AppError),
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        match error {
            AppError::OutcomeUnknown(reason) => Self::Unknown(reason),
            other => Self::Told(other),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Raced,
            other => AppError::from(other).into(),
        }
    }
}

impl From<Failed> for AppError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Raced => Self::Conflict("somebody else just published the same; try again".to_owned()),
            Failed::Unknown(reason) => Self::OutcomeUnknown(reason),
            Failed::Told(error) => error,
        }
    }
}

async fn record(tx: &mut Tx, plan: &Plan) -> Result<Recorded, Failed> {
    check_tombstone(tx, plan).await?;
    let krate = find_or_make_crate(tx, plan).await?;
    if let Some(there) = cratekeep_store::version::find(tx, krate.id, &plan.num).await? {
        return Ok(same_bytes(plan, &there.num, there.checksum)?);
    }
    if !cratekeep_store::blob::set_live(tx, HOSTED, &plan.checksum, plan.published_at).await? {
        return Ok(Recorded::BytesAreLeaving);
    }
    check_versions(tx, plan, &krate).await?;
    plan.bounds.check_again(tx, plan.size).await?;
    if let Some(allowance) = &plan.allowance {
        allowance.spend(tx).await?;
    }
    let version = insert_version(tx, plan, &krate).await?;
    if krate.event_number == EventNumber(0) {
        cratekeep_store::registry::add_crates(tx, plan.registry, 1).await?;
    }
    tx.emit(Event {
        registry: Some(plan.registry),
        krate: Some(krate.id),
        version: Some(version),
        ..Event::new(EventKind::VersionPublished, plan.published_at)
    });
    tx.audit(plan.audit.clone());
    enqueue_look(tx, version, plan.published_at).await?;
    Ok(Recorded::New)
}

/// A version that was deleted may come back only as what it was.
async fn check_tombstone(tx: &mut Tx, plan: &Plan) -> Result<(), Failed> {
    let found = cratekeep_store::tombstone::find(tx, plan.registry, &plan.name.canon(), &plan.num).await?;
    match found {
        Some(stone) if stone.checksum != plan.checksum => Err(Failed::Told(AppError::Conflict(format!(
            "version `{}` of `{}` was deleted and can never come back with other bytes; choose a new version number",
            plan.num, plan.name
        )))),
        _ => Ok(()),
    }
}

async fn find_or_make_crate(tx: &mut Tx, plan: &Plan) -> Result<KrateRow, Failed> {
    let canon = plan.name.canon();
    let Some(krate) = cratekeep_store::krate::lock_crate(tx, plan.registry, &canon).await? else {
        plan.bounds.check_begin(tx, &plan.name).await?;
        let head = stored_head(&IndexHead::empty());
        let new = NewKrate { registry: plan.registry, name: plan.name.clone(), head };
        let id = cratekeep_store::krate::insert(tx, &new, plan.published_at).await?;
        let Some(publisher) = &plan.publisher else {
            return Err(Failed::Told(AppError::Denied(format!(
                "`{}` is gone: a build cannot begin it",
                plan.name
            ))));
        };
        cratekeep_store::owner::add(tx, id, publisher.id, None, plan.published_at).await?;
        cratekeep_store::deleted_krate::remove(tx, plan.registry, &canon).await?;
        let made = cratekeep_store::krate::find_by_id(tx, id).await?;
        return made.ok_or_else(|| {
            Failed::Told(AppError::Internal("a crate vanished while it was made".to_owned()))
        });
    };
    check_spelling(&krate.name, &plan.name)?;
    if let Some(build) = &plan.build {
        check_still_trusted(tx, &krate, build).await?;
    }
    if let Some(publisher) = &plan.publisher {
        check_still_owned(tx, &krate, publisher, plan.team).await?;
    }
    Ok(krate)
}

async fn check_still_owned(
    tx: &mut Tx,
    krate: &KrateRow,
    publisher: &Account,
    team: Option<TeamId>,
) -> Result<(), Failed> {
    let by_github = match team {
        Some(team) => cratekeep_store::team_owner::is_owner(tx, krate.id, team).await?,
        None => false,
    };
    if !by_github
        && !cratekeep_store::owner::is_owner(tx, krate.id, publisher.id).await?
        && !cratekeep_store::team_owner::owns_by_team(tx, krate.id, publisher.id).await?
    {
        return Err(Failed::Told(AppError::Denied(format!("you are not an owner of `{}`", krate.name))));
    }
    if krate.trustpub_only {
        return Err(Failed::Told(AppError::Denied(format!(
            "`{}` is published by its trusted builds only, since a moment ago",
            krate.name
        ))));
    }
    Ok(())
}

/// The token and the rule that it was given for may have been taken back meanwhile.
async fn check_still_trusted(tx: &mut Tx, krate: &KrateRow, build: &Workflow) -> Result<(), Failed> {
    let token = cratekeep_store::trust_token::find(tx, build.token).await?;
    let grants = token.map(|token| token.grants).unwrap_or_default();
    let rules: Vec<_> = grants.iter().filter(|grant| grant.krate == krate.id).map(|grant| grant.by).collect();
    if cratekeep_store::trusted_publisher::find_all(tx, &rules).await?.is_empty() {
        return Err(Failed::Told(AppError::Denied(format!(
            "this build may no longer publish `{}`: its token or the rule behind it was taken back",
            krate.name
        ))));
    }
    Ok(())
}

async fn check_versions(conn: &mut Conn, plan: &Plan, krate: &KrateRow) -> Result<(), AppError> {
    let versions = cratekeep_store::version::count(conn, krate.id).await?;
    if versions < plan.versions_max {
        return Ok(());
    }
    Err(AppError::invalid(format!(
        "`{}` has {versions} versions already, the most a crate may have (setting `limits.versions_per_crate`)",
        plan.name
    )))
}

/// The same bytes again are a success; other bytes are a conflict that names both checksums.
fn same_bytes(plan: &Plan, there: &VersionNum, checksum: Checksum) -> Result<Recorded, AppError> {
    if *there == plan.num && checksum == plan.checksum {
        return Ok(Recorded::AlreadyThere);
    }
    Err(AppError::Conflict(format!(
        "crate version `{}` is already uploaded; `{} {there}` has the checksum {checksum}, this upload has {}",
        plan.num.without_build(),
        plan.name,
        plan.checksum
    )))
}

async fn insert_version(tx: &mut Tx, plan: &Plan, krate: &KrateRow) -> Result<VersionId, Failed> {
    let new = NewVersion {
        krate: krate.id,
        num: plan.num.clone(),
        checksum: plan.checksum,
        size: plan.size,
        line: plan.line.clone(),
        published_at: plan.published_at,
        published_by: plan.publisher.as_ref().map(|publisher| publisher.id),
        yanked: false,
        metadata: plan.metadata.clone(),
        built_by: plan.build.as_ref().map(|build| build.build.clone()),
    };
    let version = cratekeep_store::version::insert(tx, &new).await?;
    cratekeep_store::dependency::insert(tx, version, &plan.dependencies).await?;
    let mut head = head_of(krate);
    head.append(&plan.line);
    let new_head = NewHead {
        head: stored_head(&head),
        description: Some(plan.description.clone().unwrap_or_default()),
        updated_at: plan.published_at,
    };
    cratekeep_store::krate::set_head(tx, krate.id, &new_head).await?;
    cratekeep_store::shown_krate::clear_words(tx, krate.id).await?;
    cratekeep_store::shown_krate::add_keywords(tx, krate.id, &plan.keywords).await?;
    cratekeep_store::shown_krate::add_categories(tx, krate.id, &plan.categories).await?;
    Ok(version)
}

/// What later pages want to know of a version.
pub(super) fn metadata_of(package: &Package) -> VersionMetadata {
    let manifest = &package.manifest;
    VersionMetadata {
        description: manifest.description.clone(),
        license: manifest.license.clone(),
        license_file: manifest.license_file.clone(),
        homepage: manifest.homepage.clone(),
        documentation: manifest.documentation.clone(),
        repository: manifest.repository.clone(),
        keywords: manifest.keywords.clone(),
        categories: manifest.categories.clone(),
        features: manifest.features.clone(),
        links: manifest.links.clone(),
        rust_version: manifest.rust_version.clone(),
        edition: manifest.edition.clone(),
        has_lib: manifest.has_lib,
        lib_name: manifest.lib_name.clone(),
        bin_names: manifest.bin_names.clone(),
        unpacked_bytes: package.unpacked_bytes,
        files: package.entries.len() as u64,
    }
}
