//! What settings accept, what they refuse and how they say it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::*;
use crate::{Flag, KillAt, StoragePlace};

/// A folder with a settings file in it, and layers above it.
struct Case {
    folder: TempDir,
    sources: Sources,
}

fn case(toml: &str) -> Case {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, toml).expect("a temporary folder can be written");
    Case { folder, sources: Sources { config_file: Some(file), ..Sources::default() } }
}

impl Case {
    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((OsString::from(name), OsString::from(value)));
        self
    }

    fn flag(mut self, key: &'static str, flag: &'static str, value: &str) -> Self {
        self.sources.flags.push(Flag { key, flag, value: value.to_owned() });
        self
    }

    fn load(&self) -> Settings {
        Settings::load(&self.sources).expect("these settings are good")
    }

    /// The problems, with the temporary folder cut out.
    fn problems(&self) -> String {
        let problems = Settings::load(&self.sources).expect_err("these settings are bad").to_string();
        problems.replace(&self.folder.path().display().to_string(), "FOLDER")
    }

    fn shown(&self, key: &str) -> (Option<String>, String) {
        let settings = self.load();
        let shown = settings.shown().iter().find(|shown| shown.key == key).expect("the key is shown").clone();
        (shown.value, shown.origin.to_string().replace(&self.folder.path().display().to_string(), "FOLDER"))
    }
}

#[test]
fn without_any_layer_the_defaults_hold() {
    let settings = case("").load();
    assert!(settings.server.data_dir.is_absolute() && settings.server.data_dir.ends_with("cratekeep-data"));
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.limits.archive_bytes_max, 10 << 20);
    assert_eq!(settings.storage.url, StoragePlace::DataFolder);
    assert_eq!(settings.database.url.expose(), "sqlite");
    assert!(settings.shown().iter().all(|shown| shown.origin == Origin::Default));
    assert!(settings.shown().iter().all(|shown| !shown.key.starts_with("testing.")));
}

#[test]
fn each_layer_lies_over_the_one_before_and_names_itself() {
    let toml = "# a comment\n[server]\nlisten = \"127.0.0.1:1\"\n";
    let key = "server.listen";
    assert_eq!(case("").shown(key), (Some("\"127.0.0.1:8080\"".to_owned()), "default".to_owned()));
    assert_eq!(
        case(toml).shown(key),
        (Some("\"127.0.0.1:1\"".to_owned()), "FOLDER/settings.toml:3".to_owned())
    );
    let with_env = case(toml).env("CRATEKEEP_SERVER__LISTEN", "127.0.0.1:2");
    let origin = "environment CRATEKEEP_SERVER__LISTEN".to_owned();
    assert_eq!(with_env.shown(key), (Some("\"127.0.0.1:2\"".to_owned()), origin));
    let with_flag = with_env.flag("server.listen", "--listen", "127.0.0.1:3");
    assert_eq!(with_flag.shown(key), (Some("\"127.0.0.1:3\"".to_owned()), "flag --listen".to_owned()));
    assert_eq!(with_flag.load().server.listen.port(), 3);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(case("").env("CRATEKEEP_SERVER__BASE_URL", "").load().server.base_url, None);
}

#[test]
fn values_are_read_in_every_spelling() {
    let settings = case(
        "[limits]\narchive_bytes_max = \"20MiB\"\njson_bytes_max = 2_048\nupload_secs_max = 90\n\
         [server]\ndrain_secs = \"2m\"\nlisten = \"[::1]:80\"\nbase_url = \"https://Crates.Example.com:443/\"\n\
         [storage]\nurl = \"s3://bucket/some/prefix/\"\npath_style = true\n\
         [registry]\nallowed_dependency_indexes = [\"sparse+https://a.example/\", \"https://b.example/index\"]\n\
         [testing]\nkill_at = \"publish.kept:3\"\n",
    )
    .load();
    assert_eq!(settings.limits.archive_bytes_max, 20 << 20);
    assert_eq!(settings.limits.json_bytes_max, 2048);
    assert_eq!(settings.limits.upload_secs_max, Duration::from_secs(90));
    assert_eq!(settings.server.drain_secs, Duration::from_secs(120));
    assert_eq!(settings.server.listen.host(), "::1");
    assert_eq!(settings.server.base_url.as_deref(), Some("https://crates.example.com"));
    let place = StoragePlace::S3 { bucket: "bucket".to_owned(), prefix: "some/prefix".to_owned() };
    assert_eq!(settings.storage.url, place);
    assert!(settings.storage.path_style);
    assert_eq!(settings.registry.allowed_dependency_indexes.len(), 2);
    assert_eq!(settings.testing.kill_at, Some(KillAt { step: "publish.kept".to_owned(), nth: 3 }));
}

