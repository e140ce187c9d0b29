//! The real cargo in its own world, without any registry.

use super::*;

#[test]
fn a_package_is_packaged_with_nothing_of_the_callers_home() {
    let mut case = CargoCase::new().expect("a case");
    case.registry("here", "sparse+http://127.0.0.1:9/index/").expect("settings");
    let folder = case
        .package("small", "0.3.0")
        .field("license", "\"MIT\"")
        .line("features", "full", "[]")
        .file("README.md", "# Small")
        .write()
        .expect("a package");
    let run =
        case.run(&folder, &["package", "--no-verify", "--registry", "here"]).expect("it runs").success();
    assert!(!run.stderr.contains("error"), "{run}");
    assert!(folder.join("target/package/small-0.3.0.crate").is_file());
    let manifest =
        case.package("small", "0.3.0").without("license").line("features", "full", "[]").manifest();
    assert!(manifest.ends_with("\n[features]\nfull = []\n") && !manifest.contains("license"), "{manifest}");
}

#[test]
fn a_token_reaches_the_credentials_of_each_new_home() {
    let mut case = CargoCase::new().expect("a case");
    let input_home = case.home();
    case.run_with_input(case.root(), &["login", "--registry", "gone"], "secret\n")
        .expect("it runs")
        .failure();
    case.registry("gone", "sparse+http://127.0.0.1:9/index/").expect("settings");
    case.token("gone", "word").expect("settings");
    case.empty_home().expect("settings");
    assert_ne!(case.home(), input_home);
    let text = std::fs::read_to_string(case.home().join("credentials.toml")).expect("it is there");
    assert_eq!(text, "[registries.gone]\ntoken = \"word\"\n");
}

#[test]
fn settings_name_the_default_and_the_replacement() {
    let mut case = CargoCase::new().expect("a case");
    case.registry("x", "sparse+http://127.0.0.1:9/index/").expect("settings");
    case.default_registry("x").expect("settings");
    case.replace_crates_io("x").expect("settings");
    case.configure("[http]\nmultiplexing = false").expect("settings");
    let text = std::fs::read_to_string(case.home().join("config.toml")).expect("it is there");
    for line in
        ["default = \"x\"", "[source.crates-io]\nreplace-with = \"x\"", "[http]\nmultiplexing = false"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
}
