//! One walk through every command of cargo that knows registries, for servers and registries of every kind.

use cratekeep_testkit::cargo::CargoCase;

use crate::case::{Case, Role, in_closed, in_open, toolchains};
use crate::world::World;

/// Who walks where.
pub(crate) struct Walk<'a> {
    /// Knows the registry as `here`.
    pub(crate) cargo: &'a mut CargoCase,
    /// What all crate names begin with, for a registry that others use too.
    pub(crate) prefix: &'a str,
    /// A token for everything.
    pub(crate) token: &'a str,
    /// Another account of the server.
    pub(crate) other: Option<&'a str>,
}

/// Logs in, publishes two crates, uses them in every way, yanks, changes owners, logs out.
pub(crate) fn walk(walk: &Walk<'_>) {
    let Walk { cargo, prefix, token, other } = walk;
    let (lib, tool) = (format!("{prefix}-lib"), format!("{prefix}-tool"));
    let root = cargo.root().to_owned();
    let ok =
        |folder: &std::path::Path, args: &[&str]| cargo.run(folder, args).expect("cargo starts").success();
    let here = |args: &[&str]| ok(&root, &[args, &["--registry", "here"]].concat());
    let typed = format!("{token}\n");
    cargo.run_with_input(&root, &["login", "--registry", "here"], &typed).expect("cargo starts").success();

    let needs = "{ version = \"0.1\", registry = \"here\" }";
    for version in ["0.1.0", "0.1.1"] {
        let folder = cargo.package(&lib, version).write().expect("a package");
        ok(&folder, &["publish", "--registry", "here", "--dry-run"]);
        ok(&folder, &["publish", "--registry", "here"]);
    }
    let text = cargo.package(&tool, "1.0.0").file("src/main.rs", "fn main() {}").dependency(&lib, needs);
    ok(&text.write().expect("a package"), &["publish", "--registry", "here"]);

    let app = cargo.package("app", "0.1.0").write().expect("a project");
    ok(&app, &["add", &lib, "--registry", "here"]).says(&lib);
    ok(&app, &["generate-lockfile"]);
    ok(&app, &["update", &lib, "--precise", "0.1.1"]);
    ok(&app, &["fetch", "--locked"]);
    ok(&app, &["build"]);
    ok(&app, &["vendor"]).says("vendored-sources");
    here(&["info", &lib]).says("0.1.1");
    here(&["search", &lib]).says(&format!("{lib} = \"0.1.1\""));
    here(&["install", "--debug", &tool]);

    here(&["yank", &format!("{lib}@0.1.1")]);
    here(&["search", &lib]).says(&format!("{lib} = \"0.1.0\""));
    ok(&app, &["fetch", "--locked"]);
    here(&["yank", &format!("{lib}@0.1.1"), "--undo"]);
    ok(&app, &["update"]);
    if let Some(other) = other {
        let invited = format!("user {other} has been invited to be an owner of crate {lib}");
        here(&["owner", &lib, "--add", other]).says(&invited);
        // Nobody owns a crate before they have accepted; the invitation is taken back.
        here(&["owner", &lib, "--remove", other]).says("removing");
    }
    here(&["owner", &lib, "--list"]).says("ann");
    here(&["logout"]);
    let run = cargo.run(&root, &["yank", &format!("{lib}@0.1.1"), "--registry", "here"]);
    run.expect("cargo starts").failure().says("no token found");
}

fn walk_in(case: &mut Case, prefix: &str) {
    let token = case.world.ann.clone();
    walk(&Walk { cargo: &mut case.cargo, prefix, token: &token, other: Some("bob") });
}

#[test]
fn every_command_works_in_an_open_registry() {
    in_open(|case| walk_in(case, "open"));
}

#[test]
fn every_command_works_in_a_closed_registry() {
    in_closed(|case| walk_in(case, "closed"));
}

#[test]
fn every_command_works_in_the_default_registry() {
    for &toolchain in toolchains() {
        let mut case = Case::over(World::shared(), "main".to_owned(), toolchain, Role::Alternative);
        walk_in(&mut case, &format!("root-{toolchain:?}").to_lowercase());
    }
}