#[test]
fn a_list_in_the_environment_is_separated_by_commas() {
    let list = "sparse+https://a.example/, sparse+https://b.example/";
    let settings = case("").env("CRATEKEEP_REGISTRY__ALLOWED_DEPENDENCY_INDEXES", list).load();
    assert_eq!(
        settings.registry.allowed_dependency_indexes,
        ["sparse+https://a.example/", "sparse+https://b.example/"]
    );
}

#[test]
fn relative_paths_in_the_file_start_at_its_folder() {
    let case = case("[server]\ndata_dir = \"data\"\nbootstrap = \"/etc/bootstrap.toml\"\n");
    let settings = case.load();
    assert_eq!(settings.server.data_dir, case.folder.path().join("data"));
    assert_eq!(settings.server.bootstrap, Some(PathBuf::from("/etc/bootstrap.toml")));
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_shown() {
    let canary = "postgres://keeper:canary@db/keep";
    let from_toml = case("[database]\nurl_file = \"db-url\"\n");
    std::fs::write(from_toml.folder.path().join("db-url"), format!("{canary}\n")).expect("it can be written");
    assert_eq!(from_toml.load().database.url.expose(), canary);
    let origin = "file FOLDER/db-url, named by FOLDER/settings.toml:2".to_owned();
    assert_eq!(from_toml.shown("database.url"), (Some("***".to_owned()), origin));
    assert!(!format!("{:?}", from_toml.load()).contains("canary"));

    let path = from_toml.folder.path().join("db-url").display().to_string();
    for variable in ["CRATEKEEP_DATABASE__URL__FILE", "CRATEKEEP_DATABASE__URL_FILE"] {
        assert_eq!(case("").env(variable, &path).load().database.url.expose(), canary);
    }
    let direct = case("").env("CRATEKEEP_DATABASE__URL", "mysql://keeper:canary@db");
    assert!(!direct.problems().contains("canary"), "{}", direct.problems());
}

#[test]
fn a_settings_file_in_the_data_folder_is_found() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("cratekeep.toml"), "[log]\nformat = \"json\"\n")
        .expect("it can be written");
    let data_dir = folder.path().display().to_string();
    let sources = Sources {
        flags: vec![Flag { key: "server.data_dir", flag: "--data-dir", value: data_dir }],
        ..Sources::default()
    };
    assert_eq!(Settings::load(&sources).expect("good settings").log.format, crate::LogFormat::Json);

    std::fs::write(folder.path().join("cratekeep.toml"), "[server]\ndata_dir = \"elsewhere\"\n")
        .expect("as before");
    let problems = Settings::load(&sources).expect_err("a data folder that moves itself").to_string();
    assert!(problems.contains("move the file elsewhere"), "{problems}");
}

