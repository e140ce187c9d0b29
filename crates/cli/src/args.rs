//! The command line: its words, its flags, and the settings that flags set.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use cratekeep_config::{Flag, Settings, Sources};

use crate::commands::{admin, backup, config, credential, restore, serve};

/// A Rust package registry that anyone can run.
#[derive(Debug, Parser)]
#[command(name = "cratekeep", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::ServeArgs),
    /// Manage users, tokens and registries, also while the server runs
    #[command(subcommand)]
    Admin(admin::AdminArgs),
    /// Show, check or explain the settings
    #[command(subcommand)]
    Config(config::ConfigArgs),
    /// Give cargo its tokens: a credential provider that signs in through the browser, or as a build
    Credential(credential::CredentialArgs),
    /// Copy database and crate files into an empty folder, also while the server runs
    Backup(backup::BackupArgs),
    /// Fill an empty database and an empty storage from a backup
    Restore(restore::RestoreArgs),
    /// Compare rows, index entries and the bytes of every crate file
    Verify,
    /// Bring the database to the schema of this program, after a backup
    Migrate,
    /// Look for what keeps the server from working well
    Doctor,
}

/// Which data and which settings a command is about.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The data folder [default: ./cratekeep-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// The settings file [default: cratekeep.toml in the data folder, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// Reads the settings, with these flags and some more of a command on top.
    pub(crate) fn settings(&self, flags: impl IntoIterator<Item = Flag>) -> Result<Settings> {
        let mut sources = Sources::from_environment();
        if let Some(file) = &self.config {
            sources.config_file = Some(file.clone());
        }
        let data_dir = self.data_dir.clone();
        sources.flags.extend(data_dir.map(|value| Flag {
            key: "server.data_dir",
            flag: "--data-dir",
            value,
        }));
        sources.flags.extend(flags);
        Ok(Settings::load(&sources)?)
    }
}
