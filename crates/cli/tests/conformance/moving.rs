//! A server that moves to another address: what was locked under the old one stays good.

use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::server::ServerSpec;

/// A cargo that knows the registry at one of its addresses.
fn cargo_at(index: &str, token: &str) -> CargoCase {
    let mut cargo = CargoCase::new().expect("a temporary folder");
    cargo.registry("here", index).expect("settings");
    cargo.token("here", token).expect("settings");
    cargo
}

fn publish(cargo: &CargoCase, name: &str) {
    let folder = cargo.package(name, "0.1.0").write().expect("a package");
    let args = ["publish", "--registry", "here", "--no-verify"];
    cargo.run(&folder, &args).expect("cargo starts").success();
}

fn project(cargo: &CargoCase, name: &str, needs: &str) -> std::path::PathBuf {
    let dep = "{ version = \"0.1\", registry = \"here\" }";
    cargo.package(name, "0.1.0").dependency(needs, dep).write().expect("a project")
}

#[test]
fn an_old_address_keeps_working_after_a_move() {
    let mut server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep")).start().expect("the server starts");
    let token = server.user("ann").expect("a user");
    let old_index = server.index_url("main");
    let mut old = cargo_at(&old_index, &token);
    publish(&old, "bar");
    let app = project(&old, "app", "bar");
    old.run(&app, &["generate-lockfile"]).expect("cargo starts").success();

    // Two names of one interface stand for two addresses.
    let address = server.url().replace("127.0.0.1", "localhost");
    assert_ne!(address, server.url());
    server.admin(&["base-url", "set", &address]).expect("the address can be changed");
    server
        .restart_with(|spec| spec.flag("--base-url", address.clone()))
        .expect("it starts at the new address");
    old.empty_home().expect("settings");
    old.run(&app, &["fetch", "--locked"]).expect("cargo starts").success();
    publish(&old, "from-old");
    let leans = project(&old, "leans", "bar");
    old.run(&leans, &["publish", "--registry", "here", "--no-verify"]).expect("cargo starts").success();

    let new = cargo_at(&format!("sparse+{address}/index/"), &token);
    for (name, needs) in [("one", "bar"), ("two", "from-old"), ("four", "leans")] {
        new.run(&project(&new, name, needs), &["check"]).expect("cargo starts").success();
    }
    publish(&new, "from-new");
    old.run(&project(&old, "three", "from-new"), &["check"]).expect("cargo starts").success();
}
