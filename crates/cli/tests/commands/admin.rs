//! `admin`: the same words with the same effect, whether a server runs or not.

use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::server::Server;
use tempfile::TempDir;

use crate::{program, refused, said};

/// Runs `admin …` on a data folder that no server uses.
fn offline(folder: &TempDir, words: &[&str]) -> std::process::Output {
    let data_dir = folder.path().join("data").display().to_string();
    let all: Vec<&str> = ["admin"].iter().chain(words).copied().chain(["--data-dir", &data_dir]).collect();
    program().run(&all).expect("the program can be started")
}

fn start_on(folder: &TempDir) -> Server {
    program().data_dir(folder.path().join("data")).start().expect("the server starts")
}

/// The status of the index of the closed registry `team`, asked with a token.
async fn status_with(server: &Server, token: &str) -> u16 {
    let client = HttpClient::plain(server.url()).expect("a client");
    let reply = client.get("/r/team/index/config.json").token(token).send().await.expect("an answer");
    reply.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_without_a_server_is_there_when_one_starts() {
    let folder = TempDir::new().expect("a temporary folder");
    assert_eq!(
        said(&offline(&folder, &["user", "create", "ann", "--email", "ann@example.com", "--admin"])),
        "user ann created\n"
    );
    let token = said(&offline(
        &folder,
        &["token", "create", "--user", "ann", "--name", "laptop", "--scope", "yank", "--expires", "90d"],
    ));
    assert!(
        token.starts_with("ckp_") && token.trim_end().len() == 42 && token.lines().count() == 1,
        "{token}"
    );
    assert!(
        said(&offline(&folder, &["registry", "create", "team", "--kind", "hosted", "--closed"]))
            .contains("registry team created")
    );

    let server = start_on(&folder);
    assert_eq!(status_with(&server, token.trim_end()).await, 200);
    assert_eq!(status_with(&server, "ckp_nothing").await, 401);
    let registries = server.admin(&["registry", "list"]).expect("it lists");
    assert!(registries.contains(&format!("{}/r/team/index/", server.url())), "{registries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_obeys_at_once() {
    let folder = TempDir::new().expect("a temporary folder");
    let server = start_on(&folder);
    server.admin(&["registry", "create", "team", "--access", "internal"]).expect("it is made");
    let token = server.user("ann").expect("it is made");
    assert_eq!(status_with(&server, &token).await, 200);
    let tokens = server.admin(&["token", "list", "--user", "ann"]).expect("it lists");
    let row: Vec<&str> = tokens.lines().nth(1).expect("one token").split_whitespace().collect();
    assert_eq!((row[1], row[2]), ("ann", "test"), "{tokens}");
    assert!(!tokens.contains(&token));
    assert_eq!(
        server.admin(&["token", "revoke", row[0]]).expect("it is taken back"),
        format!("token {} revoked", row[0])
    );
    assert_eq!(status_with(&server, &token).await, 401);
    assert!(server.admin(&["token", "list"]).expect("it lists").contains("revoked"));
}

#[test]
fn what_cannot_be_done_is_told_on_standard_error() {
    let folder = TempDir::new().expect("a temporary folder");
    assert!(
        refused(&offline(&folder, &["token", "create", "--user", "nobody", "--name", "x"]))
            .contains("there is no user `nobody`")
    );
    said(&offline(&folder, &["user", "create", "ann"]));
    let server = start_on(&folder);
    for (words, problem) in [
        (&["user", "create", "Ann"][..], "there is already a user `Ann`"),
        (&["user", "create", "a b"], "has the character ` `"),
        (&["token", "create", "--user", "ann", "--name", "x", "--scope", "root"], "`root` is no scope"),
        (
            &["token", "create", "--user", "ann", "--name", "x", "--crates", "a*b"],
            "`a*b` is no crate pattern",
        ),
        (&["token", "revoke", "99"], "there is no token 99"),
        (&["registry", "create", "api"], "is reserved"),
        (&["registry", "create", "x", "--kind", "mirror"], "`mirror` is no registry kind"),
        (&["registry", "create", "x", "--unknown-dependencies", "maybe"], "`maybe`"),
    ] {
        let all: Vec<&str> = ["admin"].iter().chain(words).copied().collect();
        let errors = refused(&server.command(&all).expect("the program can be started"));
        assert!(errors.starts_with("error: ") && errors.contains(problem), "{words:?}: {errors}");
    }
    let expires = ["admin", "token", "create", "--user", "ann", "--name", "x", "--expires", "soon"];
    let output = server.command(&expires).expect("the program can be started");
    assert_eq!(output.status.code(), Some(2), "a wrong command line");
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is no length of time"));
}

#[test]
fn the_control_socket_is_for_the_servers_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().expect("a temporary folder");
    let mut server = start_on(&folder);
    let mode = |name: &str| {
        let path = server.data_dir().join(name);
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!((mode("."), mode("control.sock"), mode("lock")), (0o700, 0o600, 0o600));
    let socket = server.data_dir().join("control.sock");
    assert!(server.terminate().expect("it stops").success());
    assert!(!socket.exists());
}
