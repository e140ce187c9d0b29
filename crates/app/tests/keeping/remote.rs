//! The same on PostgreSQL and an S3-compatible store.

use cratekeep_app::{RestoreTarget, VerifyDepth, restore};
use cratekeep_blob::{BlobClass, BlobStore, S3Options};
use cratekeep_store::DatabaseUrl;
use cratekeep_testkit::postgres::TestDatabase;
use cratekeep_testkit::s3::{self, S3Server};
use cratekeep_types::{Secret, Steps, SystemClock};
use tempfile::TempDir;

use crate::house::{DAY, House, upload};

/// A database and a bucket, both new.
struct Remote {
    postgres: TestDatabase,
    s3: S3Server,
    folder: TempDir,
}

impl Remote {
    async fn make() -> Self {
        let postgres = TestDatabase::create().await.expect("a PostgreSQL database");
        let s3 = S3Server::start().expect("an S3 server");
        Self { postgres, s3, folder: folder() }
    }

    fn database(&self) -> cratekeep_store::Options {
        let url = Secret::new(self.postgres.url().to_owned());
        cratekeep_store::Options::new(DatabaseUrl::Postgres { url })
    }

    fn blobs(&self) -> BlobStore {
        let s3 = S3Options {
            bucket: s3::BUCKET.to_owned(),
            prefix: "crates".to_owned(),
            endpoint: Some(self.s3.endpoint()),
            region: s3::REGION.to_owned(),
            access_key: Some(s3::ACCESS_KEY.to_owned()),
            secret_key: Some(Secret::new(s3::SECRET_KEY.to_owned())),
            path_style: true,
            allow_http: true,
        };
        let options = cratekeep_blob::Options::s3(s3, self.folder.path().join("spool"));
        BlobStore::new(options, Steps::unwatched()).expect("an S3 store")
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_restore_verify_and_sweep_work_there_too() {
    let (here, there) = (Remote::make().await, Remote::make().await);
    let house = House::build_over(folder(), here.database(), here.blobs(), Steps::unwatched()).await;
    let checksum = house.publish(&upload("demo", "1.0.0")).await;
    house.publish(&upload("demo", "1.0.1")).await;
    house.yank("demo", "1.0.1", true).await;
    let orphan = house.abandon(b"half a publish").await;
    house.expect_well().await;
    let backup = folder();
    house.back_up(backup.path()).await;

    let target = RestoreTarget { database: there.database(), blobs: there.blobs() };
    let report = restore(&target, backup.path(), &SystemClock).await.expect("a good backup");
    assert_eq!(report.findings, Vec::<String>::new());
    let again = restore(&target, backup.path(), &SystemClock).await.expect_err("it is not empty now");
    assert!(again.to_string().contains("the database is not empty"), "{again}");

    let restored = House::open_over(folder(), there.database(), there.blobs()).await;
    restored.expect_well().await;
    assert!(restored.has(&checksum).await);
    house.clock.advance_secs(DAY);
    let swept = house.app.sweep().await.expect("a sweep");
    assert_eq!((swept.doomed, swept.deleted), (1, 1));
    assert!(!house.has(&orphan).await);
    house.expect_well().await;

    restored.blobs.delete(BlobClass::Hosted, &checksum).await.expect("the bucket is there");
    let findings = restored.findings(VerifyDepth::Rows).await;
    assert!(findings.len() == 1 && findings[0].contains("main/demo 1.0.0: its file"), "{findings:?}");
}
