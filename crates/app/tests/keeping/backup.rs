//! What is backed up comes back whole, and what is not whole is refused.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use cratekeep_app::{AppError, Report, RestoreTarget, VerifyDepth, restore};
use cratekeep_store::{DatabaseUrl, Store};
use cratekeep_types::{Checksum, Secret, Steps, SystemClock};
use tempfile::TempDir;

use crate::house::{DAY, House, blobs_in, database_in, path_in, upload};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn restore_into(target: &Path, backup: &Path) -> Result<Report, AppError> {
    let target = RestoreTarget { database: database_in(target), blobs: blobs_in(target) };
    restore(&target, backup, &SystemClock).await
}

/// What was wrong with the request to restore; a fault of another kind fails the test.
async fn refusal(target: &Path, backup: &Path) -> String {
    match restore_into(target, backup).await {
        Err(AppError::Invalid(problems)) => problems.join("\n"),
        other => panic!("not refused: {other:?}"),
    }
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("it is there");
    change(&mut bytes);
    fs::write(path, bytes).expect("it can be written");
}

#[tokio::test]
async fn a_backup_made_beside_publishes_restores_to_a_clean_house() {
    let house = House::build().await;
    for patch in 0..10 {
        house.publish(&upload("before", &format!("1.0.{patch}"))).await;
    }
    let (backups, target) = (folder(), folder());
    let backup = backups.path().join("deep/er/new");
    let done = Cell::new(false);
    let publishing = async {
        for patch in 0.. {
            if done.get() {
                break;
            }
            house.publish(&upload("beside", &format!("1.0.{patch}"))).await;
        }
    };
    let backing_up = async {
        house.back_up(&backup).await;
        done.set(true);
    };
    tokio::join!(publishing, backing_up);
    // A restore changes nothing in the backup, so it can be done twice.
    for target in [&target, &folder()] {
        let report = restore_into(target.path(), &backup).await.expect("a good backup");
        assert_eq!(report.findings, Vec::<String>::new());
    }
    let restored = House::open(target).await;
    restored.expect_well().await;
    for patch in 0..10 {
        assert!(restored.has(&Checksum::of(&upload("before", &format!("1.0.{patch}")).archive)).await);
    }
    let summary = restored.app.verify(VerifyDepth::Rows).await.expect("an answer").summary;
    assert!(summary[0].starts_with("1 registries with"), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_between_database_and_objects_does_no_harm() {
    let house = House::build_hooked(|house, step| async move {
        if step.starts_with("backup.") {
            house.publish(&upload(&step.replace('.', "-"), "1.0.0")).await;
        }
    })
    .await;
    house.publish(&upload("before", "1.0.0")).await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    house.expect_well().await;
    let report = restore_into(target.path(), backup.path()).await.expect("a good backup");
    assert_eq!(report.findings, Vec::<String>::new());
    let restored = House::open(target).await;
    let summary = restored.app.verify(VerifyDepth::Rows).await.expect("an answer").summary;
    assert!(summary[0].ends_with("1 crates and 1 versions"), "{summary:?}");
    // The object of the second was copied, its row was not. It is an orphan like any other.
    restored.clock.advance_secs(DAY);
    let did = [restored.app.sweep().await, restored.app.sweep().await].map(|done| done.expect("a sweep"));
    assert_eq!((did[0].noted, did[1].deleted), (1, 1));
    restored.expect_well().await;
}

#[tokio::test]
async fn an_incomplete_backup_is_refused_and_the_target_stays_empty() {
    let house = House::build().await;
    let checksum = house.publish(&upload("demo", "1.0.0")).await;
    type Spoil = fn(&Path, &Checksum);
    let spoils: [(&str, Spoil); 5] = [
        ("it has no `manifest.json`", |backup, _| {
            fs::remove_file(backup.join("manifest.json")).expect("it is there")
        }),
        ("database copy", |backup, _| change(&backup.join("database/cratekeep.db"), |bytes| bytes[200] ^= 1)),
        ("database copy", |backup, _| {
            fs::remove_file(backup.join("database/counts.db")).expect("it is there")
        }),
        ("0 objects of 0 bytes and should have 1", |backup, checksum| {
            fs::remove_file(path_in(&backup.join("blobs"), checksum)).expect("it is there");
        }),
        ("reads formats up to 1", |backup, _| {
            change(&backup.join("manifest.json"), |text| {
                *text = String::from_utf8_lossy(text).replace("\"format\": 1", "\"format\": 2").into();
            });
        }),
    ];
    for (expected, spoil) in spoils {
        let (backup, target) = (folder(), folder());
        house.back_up(backup.path()).await;
        spoil(backup.path(), &checksum);
        let refusal = refusal(target.path(), backup.path()).await;
        assert!(refusal.contains(expected), "expected `{expected}`, found `{refusal}`");
        assert_eq!(fs::read_dir(target.path()).expect("it is there").count(), 0, "{expected}");
    }
    let none = refusal(folder().path(), folder().path()).await;
    assert!(none.contains("is no backup"), "{none}");
}

#[tokio::test]
async fn a_target_that_holds_something_is_refused() {
    let house = House::build().await;
    house.publish(&upload("demo", "1.0.0")).await;
    let backup = folder();
    house.back_up(backup.path()).await;
    let used = refusal(house.folder.path(), backup.path()).await;
    assert!(used.contains("the database is not empty"), "{used}");
    // Newer objects of a lost database must not become orphans of the restored one.
    house.publish(&upload("demo", "1.0.1")).await;
    house.store.close().await;
    for file in ["cratekeep.db", "cratekeep.db-wal", "cratekeep.db-shm"] {
        let _ = fs::remove_file(house.folder.path().join(file));
    }
    let objects = refusal(house.folder.path(), backup.path()).await;
    assert!(objects.contains("is not empty: it holds the object"), "{objects}");
    assert!(!house.folder.path().join("cratekeep.db").exists());
}

#[tokio::test]
async fn a_volume_of_another_server_is_refused() {
    let house = House::build().await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    blobs_in(target.path()).init("another").await.expect("a new volume");
    let refusal = refusal(target.path(), backup.path()).await;
    assert!(refusal.contains("names the instance `another`"), "{refusal}");
}

#[tokio::test]
async fn another_engine_is_refused() {
    let house = House::build().await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    let url = DatabaseUrl::Postgres { url: Secret::new("postgres://localhost/none".to_owned()) };
    let target =
        RestoreTarget { database: cratekeep_store::Options::new(url), blobs: blobs_in(target.path()) };
    let Err(AppError::Invalid(problems)) = restore(&target, backup.path(), &SystemClock).await else {
        panic!("not refused")
    };
    assert!(
        problems[0].contains("of a SQLite database and `database.url` names a PostgreSQL one"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_restore_that_was_cut_off_can_be_run_again() {
    let house = House::build().await;
    let checksum = house.publish(&upload("demo", "1.0.0")).await;
    house.publish(&upload("demo", "1.0.1")).await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    // As after the first object.
    blobs_in(target.path()).init("house").await.expect("a new volume");
    let place = path_in(&target.path().join("blobs"), &checksum);
    fs::create_dir_all(place.parent().expect("it has a folder")).expect("a folder");
    fs::copy(house.path_of(&checksum), place).expect("a copy");
    let report = restore_into(target.path(), backup.path()).await.expect("a good backup");
    assert_eq!(report.findings, Vec::<String>::new());
    House::open(target).await.expect_well().await;
}

#[tokio::test]
async fn a_folder_with_something_in_it_takes_no_backup() {
    let house = House::build().await;
    let backup = folder();
    house.back_up(backup.path()).await;
    let other = folder();
    fs::write(other.path().join("note"), "mine").expect("a file");
    for (folder, why) in [(backup.path(), "there is a backup in it"), (other.path(), "it is not empty")] {
        let Err(AppError::Invalid(problems)) = house.app.backup(folder).await else { panic!("not refused") };
        assert!(problems[0].contains(why), "{problems:?}");
    }
    assert_eq!(fs::read_dir(other.path()).expect("it is there").count(), 1);
    restore_into(folder().path(), backup.path()).await.expect("the first backup is as it was");
}

#[tokio::test]
async fn one_damaged_object_keeps_back_nothing_else() {
    let house = House::build().await;
    let damaged = house.publish(&upload("demo", "1.0.0")).await;
    let missing = house.publish(&upload("demo", "1.0.1")).await;
    let good = house.publish(&upload("demo", "1.0.2")).await;
    change(&house.path_of(&damaged), |bytes| bytes[20] ^= 1);
    fs::remove_file(house.path_of(&missing)).expect("it is there");
    let (backup, target) = (folder(), folder());
    let report = house.app.backup(backup.path()).await.expect("a backup");
    assert!(
        report.findings.len() == 2 && report.findings[0].contains("main/demo 1.0.0"),
        "{:?}",
        report.findings
    );
    let report = restore_into(target.path(), backup.path()).await.expect("a usable backup");
    let lacking: Vec<_> = report.findings.iter().filter(|finding| finding.contains("is not in")).collect();
    assert_eq!(lacking.len(), 2, "{:?}", report.findings);
    assert!(House::open(target).await.has(&good).await);
}

#[tokio::test]
async fn an_object_damaged_in_the_backup_is_left_out_and_named() {
    let house = House::build().await;
    let checksum = house.publish(&upload("demo", "1.0.0")).await;
    let good = house.publish(&upload("demo", "1.0.1")).await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    change(&path_in(&backup.path().join("blobs"), &checksum), |bytes| bytes[20] ^= 1);
    let report = restore_into(target.path(), backup.path()).await.expect("a usable backup");
    assert!(
        report.findings[0].contains(&format!("the object {checksum} of the backup is damaged")),
        "{report:?}"
    );
    assert!(report.findings[1].contains("main/demo 1.0.0: its file"), "{report:?}");
    let restored = House::open(target).await;
    assert!(!restored.has(&checksum).await && restored.has(&good).await);
}

#[tokio::test]
async fn a_restored_database_is_open_to_this_program() {
    let house = House::build().await;
    let (backup, target) = (folder(), folder());
    house.back_up(backup.path()).await;
    restore_into(target.path(), backup.path()).await.expect("a good backup");
    let store = Store::open(database_in(target.path()), Steps::unwatched()).await.expect("a database");
    assert_eq!(store.schema().await, Ok(cratekeep_store::Schema::Current));
}
