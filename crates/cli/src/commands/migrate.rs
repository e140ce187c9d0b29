//! `cratekeep migrate`: what `serve` does to the schema at its start, without serving.

use std::process::ExitCode;

use anyhow::Result;
use cratekeep_store::Store;

use crate::args::Place;
use crate::commands::runtime;
use crate::folder::{DataFolder, Lock};
use crate::out::{say, start_logging};
use crate::{schema, wiring};

/// Runs the command.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    let folder = DataFolder::of(&settings);
    folder.make()?;
    let _lock = Lock::take(&settings, &folder)?;
    runtime()?.block_on(async {
        let store = Store::open(wiring::store_options(&settings, true)?, wiring::steps(&settings)).await?;
        let brought = schema::bring_up(&store, &folder).await?;
        store.close().await;
        say(&brought.sentence());
        Ok(ExitCode::SUCCESS)
    })
}
