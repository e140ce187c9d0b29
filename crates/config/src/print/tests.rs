//! The generated texts say what the table says.

use std::ffi::OsString;

use insta::assert_snapshot;

use super::*;
use crate::{Origin, Settings, Sources};

fn load(toml: &str) -> Settings {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, toml).expect("a temporary folder can be written");
    let sources = Sources { config_file: Some(file), ..Sources::default() };
    Settings::load(&sources).unwrap_or_else(|problems| panic!("{problems}\n{toml}"))
}

#[test]
fn the_example_reads_as_the_reference_expects() {
    assert_snapshot!(example());
}

#[test]
fn the_example_sets_nothing() {
    let settings = load(&example());
    assert!(settings.shown().iter().all(|shown| shown.origin == Origin::Default));
}

#[test]
fn every_line_of_the_example_can_be_taken_into_use() {
    let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
    let used: String = example()
        .lines()
        .map(|line| if is_setting(&line) { format!("{}\n", &line[1..]) } else { format!("{line}\n") })
        .collect();
    let (defaults, used) = (load(""), load(&used));
    assert_eq!(defaults.shown().len(), used.shown().len());
    for (default, used) in defaults.shown().iter().zip(used.shown()) {
        assert_ne!(used.origin, Origin::Default, "{} is not in the example", used.key);
        let is_path = used.key == "server.data_dir";
        let has_value = default.value.as_deref().is_some_and(|value| value != "[]");
        if has_value && !is_path && used.value.as_deref() != Some("***") {
            assert_eq!(default.value, used.value, "{}", used.key);
        }
    }
}

#[test]
fn the_reference_names_every_key_and_its_variable() {
    let reference = reference();
    let mut environment = Vec::new();
    for shown in load("").shown() {
        assert!(reference.contains(&format!("### `{}`\n", shown.key)), "{}", shown.key);
        let variable = crate::layers::variable_of(&shown.key);
        assert!(reference.contains(&format!("- Environment: `{variable}`")), "{variable}");
        environment.push((OsString::from(variable), OsString::from("?")));
    }
    assert!(!reference.contains("testing"));
    let sources = Sources { config_file: None, environment, flags: Vec::new() };
    let problems = Settings::load(&sources).expect_err("a question mark is a good value for few keys");
    assert!(
        problems.0.iter().all(|problem| !matches!(problem, crate::Problem::UnknownKey { .. })),
        "{problems}"
    );
}
