//! The life of a server, played by a shell script that prints and obeys like one.

use super::*;

/// A stand-in that notes its arguments and environment, then prints the line and waits.
const STAND_IN: &str = r#"#!/bin/sh
if [ "$1" = admin ]; then echo "$*"; exit 0; fi
if [ "$1" = admin-fails ]; then echo no >&2; exit 4; fi
mkdir -p "$3" && echo started >> "$3/starts"
echo "word=$CRATEKEEP_LOG__LEVEL alien=$CRATEKEEP_ALIEN" >&2
trap 'echo drained >> "$3/starts"; exit 0' TERM
echo "listening on http://$5/"
while :; do sleep 0.05; done
"#;

/// Writes the stand-in. `install` makes the copy that is run: a file that this process had open for writing could
/// still be held by a child that another test is just starting, and would be refused as busy.
fn stand_in(folder: &TempDir) -> ServerSpec {
    let (text, program) = (folder.path().join("text"), folder.path().join("stand-in"));
    std::fs::write(&text, STAND_IN).expect("a temporary folder can be written");
    let status = Command::new("install").args(["-m", "755"]).args([&text, &program]).status();
    assert!(status.expect("install is part of every system").success());
    ServerSpec::new(program)
}

fn starts(server: &Server) -> String {
    std::fs::read_to_string(server.data_dir().join("starts")).expect("the stand-in wrote it")
}

#[test]
fn it_starts_dies_and_comes_back_on_the_same_port_and_data() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut server = stand_in(&folder).env("CRATEKEEP_LOG__LEVEL", "info").start().expect("it starts");
    let (url, pid) = (server.url().to_owned(), server.pid());
    assert_eq!(server.index_url("main"), format!("sparse+{url}/index/"));
    assert_eq!(server.index_url("team"), format!("sparse+{url}/r/team/index/"));
    server.kill().expect("it dies");
    assert!(!server.is_running());
    assert_eq!(server.stderr(), "word=info alien=\n");

    server.restart_with(|spec| spec.env("CRATEKEEP_LOG__LEVEL", "debug")).expect("it starts again");
    assert_eq!(server.url(), url);
    assert_ne!(server.pid(), pid);
    assert_eq!(starts(&server), "started\nstarted\n");

    let status = server.terminate().expect("it stops");
    assert!(status.success());
    assert_eq!(starts(&server), "started\nstarted\ndrained\n");
    assert!(server.stderr().starts_with("word=debug"), "{}", server.stderr());
}

#[test]
fn admin_commands_get_the_data_folder_and_failures_are_told() {
    let folder = TempDir::new().expect("a temporary folder");
    let server = stand_in(&folder).start().expect("it starts");
    let data_dir = server.data_dir().display().to_string();
    let said = server.token("ann", &["--scope", "yank"]).expect("the stand-in agrees");
    assert_eq!(said, format!("admin token create --user ann --name test --scope yank --data-dir {data_dir}"));
    let output = server.command(&["admin-fails"]).expect("it runs");
    assert_eq!(output.status.code(), Some(4));
}
