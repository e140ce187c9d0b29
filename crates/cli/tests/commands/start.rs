//! What `serve` prints, and what it refuses to start on.

use std::path::Path;
use std::time::Duration;

use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::server::Server;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use crate::{greeting, program, refused, said};

/// Runs `serve` on a data folder, for a start that is to be refused.
fn refused_start(data_dir: &Path, more: &[&str]) -> String {
    let data_dir = data_dir.display().to_string();
    let all: Vec<&str> =
        ["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir].iter().chain(more).copied().collect();
    refused(&program().run(&all).expect("the program can be started"))
}

/// The link to become administrator; waits until it is printed.
fn link(server: &Server) -> String {
    loop {
        if let Some(link) = server.stdout().lines().find(|line| line.contains("/setup/")) {
            return link.to_owned();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_says_where_it_listens_what_to_paste_and_how_to_become_administrator() {
    let mut server = program().start().expect("the server starts");
    let client = HttpClient::plain(server.url()).expect("a client");
    let _ = client.get("/health/ready").send().await.expect("an answer").expect_status(200);
    let stdout = greeting(&server);
    assert!(stdout.starts_with(&format!("listening on {}\n", server.url())), "{stdout}");
    assert!(
        stdout.contains(&format!("[registries.main]\nindex = \"{}\"\n", server.index_url("main"))),
        "{stdout}"
    );
    assert!(stdout.contains("[registry]\nglobal-credential-providers = [\"cargo:token\"]\n"), "{stdout}");
    let first = link(&server);
    let _ = client.get(&first).send().await.expect("an answer").expect_status(200);
    server.restart().expect("it starts again");
    assert_ne!(link(&server), first, "a link holds for one start");
    let _ = client.get(&first).send().await.expect("an answer").expect_status(404);
    server.admin(&["user", "create", "ann", "--admin"]).expect("it is made");
    server.restart().expect("it starts again");
    assert!(server.terminate().expect("it stops").success());
    assert!(!server.stdout().contains("/setup/"), "{}", server.stdout());
}

#[test]
fn a_second_process_on_the_same_data_is_refused() {
    let server = program().start().expect("the server starts");
    let errors = refused_start(server.data_dir(), &[]);
    assert!(errors.contains(&format!("is in use by process {}", server.pid())), "{errors}");
    for words in [&["migrate"][..], &["restore", "/absent"]] {
        let errors = refused(&server.command(words).expect("the program can be started"));
        assert!(errors.contains("is in use by process"), "{words:?}: {errors}");
    }
    let elsewhere = TempDir::new().expect("a temporary folder");
    let database = format!("sqlite:{}", elsewhere.path().join("shared.db").display());
    let spec = program().env("CRATEKEEP_DATABASE__URL", &database);
    let _first = spec.clone().start().expect("the server starts");
    let other = elsewhere.path().join("other").display().to_string();
    let second = spec.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &other]);
    let errors = refused(&second.expect("the program can be started"));
    assert!(errors.contains("shared.db.lock"), "{errors}");
}

#[test]
fn a_killed_server_leaves_nothing_in_the_way() {
    let mut server = program().start().expect("the server starts");
    server.kill().expect("it dies");
    assert!(server.data_dir().join("control.sock").exists(), "killed without a chance to tidy up");
    assert!(server.admin(&["user", "list"]).is_ok(), "the data are free");
    server.restart().expect("it starts again");
    assert!(server.admin(&["user", "list"]).is_ok(), "the server listens on a new socket");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_a_newer_program_is_refused() {
    let mut server = program().start().expect("the server starts");
    assert!(server.terminate().expect("it stops").success());
    let database = server.data_dir().join("cratekeep.db");
    let mut conn =
        SqliteConnection::connect(&format!("sqlite:{}", database.display())).await.expect("a database");
    let insert = "INSERT INTO migration (number, name, checksum, applied_at) VALUES (900, 'later', 'x', 0)";
    sqlx::query(insert).execute(&mut conn).await.expect("a row for a later migration");
    conn.close().await.expect("it closes");
    let before = std::fs::read(&database).expect("it can be read");
    let errors = refused_start(server.data_dir(), &[]);
    assert!(errors.contains("the database has schema 900 and this program knows only"), "{errors}");
    for words in [&["migrate"][..], &["admin", "user", "list"], &["verify"]] {
        let errors = refused(&server.command(words).expect("the program can be started"));
        assert!(errors.contains("a newer cratekeep has used it"), "{words:?}: {errors}");
    }
    assert_eq!(std::fs::read(&database).expect("it can be read"), before, "nothing was changed");
}

#[test]
fn a_storage_that_is_missing_or_anothers_is_noticed() {
    let mut server = program().start().expect("the server starts");
    assert!(server.terminate().expect("it stops").success());
    let blobs = server.data_dir().join("blobs");
    let aside = server.place().join("aside");
    std::fs::rename(&blobs, &aside).expect("both are on one volume");
    let errors = refused_start(server.data_dir(), &[]);
    assert!(errors.contains("it is not the volume that this server's objects are on"), "{errors}");
    assert!(!blobs.exists(), "nothing is made in its place");
    std::fs::create_dir(&blobs).expect("a mount point without its volume");
    assert!(refused_start(server.data_dir(), &[]).contains("it is not the volume"));
    std::fs::remove_dir(&blobs).expect("it stayed empty");

    let other = TempDir::new().expect("a temporary folder");
    std::fs::rename(&aside, other.path().join("blobs")).expect("both are on one volume");
    let errors = refused_start(other.path(), &[]);
    assert!(
        errors.contains("belongs to another server") && errors.contains("restore it from a backup"),
        "{errors}"
    );
}

#[test]
fn a_folder_that_is_empty_where_data_must_be_is_refused() {
    let strict = || program().env("CRATEKEEP_SERVER__NEW_DATA", "false");
    let mut server = program().start().expect("the server starts");
    assert!(server.terminate().expect("it stops").success());
    let again = strict().data_dir(server.data_dir()).start().expect("what is there is served");
    drop(again);

    let empty = TempDir::new().expect("a temporary folder");
    let folder = empty.path().join("data").display().to_string();
    let output = strict().run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &folder]);
    let errors = refused(&output.expect("the program can be started"));
    assert!(errors.contains("is its volume mounted?"), "{errors}");
    assert!(!empty.path().join("data/cratekeep.db").exists(), "nothing is begun in its place");
}

#[test]
fn the_base_url_of_the_first_start_stays_until_it_is_moved() {
    let mut server = program().flag("--base-url", "https://one.example").start().expect("the server starts");
    assert!(
        greeting(&server).contains("index = \"sparse+https://one.example/index/\""),
        "{}",
        server.stdout()
    );
    assert!(server.terminate().expect("it stops").success());
    let errors = refused_start(server.data_dir(), &["--base-url", "https://two.example"]);
    assert!(errors.contains("`https://one.example` since the first start"), "{errors}");
    assert!(errors.contains("cratekeep admin base-url set https://two.example"), "{errors}");
    server.admin(&["base-url", "set", "https://two.example"]).expect("it is moved");
    let data_dir = server.data_dir().to_owned();
    let moved = program().data_dir(data_dir).flag("--base-url", "https://two.example").start();
    let moved = moved.expect("the server starts");
    assert!(greeting(&moved).contains("sparse+https://two.example/index/"), "{}", moved.stdout());
}

#[test]
fn commands_before_the_first_start_do_not_fix_the_base_url() {
    let folder = TempDir::new().expect("a temporary folder");
    let data_dir = folder.path().display().to_string();
    said(&program().run(&["admin", "user", "create", "ann", "--data-dir", &data_dir]).expect("it runs"));
    let server = program().data_dir(folder.path()).flag("--base-url", "https://one.example").start();
    assert!(greeting(&server.expect("the server starts")).contains("sparse+https://one.example/"));
}

#[test]
fn a_port_that_the_system_chooses_may_change() {
    let folder = TempDir::new().expect("a temporary folder");
    for _ in 0..2 {
        let spec = program().data_dir(folder.path()).flag("--listen", "127.0.0.1:0");
        let mut server = spec.start().expect("the server starts");
        assert!(
            greeting(&server).contains(&format!("sparse+{}/index/", server.url())),
            "{}",
            server.stdout()
        );
        assert!(server.terminate().expect("it stops").success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_file_is_applied_once_and_again() {
    let folder = TempDir::new().expect("a temporary folder");
    let bootstrap = "[[users]]\nname = \"robot\"\nadmin = true\n\
                     [[registries]]\nname = \"team\"\nclosed = true\nupload_rules = \"relaxed\"\n\
                     [[tokens]]\nuser = \"robot\"\nname = \"first\"\nscope = \"publish-new,publish-update\"\n\
                     crates = [\"acme-*\"]\nexpires = \"90d\"\ntoken_file = \"first-token\"\n";
    std::fs::write(folder.path().join("bootstrap.toml"), bootstrap).expect("it can be written");
    let mut server = program().data_dir(folder.path()).start().expect("the server starts");
    let token = std::fs::read_to_string(folder.path().join("first-token")).expect("the token was made");
    assert!(!server.stderr().contains(token.trim()) && !server.stdout().contains(token.trim()));
    for _ in 0..2 {
        let client = HttpClient::plain(server.url()).expect("a client");
        let config =
            client.get("/r/team/index/config.json").token(token.trim()).send().await.expect("an answer");
        let _ = config.expect_status(200);
        let tokens = server.admin(&["token", "list"]).expect("it lists");
        assert_eq!(tokens.lines().count(), 2, "a title and one token:\n{tokens}");
        assert!(tokens.contains("acme-*"), "{tokens}");
        server.restart().expect("it starts again");
    }
    server.admin(&["token", "revoke", "1"]).expect("it is taken back");
    server.restart().expect("it starts again");
    assert_eq!(
        server.admin(&["token", "list"]).expect("it lists").lines().count(),
        2,
        "a revoked token stays revoked"
    );
    assert!(server.terminate().expect("it stops").success());

    std::fs::write(folder.path().join("bootstrap.toml"), "[[users]]\nname = \"a b\"\n")
        .expect("it can be written");
    let errors = refused_start(folder.path(), &[]);
    assert!(errors.contains("bootstrap.toml could not be applied") && errors.contains("`a b`"), "{errors}");
}
