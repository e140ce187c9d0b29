//! An open, empty store of either engine, and rows that tests need but do not look at.

use cratekeep_store::krate::{self, Head, NewKrate};
use cratekeep_store::registry::{self, NewRegistry, Rules};
use cratekeep_store::user::{self, NewUser};
use cratekeep_store::version::{self, NewVersion};
use cratekeep_store::{DatabaseUrl, Options, Reader, Store, StoreError, Tx};
use cratekeep_testkit::postgres::TestDatabase;
use cratekeep_types::{
    Access, AccountKind, Checksum, CrateId, RegistryId, RegistryKind, Secret, Steps, Timestamp,
    UnknownDependencies, UploadRules, UserId, VersionId,
};
use futures::future::BoxFuture;

/// Makes each function below it a test on either engine.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::world::World::sqlite().await).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::world::World::postgres().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_both;

/// The moment at which tests happen.
pub(crate) const NOON: Timestamp = Timestamp(1_800_000_000_000_000);

/// A place for a database.
#[derive(Debug)]
pub(crate) enum Place {
    Folder(tempfile::TempDir),
    Server(TestDatabase),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) async fn postgres() -> Self {
        Self::Server(TestDatabase::create().await.expect("a PostgreSQL database"))
    }

    /// Another place for the same engine.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Folder(_) => Self::sqlite(),
            Self::Server(_) => Self::postgres().await,
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(match self {
            Self::Folder(folder) => DatabaseUrl::Sqlite { path: folder.path().join("cratekeep.db") },
            Self::Server(database) => DatabaseUrl::Postgres { url: Secret::new(database.url().to_owned()) },
        })
    }
}

/// A migrated store with nothing in it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) place: Place,
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        Self::open(Place::sqlite(), Steps::unwatched()).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::open(Place::postgres().await, Steps::unwatched()).await
    }

    pub(crate) async fn open(place: Place, steps: Steps) -> Self {
        let store = Store::open(place.options(), steps).await.expect("the store opens");
        store.migrate(NOON).await.expect("the schema is made");
        Self { store, place }
    }

    pub(crate) async fn read(&self) -> Reader {
        self.store.read().await.expect("a connection to read")
    }

    /// Runs a write that must succeed and returns what it gave.
    pub(crate) async fn write<T, F>(&self, work: F) -> T
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.store.write("test", work).await.expect("the write succeeds").value
    }

    pub(crate) async fn user(&self, name: &'static str) -> UserId {
        self.write(move |tx| Box::pin(async move { insert_user(tx, name).await })).await
    }

    pub(crate) async fn registry(&self, name: &'static str) -> RegistryId {
        self.write(move |tx| Box::pin(async move { registry::insert(tx, &new_registry(name), NOON).await }))
            .await
    }

    pub(crate) async fn krate(&self, registry: RegistryId, name: &'static str) -> CrateId {
        self.write(move |tx| Box::pin(async move { insert_krate(tx, registry, name).await })).await
    }

    pub(crate) async fn version(&self, krate: CrateId, num: &'static str) -> VersionId {
        self.write(move |tx| Box::pin(async move { version::insert(tx, &new_version(krate, num)).await }))
            .await
    }
}

pub(crate) async fn insert_user(tx: &mut Tx, name: &str) -> Result<UserId, StoreError> {
    let new = NewUser {
        name: name.parse().expect("a user name"),
        kind: AccountKind::Person,
        email: None,
        is_admin: false,
    };
    user::insert(tx, &new, NOON).await
}

pub(crate) async fn insert_krate(
    tx: &mut Tx,
    registry: RegistryId,
    name: &str,
) -> Result<CrateId, StoreError> {
    let new = NewKrate { registry, name: name.parse().expect("a crate name"), head: head(b"") };
    krate::insert(tx, &new, NOON).await
}

pub(crate) fn new_registry(name: &str) -> NewRegistry {
    NewRegistry {
        name: name.parse().expect("a registry name"),
        kind: RegistryKind::Hosted,
        access: Access::Open,
        rules: Rules {
            stands_for_crates_io: false,
            unknown_dependencies: UnknownDependencies::Refuse,
            upload_rules: UploadRules::CratesIo,
        },
        is_default: false,
    }
}

pub(crate) fn new_version(krate: CrateId, num: &str) -> NewVersion {
    NewVersion {
        krate,
        num: num.parse().expect("a version number"),
        checksum: Checksum::of(num.as_bytes()),
        size: 1234,
        line: format!("{{\"vers\":\"{num}\"}}"),
        published_at: NOON,
        published_by: None,
        yanked: false,
        metadata: "{\"keywords\":[\"b\",\"a\"],  \"odd\": 1.50}".to_owned(),
        built_by: None,
    }
}

pub(crate) fn head(text: &[u8]) -> Head {
    Head {
        fold: *Checksum::of(text).as_bytes(),
        length: text.len() as u64,
        etag: format!("\"{}\"", Checksum::of(text)),
    }
}
