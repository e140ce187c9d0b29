//! Runs other programs from the root of the project and shows what is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

/// The root of the project.
#[must_use]
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the root of the project").to_owned()
}

/// Where cargo puts what it builds.
///
/// # Errors
/// Cargo cannot read the workspace.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// A command that starts in the root. `cargo` means the cargo that runs this tool.
#[expect(clippy::disallowed_methods, reason = "cargo tells its tools which cargo they belong to")]
pub(crate) fn command(program: &str) -> Command {
    let program = match program {
        "cargo" => std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        other => other.into(),
    };
    let mut command = Command::new(program);
    command.current_dir(root());
    for (key, _) in std::env::vars_os().filter(|(key, _)| is_about_xtask(&key.to_string_lossy())) {
        command.env_remove(key);
    }
    command
}

/// Whether cargo set a variable to tell about the package of this tool. Build scripts watch some of them, so handing
/// them on would build half the dependencies anew whenever somebody changes between `cargo xtask` and plain cargo.
fn is_about_xtask(key: &str) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"].iter().any(|start| key.starts_with(start))
}

/// `cargo` with arguments.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = command("cargo");
    command.args(args);
    command
}

/// Shows a command and runs it to its end; its output goes to the terminal.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let shown = show(&command);
    println!("$ {shown}");
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("could not start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

/// Runs a command quietly and gives its standard output.
///
/// # Errors
/// It cannot be started, or fails; the error holds its standard error.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let shown = show(&command);
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("could not start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed something that is not UTF-8"))
}

/// Whether a program with these arguments starts and succeeds.
pub(crate) fn works(program: &str, args: &[&str]) -> bool {
    let mut command = command(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_tells_about_this_tool_is_not_handed_on() {
        let mut command = command("env");
        command.env("CARGO_HOME", "kept");
        let seen = output(command).expect("env is part of every system");
        assert!(seen.lines().any(|line| line == "CARGO_HOME=kept"), "{seen}");
        assert!(!seen.lines().any(is_about_xtask), "{seen}");
    }

    #[test]
    fn a_failing_program_is_shown_as_it_would_be_typed() {
        let mut command = command("sh");
        command.args(["-c", "echo why >&2; exit 3"]);
        let error = output(command).expect_err("it fails").to_string();
        assert!(error.starts_with("`sh -c echo why >&2; exit 3` failed") && error.contains("why"), "{error}");
    }
}
