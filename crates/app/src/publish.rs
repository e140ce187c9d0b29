//! A publish, from the first byte of the body to the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cratekeep_blob::{BlobClass, Spool};
use cratekeep_package::{InspectError, Package, cross_check, index_entry, inspect};
use cratekeep_policy::{
    MayPublish, ResolvedDependency, Standing, Target, house_rules, may_publish_something,
};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::{StoreError, blob};
use cratekeep_types::{Actor, CrateName, TeamId, Timestamp, VersionNum};
use cratekeep_wire::PublishMetadata;
use futures::Stream;

use crate::limits::Action;
use crate::{App, AppError, Attempt, Caller, RegistryView};

mod bounds;
mod dependencies;
mod notice;
mod receive;
mod record;

use bounds::Bounds;
use receive::Upload;
use record::{HOSTED, Plan, Recorded};

/// How often the same bytes are put while a sweep deletes them.
const PUT_TRIES_MAX: u32 = 20;
/// Wait between two such tries.
const PUT_WAIT: Duration = Duration::from_millis(250);

/// What a publish answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The crate.
    pub name: CrateName,
    /// The version.
    pub num: VersionNum,
    /// Notices for the publisher, one sentence each.
    pub warnings: Vec<String>,
    /// Slugs that name no category of this server and were passed over.
    pub invalid_categories: Vec<String>,
}

/// Who publishes what, once the right to do so is proved.
struct Admitted {
    name: CrateName,
    num: VersionNum,
    proof: MayPublish,
    /// The team of GitHub that the proof rests on.
    team: Option<TeamId>,
    is_new: bool,
    bounds: Bounds,
}

/// An upload that passed every check, ready to be kept.
struct Accepted {
    package: Package,
    dependencies: Vec<ResolvedDependency>,
    warnings: Vec<String>,
}

impl App {
    /// Publishes a version: when this returns, it is durable and in the index.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] before the archive is read; [`AppError::TooLarge`] and
    /// [`AppError::Invalid`] with every problem of the upload; [`AppError::Conflict`] when the version is there with
    /// other bytes. After an error nothing of the upload is visible.
    pub async fn publish<S, E>(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        body: S,
    ) -> Result<Published, AppError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Send,
    {
        let mut attempt = Attempt {
            action: "publish".to_owned(),
            registry: Some(registry.registry.name.to_string()),
            ..Attempt::default()
        };
        let published = self.publish_noting(caller, registry, body, &mut attempt).await;
        if let Err(error @ (AppError::Unauthenticated(_) | AppError::Denied(_))) = &published {
            self.note_refusal(caller, attempt, &error.to_string());
        }
        published
    }

    async fn publish_noting<S, E>(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        body: S,
        attempt: &mut Attempt,
    ) -> Result<Published, AppError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Send,
    {
        self.enter(caller, registry)?;
        may_publish_something(&caller.actor, &registry.registry)?;
        self.check_durable()?;
        let mut upload = Upload::begin(self, body);
        let metadata = upload.metadata().await?;
        if let Ok((name, num)) = metadata.identity() {
            (attempt.krate, attempt.version) = (Some(name.to_string()), Some(num.to_string()));
        }
        self.steps.pass("publish.head-read");
        let admitted = self.admit(caller, registry, &metadata).await?;
        self.steps.pass("publish.admitted");
        let spool = Arc::new(upload.spool(admitted.bounds.limits.upload_bytes_max).await?);
        self.check_bytes(&admitted, spool.size()).await?;
        let accepted = self.accept(caller, registry, &admitted, metadata, Arc::clone(&spool)).await?;
        let recorded = self.keep(caller, registry, &admitted, &accepted, &spool).await?;
        self.steps.pass("publish.recorded");
        let mut warnings = accepted.warnings;
        if let Recorded::AlreadyThere = recorded {
            warnings
                .push(format!("{} {} was already published, checksum equal", admitted.name, admitted.num));
        }
        let invalid_categories = self.options.categories.unknown(&accepted.package.manifest.categories);
        Ok(Published { name: admitted.name, num: admitted.num, warnings, invalid_categories })
    }

