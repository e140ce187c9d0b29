//! `cratekeep admin vault …`

use clap::Subcommand;
use cratekeep_wire::control::VaultCommand;

/// What to do with the key that seals secrets in the database.
#[derive(Debug, Subcommand)]
pub(crate) enum VaultArgs {
    /// Seal every secret with a new key: one that the database keeps, or the one of auth.vault_key
    Rotate,
}

impl From<VaultArgs> for VaultCommand {
    fn from(args: VaultArgs) -> Self {
        let VaultArgs::Rotate = args;
        Self::Rotate
    }
}
