//! The use cases: the only room that decides, and the only one that begins a write transaction.
//!
//! One module per use case over an [`App`] value. A use case reads as a table of contents; each face extracts,
//! calls one of them and renders.

mod admin;
mod audit;
mod backup;
mod base_url;
mod bootstrap;
mod cache;
mod caller;
mod connect;
mod counts;
mod delete;
mod describe;
mod download;
mod dump;
mod error;
mod events;
mod feed;
mod find;
mod follow;
mod followed_krate;
mod gate;
mod identify;
mod index;
mod invitations;
mod jobs;
mod leaks;
mod limits;
mod locks;
mod mail;
mod members;
mod names;
mod options;
mod owners;
mod passkeys;
mod passwords;
mod profile;
mod publish;
mod quotas;
mod readers;
mod reading;
mod readme;
mod registries;
mod restore;
mod search;
mod sessions;
mod setup;
mod sign_in;
mod site;
mod storage;
mod sweep;
mod teams;
mod tickets;
mod tokens;
mod trusted_publishing;
mod users;
mod vault;
mod verify;
mod yank;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use cratekeep_blob::BlobStore;
use cratekeep_outbound::Outbound;
use cratekeep_outbound::mail::Mailer;
use cratekeep_store::Store;
use cratekeep_types::{Clock, Entropy, Steps};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

pub use audit::Attempt;
pub use base_url::settle_base_url;
pub use bootstrap::KnownToken;
pub use caller::Caller;
pub use connect::{ConnectAsk, ConnectBegun, ConnectState};
pub use cratekeep_policy::{Categories, Category};
pub use cratekeep_store::dependency::{DependencyRow, Source as DependencySource};
pub use cratekeep_store::feed::{NewCrate, NewVersion};
pub use cratekeep_store::passkey::PasskeyRow;
pub use describe::ReadmeOptions;
pub use download::{Download, DownloadBody};
pub use dump::Dump;
pub use error::AppError;
pub use events::{EventEntry, EventPage, EventsWish};
pub use find::{Found, FoundCrate, ListFrom, ListOrder, ListPlace, ListWish};
pub use identify::{Shown, Visit};
pub use index::IndexFile;
pub use invitations::{InvitationEntry, InvitationFilter, Invitations};
pub use jobs::JobOptions;
pub use leaks::{AlertProof, LeakFind};
pub use limits::{Action, Rates};
pub use options::{AuthOptions, Options, TrustOptions, Verify};
pub use owners::{OwnerEntry, OwnerKind};
pub use passkeys::PasskeyOffer;
pub use passwords::{LinkHolder, SignedIn};
pub use profile::{OwnProfile, ProfileChange};
pub use publish::Published;
pub use readers::CrateReaders;
pub use reading::{
    Below, CategoryOrder, CountedCategory, DayCount, ExtraCount, Keyword, KeywordOrder, Keywords, Krate,
    ShownCategory, Summary, Version, VersionOrder, Versions,
};
pub use readme::ReadmePage;
pub use registries::RegistryView;
pub use restore::{RestoreTarget, restore};
pub use search::Suggestion;
pub use sessions::{SessionEntry, SessionText, SignIn};
pub use setup::{SetupCode, SetupDone, SetupWish};
pub use sign_in::{
    Arrived, ComeBack, LinkedIdentity, OnTheWay, ProviderKind, ProviderOffer, ProviderSettings,
    ProxySettings, SetOut, ThroughProxy, WAY_SECS_MAX,
};
pub use site::Site;
pub use storage::settle_storage;
pub use sweep::SweepReport;
pub use teams::{ShownUser, TeamPage};
pub use tokens::{Renewal, TokenOptions, TokenRequest};
pub use trusted_publishing::{TrustConfig, TrustFields, TrustOf, TrustProvider};
pub use verify::{Report, VerifyDepth};

pub use cratekeep_store::token::TokenRow;

/// What an [`App`] is made of. The roof fills it in.
#[derive(Debug)]
pub struct Parts {
    /// The database, already migrated.
    pub store: Store,
    /// The bytes.
    pub blobs: BlobStore,
    /// Everything that calls out.
    pub outbound: Outbound,
    /// Sends letters, if there are to be any.
    pub mailer: Mailer,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Steps that a test of the server may watch.
    pub steps: Steps,
    /// Limits and addresses.
    pub options: Options,
}