    /// The face says that the answer is on its way.
    pub fn publish_replied(&self) {
        self.steps.pass("publish.replied");
    }

    /// Who may do this? Asked from the JSON alone, before the archive is read.
    async fn admit(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        metadata: &PublishMetadata,
    ) -> Result<Admitted, AppError> {
        let (name, num) = metadata.identity().map_err(AppError::Invalid)?;
        name.check_not_reserved().map_err(|error| AppError::invalid(error.to_string()))?;
        let is_hidden = !self.sees(caller, registry, &name.canon()).await?;
        let (krate, standing) = match is_hidden {
            // Whoever does not see a crate is not told that it is there: it stands as one to be begun.
            true => (None, Standing::NewCrate),
            false => self.crate_and_standing(caller, registry, &name.canon()).await?,
        };
        let target = Target {
            registry: &registry.registry,
            name: &name,
            id: krate.as_ref().map(|krate| krate.id),
            standing,
            trustpub_only: krate.as_ref().is_some_and(|krate| krate.trustpub_only),
            is_approved: false,
        };
        let is_new = krate.is_none();
        let (proof, team) = self.prove_publish(caller, target).await?;
        if is_hidden {
            return Err(AppError::name_is_kept(&name));
        }
        if let Some(krate) = &krate {
            check_spelling(&krate.name, &name)?;
        }
        let bounds = self.bounds(caller, registry, &name, krate.as_ref(), &proof).await?;
        Ok(Admitted { name, num, proof, team, is_new, bounds })
    }

    /// Is it a good package, by the archive's own word and by the registry's rules?
    async fn accept(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        admitted: &Admitted,
        metadata: Box<PublishMetadata>,
        spool: Arc<Spool>,
    ) -> Result<Accepted, AppError> {
        let package = self.inspect(admitted, spool).await?;
        self.steps.pass("publish.inspected");
        let checked = cross_check(&metadata, &package);
        let mut problems = checked.problems;
        let facts = self.upload_facts(registry);
        let dependencies =
            match house_rules(&package, &facts, &admitted.bounds.metadata(&self.options.metadata)) {
                Ok(dependencies) => dependencies,
                Err(more) => {
                    problems.extend(more);
                    Vec::new()
                }
            };
        problems.extend(self.unknown_dependencies(caller, registry, admitted, &dependencies).await?);
        if !problems.is_empty() {
            return Err(AppError::Invalid(problems));
        }
        self.steps.pass("publish.ruled");
        Ok(Accepted { package, dependencies, warnings: checked.warnings })
    }

    /// Opens the archive on a thread of its own; a named number of archives are open at once.
    async fn inspect(&self, admitted: &Admitted, spool: Arc<Spool>) -> Result<Package, AppError> {
        let _turn = self.inspecting.acquire().await.map_err(|_| shutting_down())?;
        let (name, num, limits) = (admitted.name.clone(), admitted.num.clone(), self.options.archive.clone());
        let inspected = tokio::task::spawn_blocking(move || {
            let file = spool.open()?;
            Ok::<_, AppError>(inspect(file, (&name, &num), &limits))
        })
        .await
        .map_err(|error| AppError::Internal(format!("the inspection of an archive failed: {error}")))??;
        inspected.map_err(|error| match error {
            InspectError::Refused(problems) => AppError::Invalid(problems.into_sentences()),
            InspectError::Unreadable(error) => AppError::Internal(format!("a spooled archive: {error}")),
        })
    }

