//! An app over a database file and a folder of its own, and ways to do harm to both.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use cratekeep_app::{
    App, AppError, AuthOptions, Caller, JobOptions, Options, Parts, Published, Report, Shown, Verify,
    VerifyDepth,
};
use cratekeep_blob::{BlobClass, BlobStore};
use cratekeep_outbound::Outbound;
use cratekeep_package::ArchiveLimits;
use cratekeep_policy::MetadataLimits;
use cratekeep_store::meta::{Key, set};
use cratekeep_store::{Conn, DatabaseUrl, Store, StoreError};
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_types::{
    Checksum, Clock, Entropy, ManualClock, Steps, SystemClock, UnknownDependencies, UploadRules,
};
use cratekeep_wire::FrameLimits;
use cratekeep_wire::control::{AdminCommand, AdminReply, TokenCommand, UserCommand};
use futures::stream;
use tempfile::TempDir;

/// The class of published objects, as the database writes it.
pub(crate) const HOSTED: &str = "hosted";
/// A day and a bit, in seconds: older than this an orphan may be swept.
pub(crate) const DAY: i64 = 90_000;

#[derive(Debug)]
struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn bytes(&self) -> [u8; 32] {
        [self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst); 32]
    }
}

/// An app with everything it stands on.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) blobs: BlobStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) app: App,
    /// Who may publish; nobody in a house that was only opened.
    owner: Option<Caller>,
}

/// Where the database of a house is.
pub(crate) fn database_in(folder: &Path) -> cratekeep_store::Options {
    cratekeep_store::Options::new(DatabaseUrl::Sqlite { path: folder.join("cratekeep.db") })
}

/// Where the objects of a house are.
pub(crate) fn blobs_in(folder: &Path) -> BlobStore {
    let options = cratekeep_blob::Options::local(folder.join("blobs"));
    BlobStore::new(options, Steps::unwatched()).expect("a local store")
}

fn options() -> Options {
    Options {
        base_url: "http://127.0.0.1:1".to_owned(),
        index_cache_bytes: 1 << 20,
        file_cache_bytes: 1 << 20,
        file_cache_object_bytes_max: 1 << 16,
        verify: Verify::Always,
        frame: FrameLimits::default(),
        archive: ArchiveLimits::default(),
        metadata: MetadataLimits::default(),
        inspections_max: 2,
        requests_max: 100,
        upload_secs_max: 60,
        versions_per_crate_max: 1000,
        owners_per_request_max: 10,
        search_results_max: 100,
        tokens: cratekeep_app::TokenOptions {
            life_secs_default: 90 * 86_400,
            life_secs_max: None,
            login_secs_default: 12 * 3_600,
            login_secs_max: 30 * 86_400,
        },
        rates: cratekeep_app::Rates::default(),
        auth: AuthOptions::default(),
        providers: Vec::new(),
        trust: cratekeep_app::TrustOptions::default(),
        readme: cratekeep_app::ReadmeOptions::default(),
        dumps: false,
        sends_mail: false,
        jobs: JobOptions::default(),
        allowed_dependency_indexes: Vec::new(),
        categories: cratekeep_policy::Categories::new(true, &[]).expect("crates.io's slugs are good"),
        access: cratekeep_types::Access::Open,
        unknown_dependencies: UnknownDependencies::Allow,
        upload_rules: UploadRules::CratesIo,
        audit_keep_days: None,
        orphan_secs_min: 86_400,
        many_nodes: false,
        settle_ms_max: 500,
        node: "house".to_owned(),
    }
}

impl House {
    /// A new house with an owner who may publish.
    pub(crate) async fn build() -> Self {
        Self::build_watched(Steps::unwatched()).await
    }

