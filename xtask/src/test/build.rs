//! Builds every test once and knows the programs that came out.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message, MetadataCommand, PackageId, TargetKind};

use crate::run;

/// A program with tests, or an example that the run needs.
#[derive(Clone, Debug)]
pub(crate) struct Executable {
    /// Its package: `cratekeep-store`.
    pub(crate) package: String,
    /// Its target: the file name of an integration test, or the package's own name for its unit tests.
    pub(crate) target: String,
    /// Whether it is an example; those hold no tests.
    pub(crate) is_example: bool,
    path: PathBuf,
    folder: PathBuf,
}

/// What came out of a build.
#[derive(Debug)]
pub(crate) struct Built {
    /// The programs with tests, and the examples.
    pub(crate) executables: Vec<Executable>,
    /// The program itself.
    pub(crate) program: PathBuf,
}

/// Builds all tests and examples of the workspace together, so that features are the same for every suite.
///
/// # Errors
/// Something does not build.
pub(crate) fn tests() -> Result<Built> {
    let mut command = run::cargo(&["test", "--workspace", "--no-run"]);
    println!("$ {}", run::show(&command));
    command.arg("--message-format=json-render-diagnostics");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("could not start cargo")?;
    let stdout = child.stdout.take().context("standard output is piped")?;
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(std::io::BufReader::new(stdout)) {
        if let Message::CompilerArtifact(artifact) = message.context("could not read what cargo says")? {
            artifacts.push(artifact);
        }
    }
    if !child.wait().context("could not wait for cargo")?.success() {
        bail!("cargo could not build the tests");
    }
    let folders = folders()?;
    let mut executables: Vec<_> =
        artifacts.iter().filter_map(|artifact| executable(artifact, &folders)).collect();
    executables.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    let is_program = |artifact: &&Artifact| artifact.target.is_bin() && artifact.target.name == "cratekeep";
    let program = artifacts.iter().filter(is_program).find(|artifact| !artifact.profile.test);
    let program = program.and_then(|artifact| artifact.executable.clone()).context("no program was built")?;
    Ok(Built { executables, program: program.into_std_path_buf() })
}

impl Executable {
    /// Starts it as `cargo test` would: in its package's folder, told where its package and its cargo are.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command.env("CARGO", run::command("cargo").get_program()).env("CARGO_PKG_NAME", &self.package);
        command.env("INSTA_WORKSPACE_ROOT", run::root());
        command
    }
}

fn executable(artifact: &Artifact, folders: &[(PackageId, String, PathBuf)]) -> Option<Executable> {
    let path = artifact.executable.as_ref()?;
    let is_example = artifact.target.kind.contains(&TargetKind::Example);
    if artifact.profile.test == is_example {
        return None;
    }
    let (_, package, folder) = folders.iter().find(|(id, ..)| *id == artifact.package_id)?;
    let is_integration = artifact.target.kind.contains(&TargetKind::Test);
    let target = if is_integration || is_example { artifact.target.name.clone() } else { package.clone() };
    let (package, folder) = (package.clone(), folder.clone());
    Some(Executable { package, target, is_example, path: path.clone().into_std_path_buf(), folder })
}

fn folders() -> Result<Vec<(PackageId, String, PathBuf)>> {
    let metadata = MetadataCommand::new().manifest_path(run::root().join("Cargo.toml")).no_deps().exec()?;
    let packages = metadata.packages.into_iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?.as_std_path().to_owned();
        Some((package.id, package.name.to_string(), folder))
    });
    Ok(packages.collect())
}

#[cfg(test)]
impl Executable {
    /// One that a test made up.
    pub(crate) fn named(package: &str, target: &str) -> Self {
        let (path, folder) = (PathBuf::new(), PathBuf::new());
        Self { package: package.to_owned(), target: target.to_owned(), is_example: false, path, folder }
    }
}
