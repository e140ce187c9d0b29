//! `admin audit …`

use clap::{Args, Subcommand};
use cratekeep_wire::control::AuditCommand;
use std::process::ExitCode;

use anyhow::Result;
use cratekeep_config::Settings;
use cratekeep_wire::AuditQuery;
use cratekeep_wire::control::{AdminCommand, AdminReply};

use crate::commands::operator::{Beginning, ask};
use crate::out::{say, show_reply};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditArgs {
    /// Show the newest entries
    List {
        #[command(flatten)]
        which: Which,
        /// How many entries at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
    },
    /// Print entries as JSON lines, oldest first
    Export {
        #[command(flatten)]
        which: Which,
    },
}

/// Which entries.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Not older than this day or time, as in 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Older than this day or time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Done or tried by this user
    #[arg(long)]
    user: Option<String>,
    /// About this crate
    #[arg(long = "crate", value_name = "CRATE")]
    krate: Option<String>,
    /// In this registry
    #[arg(long)]
    registry: Option<String>,
    /// What was done, as in publish
    #[arg(long, value_name = "WORD")]
    action: Option<String>,
    /// From this network address
    #[arg(long)]
    address: Option<String>,
    /// Only what was refused
    #[arg(long)]
    refused: bool,
}

impl Which {
    fn query(self, limit: Option<u32>) -> AuditQuery {
        let Self { since, until, user, krate, registry, action, address, refused } = self;
        AuditQuery { since, until, user, krate, registry, act: action, address, refused, seek: None, limit }
    }
}

/// Prints page after page, so that no more than one is ever held.
pub(super) fn export(settings: &Settings, mut query: AuditQuery) -> Result<ExitCode> {
    loop {
        let command = AdminCommand::Audit(AuditCommand::Export(query.clone()));
        let reply = ask(settings, command, Beginning::Refused)?;
        let AdminReply::Audit(page) = reply else { return Ok(show_reply(&reply)) };
        for entry in &page.entries {
            say(&serde_json::to_string(entry)?);
        }
        match page.next {
            Some(next) => query.seek = Some(next),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

impl From<AuditArgs> for AuditCommand {
    fn from(args: AuditArgs) -> Self {
        match args {
            AuditArgs::List { which, limit } => Self::List(which.query(Some(limit))),
            AuditArgs::Export { which } => Self::Export(which.query(None)),
        }
    }
}
