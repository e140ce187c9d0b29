//! Real crates: the files that cargo has downloaded to build this very program.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use cratekeep_testkit::environment;
use cratekeep_testkit::publish::{Target, Upload};

/// Uploads of at most `most` real crates, spread evenly over the names in cargo's home.
pub(crate) fn uploads(most: usize) -> Result<Vec<Upload>> {
    let files = files()?;
    ensure!(!files.is_empty(), "cargo has downloaded no crates yet; run `cargo fetch` first");
    let step = files.len().div_ceil(most.max(1)).max(1);
    files
        .iter()
        .step_by(step)
        .map(|file| {
            let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
            Upload::of_crate_file(bytes, Target::CratesIo).with_context(|| format!("{}", file.display()))
        })
        .collect()
}

fn files() -> Result<Vec<PathBuf>> {
    let home = environment::read("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| environment::read("HOME").map(|home| PathBuf::from(home).join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    let mut files = Vec::new();
    for registry in std::fs::read_dir(home.join("registry/cache")).into_iter().flatten() {
        for file in std::fs::read_dir(registry?.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "crate") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
