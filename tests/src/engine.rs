//! Where a server under test keeps rows and bytes: the two pairs of engines it has to run on.

use std::path::PathBuf;

use cratekeep_blob::{BlobClass, BlobStore, S3Options};
use cratekeep_store::{DatabaseUrl, Store};
use cratekeep_testkit::postgres::{DatabaseHandle, TestDatabase};
use cratekeep_testkit::s3::{self, S3Server};
use cratekeep_types::{Checksum, Secret, Steps};
use tempfile::TempDir;

/// Where in its bucket a test keeps its objects.
const PREFIX: &str = "of/a/test";

/// A pair of engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// What runs without any setting.
    SqliteAndFolder,
    /// What two settings make of it.
    PostgresAndS3,
}

/// The outside things of one test. Dropped, they are gone.
#[derive(Debug)]
pub(crate) struct World {
    folder: TempDir,
    remote: Option<Remote>,
}

#[derive(Debug)]
struct Remote {
    postgres: TestDatabase,
    s3: S3Server,
}

impl World {
    pub(crate) async fn make(engine: Engine) -> Self {
        let folder = folder();
        let remote = match engine {
            Engine::SqliteAndFolder => None,
            Engine::PostgresAndS3 => Some(Remote {
                postgres: TestDatabase::create().await.expect("a database of PostgreSQL"),
                s3: S3Server::start().expect("an S3 server"),
            }),
        };
        Self { folder, remote }
    }

    pub(crate) fn engine(&self) -> Engine {
        if self.remote.is_some() { Engine::PostgresAndS3 } else { Engine::SqliteAndFolder }
    }

    pub(crate) async fn open_store(&self) -> Store {
        let url = match &self.remote {
            None => DatabaseUrl::Sqlite { path: self.folder.path().join("cratekeep.db") },
            Some(remote) => DatabaseUrl::Postgres { url: Secret::new(remote.postgres.url().to_owned()) },
        };
        let options = cratekeep_store::Options::new(url);
        Store::open(options, Steps::unwatched()).await.expect("the database opens")
    }

    pub(crate) fn open_blobs(&self) -> BlobStore {
        let options = match &self.remote {
            None => cratekeep_blob::Options::local(self.folder.path().join("blobs")),
            Some(remote) => {
                cratekeep_blob::Options::s3(s3_options(&remote.s3), self.folder.path().join("spool"))
            }
        };
        BlobStore::new(options, Steps::unwatched()).expect("the storage can be set up")
    }

    /// The file behind a stored object, to be damaged behind the server's back.
    pub(crate) fn object_file(&self, class: BlobClass, checksum: &Checksum) -> PathBuf {
        let hex = checksum.to_string();
        let key = format!("{}/sha256/{}/{}/{hex}", class.as_str(), &hex[..2], &hex[2..4]);
        match &self.remote {
            None => self.folder.path().join("blobs").join(key),
            Some(remote) => remote.s3.object_file(&format!("{PREFIX}/{key}")),
        }
    }

    pub(crate) fn s3(&self) -> Option<&S3Server> {
        self.remote.as_ref().map(|remote| &remote.s3)
    }

    pub(crate) fn postgres(&self) -> Option<DatabaseHandle> {
        self.remote.as_ref().map(|remote| remote.postgres.handle())
    }

    /// Every byte of the files that SQLite keeps.
    pub(crate) fn database_bytes(&self) -> Vec<u8> {
        assert!(self.remote.is_none(), "this test runs on SQLite");
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder can be read");
        let files = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
        files.flat_map(|file| std::fs::read(file).expect("the file can be read")).collect()
    }

    /// A folder of its own, for what the test wants to find there.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Where uploads are kept until they are adopted.
    pub(crate) fn spool_folder(&self) -> PathBuf {
        self.folder.path().join(if self.remote.is_some() { "spool" } else { "blobs/staging" })
    }

    /// Names of the temporary files that uploads left.
    pub(crate) fn spool_files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.spool_folder()).expect("the folder for uploads is there");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

/// A folder in memory where the system has one: what survives a power cut is tried elsewhere, and here hundreds of
/// volumes are made whose every folder is synced.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

fn s3_options(server: &S3Server) -> S3Options {
    S3Options {
        bucket: s3::BUCKET.to_owned(),
        prefix: PREFIX.to_owned(),
        endpoint: Some(server.endpoint()),
        region: s3::REGION.to_owned(),
        access_key: Some(s3::ACCESS_KEY.to_owned()),
        secret_key: Some(Secret::new(s3::SECRET_KEY.to_owned())),
        path_style: true,
        allow_http: true,
    }
}
