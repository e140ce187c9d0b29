//! A short run of every fuzz target, enough to see that it builds and that nothing near at hand breaks it.
//! Longer runs are for `cargo fuzz` by hand. Works without cargo-fuzz; needs the nightly toolchain.

use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::run;

/// How long each target runs when nothing is said.
const SECS: u32 = 20;
/// What cargo-fuzz passes to the compiler: counters for libFuzzer and the address sanitizer.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
    "-Zsanitizer=address",
    "--cfg=fuzzing",
];

/// Builds and runs every target; the first argument is the number of seconds for each.
///
/// # Errors
/// A target does not build, or finds an input that breaks the code; the input stays in `fuzz/artifacts`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let secs = match args.first() {
        Some(word) => word.parse().with_context(|| format!("`{word}` is no number of seconds"))?,
        None => SECS,
    };
    let Some(host) = nightly_host() else {
        println!("skipped: fuzzing needs the nightly toolchain (rustup toolchain install nightly)");
        return Ok(());
    };
    if !run::works("c++", &["--version"]) {
        println!("skipped: fuzzing needs a C++ compiler (apt-get install g++)");
        return Ok(());
    }
    let targets = targets()?;
    let mut build = cargo_nightly(&["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    build.args(["--target", &host, "--target-dir", "fuzz/target"]).env("RUSTFLAGS", FLAGS.join(" "));
    run::run(build)?;
    for target in &targets {
        fuzz(target, &host, secs)?;
    }
    println!("fuzz: {} targets ran for {secs} s each", targets.len());
    Ok(())
}

fn fuzz(target: &str, host: &str, secs: u32) -> Result<()> {
    let root = run::root();
    let (corpus, artifacts) =
        (root.join("fuzz/corpus").join(target), root.join("fuzz/artifacts").join(target));
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let program = root.join("fuzz/target").join(host).join("release").join(target);
    let mut command = run::command(&program.to_string_lossy());
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args([
        format!("-max_total_time={secs}"),
        "-timeout=10".to_owned(),
        "-print_final_stats=1".to_owned(),
    ]);
    command.arg(corpus);
    let seeds = root.join("fuzz/seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    run::run(command).with_context(|| format!("the fuzz target `{target}` found something"))
}

/// The names of the targets, from the manifest of the fuzz package.
fn targets() -> Result<Vec<String>> {
    let manifest = run::root().join("fuzz/Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let names: Vec<_> = targets.filter(|target| target.is_bin()).map(|target| target.name.clone()).collect();
    if names.is_empty() {
        bail!("fuzz/Cargo.toml has no targets");
    }
    Ok(names)
}

/// The nightly's host, such as `x86_64-unknown-linux-gnu`; `None` when there is no nightly.
fn nightly_host() -> Option<String> {
    let mut command = run::command("rustc");
    command.arg("-vV").env("RUSTUP_TOOLCHAIN", "nightly").env("RUSTUP_AUTO_INSTALL", "0");
    let text = run::output(command).ok().filter(|text| text.contains("nightly"))?;
    text.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
}

/// The proxy that rustup puts into the path picks the toolchain by the environment.
fn cargo_nightly(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(run::root());
    command.env("RUSTUP_TOOLCHAIN", "nightly").env("RUSTUP_AUTO_INSTALL", "0").env_remove("CARGO");
    command
}