#[test]
fn bad_values_name_the_key_the_value_the_place_and_what_is_allowed() {
    let bad = case(
        "[server]\nlisten = 8080\nbase_url = \"https://x.example/?crates\"\n[limits]\narchive_bytes_max = \"10 mib\"\n\
         streams_max = 4\n[storage]\npath_style = \"yes\"\nurl = [\"s3://a\"]\n[log]\nlevel = \"loud\"\n",
    )
    .env("CRATEKEEP_REGISTRY__ACCESS", "public")
    .flag("server.data_dir", "--data-dir", "");
    assert_snapshot!(bad.problems(), @r#"
    server.data_dir = "" (flag --data-dir): the value is empty; allowed: a path
    server.listen = "8080" (FOLDER/settings.toml:2): the port is missing; allowed: HOST:PORT, as in 127.0.0.1:8080 or [::]:8080
    server.base_url = "https://x.example/?crates" (FOLDER/settings.toml:3): a query or fragment does not belong into it; allowed: http:// or https:// with a host, perhaps a port and a path
    storage.url = ["s3://a"] (FOLDER/settings.toml:9): a list stands where one value is expected; allowed: file, file:///PATH or s3://BUCKET/PREFIX
    storage.path_style = "yes" (FOLDER/settings.toml:8): this is neither true nor false; allowed: true, false
    limits.archive_bytes_max = "10 mib" (FOLDER/settings.toml:5): this is no size; write bytes or a unit, as in 10MiB; allowed: a size from 1KiB to 4294967295 bytes
    limits.streams_max = "4" (FOLDER/settings.toml:6): the value is too small; allowed: a whole number from 128 to 10000
    registry.access = "public" (environment CRATEKEEP_REGISTRY__ACCESS): `public` is no access; write one of: open, internal, closed; allowed: open, internal, closed
    log.level = "loud" (FOLDER/settings.toml:11): `loud` is no level; allowed: error, warn, info, debug or trace, then perhaps `,part=level`
    "#);
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    let bad =
        case("lisen = 1\n[server]\nlisen = \"127.0.0.1:1\"\nurl = \"x\"\nzzz = 1\n[serve]\nlisten = \"x\"\n")
            .env("CRATEKEEP_LIMIT__ARCHIVE_BYTES_MAX", "1")
            .env("CRATEKEEP_SERVER_BASE_URL", "https://x.example")
            .env("CRATEKEEP_PORT_8080_TCP_ADDR", "10.0.0.1");
    assert_snapshot!(bad.problems(), @"
    environment: there is no setting `CRATEKEEP_SERVER_BASE_URL`; did you mean `CRATEKEEP_SERVER__BASE_URL`?
    FOLDER/settings.toml:1: there is no setting `lisen`
    FOLDER/settings.toml:7: there is no setting `serve.listen`; did you mean `server.listen`?
    FOLDER/settings.toml:3: there is no setting `server.lisen`; did you mean `server.listen`?
    FOLDER/settings.toml:4: there is no setting `server.url`; did you mean `database.url`?
    FOLDER/settings.toml:5: there is no setting `server.zzz`
    environment CRATEKEEP_LIMIT__ARCHIVE_BYTES_MAX: there is no setting `limit.archive_bytes_max`; did you mean `limits.archive_bytes_max`?
    ");
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    let bad = case(
        "[server]\ntls_cert = \"cert.pem\"\n[storage]\naccess_key = \"a\"\naccess_key_file = \"b\"\n\
         [limits]\narchive_bytes_max = \"2GiB\"\n\
         [registry]\nallowed_dependency_indexes = [\"https://a.example/i\", \"https://a.example/i.git\"]\n",
    );
    assert_snapshot!(bad.problems(), @"
    storage.access_key and storage.access_key_file are both set; keep one (FOLDER/settings.toml:5)
    server.tls_cert is set (FOLDER/settings.toml:2) and server.tls_key is not; TLS needs both
    storage.access_key and storage.secret_key belong together; one of them is not set
    limits.unpacked_bytes_max (536870912 bytes) is less than limits.archive_bytes_max (2147483648 bytes)
    registry.allowed_dependency_indexes names `https://a.example/i` twice, or once more with `.git`; keep one
    ");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    assert_snapshot!(case("[server\n").problems(), @"FOLDER/settings.toml:1: unclosed table, expected `]`");
    assert_snapshot!(case("[database]\nurl_file = \"absent\"\n").problems(), @r#"database.url_file = "FOLDER/absent" (FOLDER/settings.toml:2): the file cannot be read: No such file or directory (os error 2)"#);
    assert_snapshot!(case("[server]\nlisten = 2020-01-01\n").problems(), @"FOLDER/settings.toml:2: server.listen is a datetime; write a text, a number, true, false or a list of texts");
    let mut absent = case("");
    absent.sources.config_file = Some(absent.folder.path().join("absent.toml"));
    assert_snapshot!(absent.problems(), @"settings file FOLDER/absent.toml: the file cannot be read: No such file or directory (os error 2)");
}

#[test]
fn a_small_archive_limit_needs_no_larger_unpacked_limit() {
    assert_eq!(
        case("[limits]\narchive_bytes_max = 1024\nunpacked_bytes_max = 1024\n").load().limits.entries_max,
        10_000
    );
}
