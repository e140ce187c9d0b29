//! `cratekeep config …`: what the settings are, whether they are good, and what they could be.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::args::Place;
use crate::out::{say, show_table};

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigArgs {
    /// Print each setting, its value and where that came from
    Show,
    /// Say what is wrong with the settings
    Check,
    /// Print a settings file with every key, its description and its default
    Example,
    /// Print the reference of all settings in Markdown
    #[command(hide = true)]
    Reference,
}

/// Runs the command.
pub(crate) fn run(place: &Place, args: &ConfigArgs) -> Result<ExitCode> {
    match args {
        ConfigArgs::Show => show(place)?,
        ConfigArgs::Check => {
            place.settings([])?;
            say("the settings are good");
        }
        ConfigArgs::Example => say(cratekeep_config::example().trim_end()),
        ConfigArgs::Reference => say(cratekeep_config::reference().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(place: &Place) -> Result<()> {
    let settings = place.settings([])?;
    let columns = ["key", "value", "from"].map(str::to_owned);
    let rows: Vec<Vec<String>> = settings
        .shown()
        .iter()
        .map(|shown| {
            let value = shown.value.clone().unwrap_or_else(|| "not set".to_owned());
            vec![shown.key.clone(), value, shown.origin.to_string()]
        })
        .collect();
    show_table(&columns, &rows);
    Ok(())
}