/// The registry as a program: every face calls its methods. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What is behind an [`App`].
pub struct Inner {
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) outbound: Outbound,
    pub(crate) mailer: Mailer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) steps: Steps,
    pub(crate) options: Options,
    pub(crate) registries: ArcSwap<registries::Registries>,
    /// Held from reading what is kept in memory until it is there: what was read earlier never replaces what was read
    /// later.
    pub(crate) reloading: Mutex<()>,
    pub(crate) index: index::IndexCache,
    pub(crate) files: download::FileCaches,
    pub(crate) identities: identify::IdentityCache,
    pub(crate) vault: vault::Vault,
    pub(crate) providers: sign_in::Providers,
    pub(crate) hasher: passwords::Hasher,
    pub(crate) scanning_keys: leaks::ScanningKeys,
    pub(crate) passkeys: passkeys::Passkeys,
    pub(crate) counts: counts::Counts,
    pub(crate) refusals: audit::Refusals,
    pub(crate) site: ArcSwap<site::Site>,
    pub(crate) follower: follow::Follower,
    pub(crate) word_counts: reading::CountMemory,
    pub(crate) gate: gate::Gate,
    pub(crate) waiters: events::Waiters,
    pub(crate) words: owners::Words,
    pub(crate) requests: limits::Requests,
    pub(crate) inspecting: Semaphore,
    pub(crate) describing: Semaphore,
    handling: Semaphore,
    durable: AtomicBool,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the parts together and reads the registries.
    ///
    /// # Errors
    /// [`AppError`] when the database does not answer or has no default registry after it was made.
    pub async fn new(parts: Parts) -> Result<Self, AppError> {
        let Parts { store, blobs, outbound, mailer, clock, entropy, steps, options } = parts;
        let registries = registries::load(&store, &options, clock.as_ref()).await?;
        let site = site::Site::load(&store).await?;
        let head = cratekeep_store::event::head(&mut *store.read().await?).await?;
        let follower = follow::Follower::start_at(options.many_nodes, head);
        let app = Self(Arc::new(Inner {
            index: index::IndexCache::new(options.index_cache_bytes),
            files: download::FileCaches::new(options.file_cache_bytes),
            identities: identify::IdentityCache::new(),
            vault: vault::Vault::default(),
            scanning_keys: leaks::ScanningKeys::default(),
            providers: sign_in::Providers::new(&options.providers, outbound.client()),
            hasher: passwords::Hasher::new(&options.auth),
            passkeys: passkeys::Passkeys::new(&options.base_url),
            counts: counts::Counts::default(),
            word_counts: reading::CountMemory::default(),
            gate: gate::Gate::new(),
            waiters: events::Waiters::new(),
            words: owners::Words::new(),
            requests: limits::Requests::new(),
            refusals: audit::Refusals::default(),
            site: ArcSwap::from_pointee(site),
            inspecting: Semaphore::new(options.inspections_max),
            describing: Semaphore::new(describe::AT_ONCE_MAX),
            handling: Semaphore::new(options.requests_max),
            registries: ArcSwap::from_pointee(registries),
            reloading: Mutex::new(()),
            durable: AtomicBool::new(true),
            store,
            blobs,
            outbound,
            mailer,
            clock,
            entropy,
            steps,
            options,
            follower,
        }));
        app.complete_version_order().await?;
        Ok(app)
    }

    /// Whether the server can do its work: the database answers and no write was lost to a failing disk.
    pub async fn is_ready(&self) -> bool {
        self.durable.load(Ordering::Acquire) && self.store.now().await.is_ok()
    }

    /// A place for one more request; `None` when all are taken.
    #[must_use]
    pub fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.handling.try_acquire().ok()
    }

    /// The public address of this server, without a final slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.options.base_url
    }

    /// The present moment, for pages that say how long ago something was.
    #[must_use]
    pub fn now(&self) -> cratekeep_types::Timestamp {
        self.clock.now()
    }

    /// Stops accepting writes: a sync to disk failed, so what was written may be gone.
    pub(crate) fn lost_durability(&self) {
        self.durable.store(false, Ordering::Release);
        tracing::error!(
            "a sync to disk failed; no more writes are accepted, restart the server when the disk is well"
        );
    }

    pub(crate) fn check_durable(&self) -> Result<(), AppError> {
        if self.durable.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(AppError::Unavailable(
            "the server's disk failed; writes are refused until it is restarted".to_owned(),
        ))
    }
}
