//! What child processes inherit from the environment of the test process, and nothing else.
//! This is the one place of the testkit that reads the environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Gives `command` an environment with only those of `keys` that are set here.
pub fn inherit_only(command: &mut Command, keys: &[&str]) {
    command.env_clear();
    for key in keys {
        if let Some(value) = read(key) {
            command.env(key, value);
        }
    }
}

/// A variable of this process.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "tests have no settings; the environment of the run is theirs")]
pub fn read(key: &str) -> Option<OsString> {
    std::env::var_os(key)
}

/// Where rustup keeps its toolchains, if it is installed for this user.
#[must_use]
pub fn rustup_home() -> Option<PathBuf> {
    let usual = || read("HOME").map(|home| PathBuf::from(home).join(".rustup"));
    read("RUSTUP_HOME").map(PathBuf::from).or_else(usual).filter(|path| path.is_dir())
}
