//! `backup`, `restore`, `verify` and `doctor` as commands. What they find in the data is tried by the use cases' tests.

use cratekeep_testkit::http::HttpClient;
use tempfile::TempDir;

use crate::{program, refused, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_server_can_be_restored_and_served() {
    let mut server = program().start().expect("the server starts");
    server.admin(&["registry", "create", "team", "--access", "internal"]).expect("it is made");
    let token = server.user("ann").expect("it is made");
    let folder = TempDir::new().expect("a temporary folder");
    let backup = folder.path().join("backup").display().to_string();
    said(&server.command(&["backup", &backup]).expect("it runs"));
    let again = refused(&server.command(&["backup", &backup]).expect("it runs"));
    assert!(again.contains(&backup), "{again}");
    assert!(server.terminate().expect("it stops").success());

    let restored = folder.path().join("restored");
    let data_dir = restored.display().to_string();
    said(&program().run(&["restore", &backup, "--data-dir", &data_dir]).expect("it runs"));
    let twice = refused(&program().run(&["restore", &backup, "--data-dir", &data_dir]).expect("it runs"));
    assert!(twice.starts_with("error: "), "{twice}");
    said(&program().run(&["verify", "--data-dir", &data_dir]).expect("it runs"));
    let server = program().data_dir(&restored).start().expect("the server starts");
    let client = HttpClient::plain(server.url()).expect("a client");
    let _ = client
        .get("/r/team/index/config.json")
        .token(&token)
        .send()
        .await
        .expect("an answer")
        .expect_status(200);
    said(&server.command(&["verify"]).expect("it runs"));
    said(&server.command(&["doctor"]).expect("it runs"));
}

#[test]
fn commands_on_data_that_are_not_there_make_none() {
    let folder = TempDir::new().expect("a temporary folder");
    let data_dir = folder.path().join("absent").display().to_string();
    let backup = folder.path().join("backup").display().to_string();
    for words in [&["verify"][..], &["backup", &backup]] {
        let all: Vec<&str> = words.iter().copied().chain(["--data-dir", &data_dir]).collect();
        let errors = refused(&program().run(&all).expect("it runs"));
        assert!(errors.contains("there is no database"), "{words:?}: {errors}");
    }
    let doctor = said(&program().run(&["doctor", "--data-dir", &data_dir]).expect("it runs"));
    assert!(doctor.contains("not there yet"), "{doctor}");
    assert!(!folder.path().join("absent").exists());
}

#[test]
fn a_migration_makes_a_database_and_then_has_nothing_to_do() {
    let folder = TempDir::new().expect("a temporary folder");
    let data_dir = folder.path().join("data").display().to_string();
    let migrate = || said(&program().run(&["migrate", "--data-dir", &data_dir]).expect("it runs"));
    assert_eq!(migrate(), "the database was made\n");
    assert_eq!(migrate(), "the database has the schema of this program\n");
}

#[test]
fn a_doctor_sees_what_is_wrong() {
    let mut server = program().start().expect("the server starts");
    assert!(server.terminate().expect("it stops").success());
    std::fs::rename(server.data_dir().join("blobs"), server.place().join("aside")).expect("one volume");
    let errors = refused(&server.command(&["doctor"]).expect("it runs"));
    assert!(errors.contains("storage: ") && errors.contains("it is not the volume"), "{errors}");
}
