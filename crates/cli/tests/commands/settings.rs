//! `config`, and starts with settings that are no good.

use cratekeep_testkit::server::ServerSpec;
use tempfile::TempDir;

use crate::{program, refused, said};

fn run(spec: &ServerSpec, words: &[&str]) -> std::process::Output {
    spec.run(words).expect("the program can be started")
}

#[test]
fn every_setting_is_shown_with_where_it_came_from_and_no_secret_with_its_value() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("settings.toml").display().to_string();
    let secret = folder.path().join("secret").display().to_string();
    std::fs::write(&file, "[log]\nformat = \"json\"\n[storage]\naccess_key = \"canary\"\n")
        .expect("it can be written");
    std::fs::write(&secret, "canary\n").expect("it can be written");
    let spec = program()
        .env("CRATEKEEP_LIMITS__ARCHIVE_BYTES_MAX", "20MiB")
        .env("CRATEKEEP_STORAGE__SECRET_KEY__FILE", &secret);
    let shown = said(&run(&spec, &["config", "show", "--config", &file, "--data-dir", "/somewhere"]));
    let line = |key: &str| {
        let line = shown.lines().find(|line| line.split_whitespace().next() == Some(key));
        line.expect("every key is shown").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("log.format"), format!("log.format \"json\" {file}:2"));
    assert_eq!(
        line("limits.archive_bytes_max"),
        "limits.archive_bytes_max \"20MiB\" environment CRATEKEEP_LIMITS__ARCHIVE_BYTES_MAX"
    );
    assert_eq!(line("server.data_dir"), "server.data_dir \"/somewhere\" flag --data-dir");
    assert_eq!(line("server.listen"), "server.listen \"127.0.0.1:8080\" default");
    assert_eq!(line("server.base_url"), "server.base_url not set default");
    assert_eq!(line("storage.access_key"), format!("storage.access_key *** {file}:4"));
    assert!(line("storage.secret_key").starts_with(&format!("storage.secret_key *** file {secret}")));
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn the_example_is_a_good_settings_file() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("example.toml").display().to_string();
    std::fs::write(&file, said(&run(&program(), &["config", "example"]))).expect("it can be written");
    assert_eq!(said(&run(&program(), &["config", "check", "--config", &file])), "the settings are good\n");
    assert!(said(&run(&program(), &["config", "reference"])).starts_with("# Settings\n"));
}

#[test]
fn wrong_settings_keep_the_server_from_starting() {
    let folder = TempDir::new().expect("a temporary folder");
    let data_dir = folder.path().join("data").display().to_string();
    let start = |spec: ServerSpec, more: &[&str]| {
        let all: Vec<&str> = ["serve", "--data-dir", &data_dir].iter().chain(more).copied().collect();
        refused(&run(&spec, &all))
    };
    let listen = start(program(), &["--listen", "8080"]);
    assert_eq!(
        listen,
        "error: server.listen = \"8080\" (flag --listen): the port is missing; allowed: HOST:PORT, as in 127.0.0.1:8080 or \
         [::]:8080\n"
    );
    let two = start(program().env("CRATEKEEP_SERVER__LISEN", "x").env("CRATEKEEP_LOG__FORMAT", "xml"), &[]);
    assert_eq!(two.lines().count(), 2, "{two}");
    assert!(two.contains("there is no setting `server.lisen`; did you mean `server.listen`?"), "{two}");
    assert!(two.contains("log.format = \"xml\" (environment CRATEKEEP_LOG__FORMAT)"), "{two}");
    let database = start(program().env("CRATEKEEP_DATABASE__URL", "mysql://u:canary@h/d"), &[]);
    assert!(database.contains("database.url = ***") && !database.contains("canary"), "{database}");
    let file = start(program(), &["--config", "absent.toml"]);
    assert!(file.contains("absent.toml: the file cannot be read"), "{file}");
    let tls = start(program().env("CRATEKEEP_SERVER__TLS_CERT", "/absent.pem"), &[]);
    assert!(tls.contains("server.tls_cert is set") && tls.contains("TLS needs both"), "{tls}");
    let pair = program()
        .env("CRATEKEEP_SERVER__TLS_CERT", "/absent.pem")
        .env("CRATEKEEP_SERVER__TLS_KEY", "/absent.key");
    let pair = start(pair, &["--listen", "127.0.0.1:0"]);
    assert!(pair.contains("the certificate file /absent.pem cannot be used"), "{pair}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let taken = start(program(), &["--listen", &address]);
    assert!(taken.contains(&format!("could not listen on {address}")), "{taken}");
}

#[test]
fn the_settings_file_in_the_data_folder_is_used_by_every_command() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("cratekeep.toml"), "[log]\nlevel = \"loud\"\n")
        .expect("it can be written");
    let data_dir = folder.path().display().to_string();
    for words in [&["serve"][..], &["config", "check"], &["admin", "user", "list"], &["verify"], &["doctor"]]
    {
        let all: Vec<&str> = words.iter().copied().chain(["--data-dir", &data_dir]).collect();
        let errors = refused(&run(&program(), &all));
        assert!(
            errors.contains("cratekeep.toml:2") && errors.contains("`loud` is no level"),
            "{words:?}: {errors}"
        );
    }
}
