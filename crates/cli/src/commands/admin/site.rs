//! `admin site …`

use clap::{ArgGroup, Subcommand, ValueEnum};
use cratekeep_wire::control::SiteCommand;

/// What to do with the site.
#[derive(Debug, Subcommand)]
pub(crate) enum SiteArgs {
    /// Show the banner, and whether changes are refused
    Show,
    /// Show a banner on every page, or take it away
    #[command(group = ArgGroup::new("what").required(true))]
    Banner {
        /// What it says
        #[arg(group = "what")]
        text: Option<String>,
        /// No banner any more
        #[arg(long, group = "what")]
        clear: bool,
    },
    /// Refuse every change, or let changes in again
    ReadOnly {
        /// Whether changes are refused
        mode: Switch,
        /// Why, for who is refused
        #[arg(long)]
        reason: Option<String>,
    },
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Changes are refused
    On,
    /// Changes are possible
    Off,
}

impl From<SiteArgs> for SiteCommand {
    fn from(args: SiteArgs) -> Self {
        match args {
            SiteArgs::Show => Self::Show,
            SiteArgs::Banner { text, .. } => Self::Banner { text },
            SiteArgs::ReadOnly { mode, reason } => Self::ReadOnly { on: mode == Switch::On, reason },
        }
    }
}