    /// A new house whose `steps` call `hook` with the house, after it was built. Needs a runtime of several threads.
    pub(crate) async fn build_hooked<W>(
        hook: impl Fn(Arc<Self>, &'static str) -> W + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        W: Future<Output = ()>,
    {
        let built = Arc::new(OnceLock::<Weak<Self>>::new());
        let late = Arc::clone(&built);
        let steps = Steps::watched(Arc::new(move |step| {
            if let Some(house) = late.get().and_then(Weak::upgrade) {
                let now = tokio::runtime::Handle::current();
                tokio::task::block_in_place(|| now.block_on(hook(house, step)));
            }
        }));
        let house = Arc::new(Self::build_watched(steps).await);
        built.set(Arc::downgrade(&house)).expect("set once");
        house
    }

    async fn build_watched(steps: Steps) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (database, blobs) = (database_in(folder.path()), blobs_in(folder.path()));
        Self::build_over(folder, database, blobs, steps).await
    }

    /// A new house over an empty database and an empty storage.
    pub(crate) async fn build_over(
        folder: TempDir,
        database: cratekeep_store::Options,
        blobs: BlobStore,
        steps: Steps,
    ) -> Self {
        let store = Store::open(database, Steps::unwatched()).await.expect("a new database");
        store.migrate(SystemClock.now()).await.expect("a new schema");
        store
            .write::<_, StoreError, _>("instance", |tx| {
                Box::pin(async move { set(tx, Key::InstanceId, "house").await })
            })
            .await
            .expect("an instance id");
        blobs.init("house").await.expect("a new volume");
        let mut house = Self::over(folder, store, blobs, steps).await;
        house.owner = Some(house.make_owner().await);
        house
    }

    /// A house over what a restore has left in `folder`.
    pub(crate) async fn open(folder: TempDir) -> Self {
        let (database, blobs) = (database_in(folder.path()), blobs_in(folder.path()));
        Self::open_over(folder, database, blobs).await
    }

    /// A house over what a restore has left.
    pub(crate) async fn open_over(
        folder: TempDir,
        database: cratekeep_store::Options,
        blobs: BlobStore,
    ) -> Self {
        let store = Store::open(database, Steps::unwatched()).await.expect("a database");
        blobs.check_marker("house").await.expect("the volume of the house");
        Self::over(folder, store, blobs, Steps::unwatched()).await
    }

    async fn over(folder: TempDir, store: Store, blobs: BlobStore, steps: Steps) -> Self {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let app = App::new(Parts {
            outbound: outbound(),
            mailer: cratekeep_outbound::mail::Mailer::default(),
            store: store.clone(),
            blobs: blobs.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(Counting(1.into())),
            steps,
            options: options(),
        })
        .await
        .expect("an app");
        Self { folder, store, blobs, clock, app, owner: None }
    }

    async fn make_owner(&self) -> Caller {
        let create = UserCommand::Create { name: "owner".to_owned(), email: None, admin: false };
        let create = AdminCommand::User(create);
        assert!(matches!(self.app.run_at_shell(create).await, AdminReply::Done { .. }));
        let token = TokenCommand::Create {
            user: "owner".to_owned(),
            name: "test".to_owned(),
            scope: None,
            crates: Vec::new(),
            registries: Vec::new(),
            addresses: Vec::new(),
            expires_secs: None,
        };
        let reply = self.app.run_at_shell(AdminCommand::Token(token)).await;
        let AdminReply::Token { token } = reply else { panic!("no token: {reply:?}") };
        let actor = self
            .app
            .identify(&Shown { authorization: Some(&token), ..Shown::default() })
            .await
            .expect("an answer");
        Caller { actor, address: None }
    }

    /// Publishes a crate; an error is for the test to judge.
    pub(crate) async fn try_publish(&self, upload: &Upload) -> Result<Published, AppError> {
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from(upload.frame()))]);
        let caller = self.owner.as_ref().expect("an owner");
        self.app.publish(caller, &self.app.default_registry(), body).await
    }

    /// Publishes a crate and returns the checksum of its file.
    pub(crate) async fn publish(&self, upload: &Upload) -> Checksum {
        self.try_publish(upload).await.expect("a good upload");
        Checksum::of(&upload.archive)
    }

    /// Yanks a version or takes the yank back.
    pub(crate) async fn yank(&self, name: &str, num: &str, yanked: bool) {
        let (caller, registry) = (self.owner.as_ref().expect("an owner"), self.app.default_registry());
        self.app.yank(caller, &registry, name, num, yanked).await.expect("the owner may");
    }

    /// Every finding of a verification.
    pub(crate) async fn findings(&self, depth: VerifyDepth) -> Vec<String> {
        self.app.verify(depth).await.expect("database and storage answer").findings
    }

    /// Fails unless everything that is kept fits together.
    pub(crate) async fn expect_well(&self) {
        assert_eq!(self.findings(VerifyDepth::Blobs).await, Vec::<String>::new());
    }

    /// Makes a backup in which nothing is amiss.
    pub(crate) async fn back_up(&self, to: &Path) -> Report {
        let report = self.app.backup(to).await.expect("a backup");
        assert_eq!(report.findings, Vec::<String>::new());
        report
    }

    /// Runs a statement behind the back of the house.
    pub(crate) async fn sql(&self, text: &'static str) {
        let changed = self
            .store
            .write::<_, StoreError, _>("harm", move |tx| {
                Box::pin(async move {
                    let Conn::Sqlite(link) = &mut **tx else { panic!("these tests run on SQLite") };
                    let done = sqlx::query(text).execute(link.inner()).await.expect("a good statement");
                    Ok(done.rows_affected())
                })
            })
            .await
            .expect("a write");
        assert!(changed.value > 0, "the statement changed nothing: {text}");
    }

    /// The file of an object.
    pub(crate) fn path_of(&self, checksum: &Checksum) -> PathBuf {
        path_in(&self.folder.path().join("blobs"), checksum)
    }

    /// Puts an object that no row knows.
    pub(crate) async fn put(&self, bytes: &[u8]) -> Checksum {
        let mut writer = self.blobs.spool().await.expect("room");
        writer.write(Bytes::copy_from_slice(bytes)).await.expect("room");
        let spool = writer.finish().await.expect("room");
        self.blobs.adopt(BlobClass::Hosted, &spool).await.expect("room");
        spool.checksum()
    }

    /// Leaves what a publish leaves that breaks off before it is recorded: the object and the intent.
    pub(crate) async fn abandon(&self, bytes: &[u8]) -> Checksum {
        let (checksum, size, at) = (Checksum::of(bytes), bytes.len() as u64, self.clock.now());
        self.store
            .write::<_, StoreError, _>("intent", move |tx| {
                Box::pin(async move { cratekeep_store::blob::intent(tx, HOSTED, &checksum, size, at).await })
            })
            .await
            .expect("a write");
        self.put(bytes).await
    }

    /// Whether an object is there.
    pub(crate) async fn has(&self, checksum: &Checksum) -> bool {
        self.blobs.stat(BlobClass::Hosted, checksum).await.expect("the volume is there").is_some()
    }
}

/// The file of an object on a volume or in a backup.
pub(crate) fn path_in(volume: &Path, checksum: &Checksum) -> PathBuf {
    let hex = checksum.to_string();
    volume.join(HOSTED).join("sha256").join(&hex[..2]).join(&hex[2..4]).join(&hex)
}

/// A good upload with one dependency.
pub(crate) fn upload(name: &str, version: &str) -> Upload {
    let built = ArchiveBuilder::new(name, version).dependency("other", "1");
    Upload::of(&built, Target::Registry("sparse+http://127.0.0.1:1/index/")).expect("a good manifest")
}

/// Calls go to servers on this machine.
fn outbound() -> Outbound {
    let options =
        cratekeep_outbound::Options { allow_private: true, ..cratekeep_outbound::Options::default() };
    Outbound::new(options).expect("neither a proxy nor a file is named")
}
