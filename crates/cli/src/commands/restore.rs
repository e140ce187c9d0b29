//! `cratekeep restore DIR`: a backup into an empty database and an empty storage, then a look at every byte of it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use cratekeep_app::RestoreTarget;
use cratekeep_blob::BlobStore;
use cratekeep_types::SystemClock;
use cratekeep_wire::control::AdminReply;

use crate::args::Place;
use crate::commands::runtime;
use crate::folder::{DataFolder, Lock};
use crate::out::{show_reply, start_logging};
use crate::wiring;

/// Where from.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The folder of a backup
    dir: PathBuf,
}

/// Runs the command. No server may use the data meanwhile.
pub(crate) fn run(place: &Place, args: &RestoreArgs) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    let folder = DataFolder::of(&settings);
    folder.make()?;
    let _lock = Lock::take(&settings, &folder)?;
    let target = RestoreTarget {
        database: wiring::store_options(&settings, true)?,
        blobs: BlobStore::new(wiring::blob_options(&settings), wiring::steps(&settings))?,
    };
    let report = runtime()?.block_on(cratekeep_app::restore(&target, &args.dir, &SystemClock))?;
    Ok(show_reply(&AdminReply::Report { summary: report.summary, findings: report.findings }))
}
