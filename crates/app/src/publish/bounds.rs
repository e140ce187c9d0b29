//! What an upload must keep within besides the rules for all: reserved names, quotas, and limits of its own crate. Asked
//! before the archive is read, and again by the transaction that records the version.

use cratekeep_policy::{MayPublish, MetadataLimits};
use cratekeep_store::Tx;
use cratekeep_store::krate::KrateRow;
use cratekeep_store::limits::{self, KrateLimits};
use cratekeep_types::CrateName;

use super::Admitted;
use crate::names::{Beginner, check_free};
use crate::quotas::{Added, check_room};
use crate::{App, AppError, Caller, RegistryView};

/// What an upload must keep within.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// Limits of the crate itself.
    pub(super) limits: KrateLimits,
    added: Added,
    who: Beginner,
}

impl Bounds {
    /// The limits of metadata with those of the crate in their places.
    pub(super) fn metadata(&self, server: &MetadataLimits) -> MetadataLimits {
        let features = self.limits.features_max.and_then(|max| usize::try_from(max).ok());
        MetadataLimits { features_max: features.unwrap_or(server.features_max), ..server.clone() }
    }

    /// In the transaction: may the crate be begun?
    pub(super) async fn check_begin(&self, tx: &mut Tx, name: &CrateName) -> Result<(), AppError> {
        check_free(tx, self.added.registry, name, &self.who).await?;
        limits::lock(tx, self.added.publisher, self.added.registry).await?;
        check_room(tx, Added { is_new_crate: true, ..self.added }).await
    }

    /// In the transaction: is there still room for the bytes?
    pub(super) async fn check_again(&self, tx: &mut Tx, bytes: u64) -> Result<(), AppError> {
        limits::lock(tx, self.added.publisher, self.added.registry).await?;
        check_room(tx, Added { is_new_crate: false, bytes, ..self.added }).await
    }
}

impl App {
    /// Looks up what the upload must keep within, and refuses what does so before its archive came.
    pub(super) async fn bounds(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &CrateName,
        krate: Option<&KrateRow>,
        proof: &MayPublish,
    ) -> Result<Bounds, AppError> {
        let who = Beginner::of(&caller.actor, &registry.registry, self.clock.now());
        let added = Added {
            publisher: proof.publisher.as_ref().map(|publisher| publisher.id),
            registry: registry.registry.id,
            is_new_crate: krate.is_none(),
            bytes: 0,
        };
        let mut conn = self.store.read().await?;
        let limits = match krate {
            Some(krate) => limits::of_krate(&mut conn, krate.id).await?,
            None => {
                check_free(&mut conn, registry.registry.id, name, &who).await?;
                KrateLimits::default()
            }
        };
        check_room(&mut conn, added).await?;
        Ok(Bounds { limits, added, who })
    }

    /// Is there room for the bytes that came? Asked before they are looked into.
    pub(super) async fn check_bytes(&self, admitted: &Admitted, bytes: u64) -> Result<(), AppError> {
        let mut conn = self.store.read().await?;
        check_room(&mut conn, Added { bytes, ..admitted.bounds.added }).await
    }
}
