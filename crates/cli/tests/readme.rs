//! The sixty seconds of the README, typed as they stand there: whoever follows them gets what they promise.

use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::server::{Server, ServerSpec};

const README: &str = include_str!("../../../README.md");
/// Where the README's server listens.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// The section with the walk.
fn walk() -> &'static str {
    let start = README.find("## Sixty seconds").expect("the README has the walk");
    let rest = &README[start..];
    rest[2..].find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The texts of the code blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let mut parts = walk().split("```").skip(1).step_by(2);
    parts.by_ref().filter_map(|block| block.strip_prefix(language)).collect()
}

/// What is typed: the lines after a `$`, with the program and its data where this test has them.
fn script(server: &Server) -> String {
    let typed =
        blocks("console\n").into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    let program = env!("CARGO_BIN_EXE_cratekeep");
    let data_dir = server.data_dir().display();
    let ours = format!("cratekeep() {{ {program} \"$@\" --data-dir '{data_dir}'; }}");
    typed
        .map(|line| if line.starts_with("alias cratekeep=") { ours.as_str() } else { line })
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// What the server has printed once `wanted` is in it. The address comes first, the lines for cargo a moment later.
fn printed_with(server: &Server, wanted: &str) -> String {
    const TRIES: u32 = 400;
    for _ in 0..TRIES {
        if server.stdout().contains(wanted) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    server.stdout()
}

#[test]
fn the_sixty_seconds_work_as_they_are_written() {
    let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep")).start().expect("the server starts");
    let mut case = CargoCase::new().expect("a case for cargo");
    let settings = blocks("toml\n").concat();
    assert!(settings.contains(ADDRESS), "{settings}");
    case.configure(&settings.replace(ADDRESS, server.url())).expect("cargo's settings");
    let index = format!("index = \"{}\"", server.index_url("main"));
    let printed = printed_with(&server, &index);
    assert!(printed.contains("[registries.main]") && printed.contains(&index), "{printed}");

    case.shell(case.root(), &script(&server)).expect("a shell").success();

    let lock = std::fs::read_to_string(case.root().join("visitor/Cargo.lock")).expect("it was built");
    assert!(lock.contains("name = \"hello-keep\"") && lock.contains("checksum"), "{lock}");
    assert!(case.root().join("visitor/target/debug/visitor").is_file());
}