    /// Intent, bytes, row, in this order. When the sweep is just deleting the same bytes, they are put again.
    async fn keep(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        admitted: &Admitted,
        accepted: &Accepted,
        spool: &Spool,
    ) -> Result<Recorded, AppError> {
        let mut plan = self.plan(caller, registry, admitted, accepted, spool);
        if self.check_not_taken(&plan).await? == Recorded::New {
            let action = if admitted.is_new { Action::PublishNew } else { Action::PublishUpdate };
            plan.allowance = self.allowance(caller, action.within(registry)).await?;
        }
        let plan = Arc::new(plan);
        for _ in 0..PUT_TRIES_MAX {
            if self.intend(spool).await? {
                self.adopt(spool).await?;
                self.steps.pass("publish.kept");
                match self.record(Arc::clone(&plan)).await? {
                    Recorded::BytesAreLeaving => {}
                    recorded => return Ok(recorded),
                }
            }
            tokio::time::sleep(PUT_WAIT).await;
        }
        Err(AppError::Unavailable(
            "the storage is just removing the same bytes; publish again in a minute".to_owned(),
        ))
    }

    /// Notes that the bytes are wanted, so that the sweep leaves them. `false` while it is deleting them.
    async fn intend(&self, spool: &Spool) -> Result<bool, AppError> {
        let (checksum, size, at) = (spool.checksum(), spool.size(), self.clock.now());
        let noted = self
            .store
            .write_relaxed::<_, StoreError, _>("intend-blob", move |tx| {
                Box::pin(async move { blob::intent(tx, HOSTED, &checksum, size, at).await })
            })
            .await?;
        Ok(noted.value != blob::State::Deleting)
    }

    /// Puts the bytes, in a task of its own: an upload in parts that is dropped half way would leave its parts behind.
    async fn adopt(&self, spool: &Spool) -> Result<(), AppError> {
        let (blobs, spool) = (self.blobs.clone(), spool.clone());
        let putting = tokio::spawn(async move { blobs.adopt(BlobClass::Hosted, &spool).await });
        let adopted =
            putting.await.map_err(|error| AppError::Internal(format!("a blob was not put: {error}")))?;
        if self.blobs.writes_stopped() {
            self.lost_durability();
        }
        adopted?;
        Ok(())
    }

    /// Those of a manifest's categories that there are.
    fn known_categories(&self, slugs: &[String]) -> Vec<String> {
        let known = |slug: &&String| self.options.categories.get(slug).is_some();
        slugs.iter().filter(known).cloned().collect()
    }

    fn plan(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        admitted: &Admitted,
        accepted: &Accepted,
        spool: &Spool,
    ) -> Plan {
        // cargo reads whole seconds, so the row keeps no more.
        let published_at = Timestamp(self.clock.now().0 / 1_000_000 * 1_000_000);
        let checksum = spool.checksum();
        let registry_of = dependencies::index_registry_of(&accepted.dependencies);
        let entry = index_entry(&accepted.package, checksum, published_at, &registry_of);
        Plan {
            registry: registry.registry.id,
            name: admitted.name.clone(),
            num: admitted.num.clone(),
            allowance: None,
            publisher: admitted.proof.publisher.clone(),
            team: admitted.team,
            audit: NewAudit {
                krate: Some(admitted.name.to_string()),
                version: Some(admitted.num.to_string()),
                after: Some(format!("checksum {checksum}")),
                ..caller.audit_in(&registry.registry.name, "publish", published_at)
            },
            checksum,
            size: spool.size(),
            line: entry.to_line(),
            published_at,
            metadata: record::metadata_of(&accepted.package).to_json(),
            description: accepted.package.manifest.description.clone(),
            keywords: accepted.package.manifest.keywords.clone(),
            categories: self.known_categories(&accepted.package.manifest.categories),
            dependencies: self.dependency_rows(registry, &accepted.dependencies),
            bounds: admitted.bounds.clone(),
            versions_max: self.options.versions_per_crate_max,
            build: match &caller.actor {
                Actor::Workflow(build) => Some(build.clone()),
                _ => None,
            },
        }
    }
}

/// A crate keeps the spelling of its first publish.
fn check_spelling(known: &CrateName, sent: &CrateName) -> Result<(), AppError> {
    if known == sent {
        return Ok(());
    }
    Err(AppError::invalid(format!(
        "crate was previously named `{known}`; `{sent}` is the same name in another spelling, publish it as `{known}`"
    )))
}

fn shutting_down() -> AppError {
    AppError::Unavailable("the server is stopping; try again in a moment".to_owned())
}
