//! `admin registry …`

use clap::{Args, Subcommand};
use cratekeep_wire::control::RegistryCommand;

/// What to do with registries.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryArgs {
    /// Make a registry
    Create(RegistryCreate),
    /// List the registries
    List,
}

/// A registry to be made.
#[derive(Debug, Args)]
pub(crate) struct RegistryCreate {
    /// The registry name
    name: String,
    /// Where its crates come from
    #[arg(long, default_value = "hosted")]
    kind: String,
    /// Only holders of a token may read it
    #[arg(long)]
    closed: bool,
    /// A dependency without a registry means this registry, not crates.io
    #[arg(long)]
    stands_for_crates_io: bool,
    /// Whether dependencies on crates that it does not have are accepted: allow or refuse
    #[arg(long, value_name = "WORD")]
    unknown_dependencies: Option<String>,
    /// How much metadata an upload must carry: crates-io or relaxed
    #[arg(long, value_name = "WORD")]
    upload_rules: Option<String>,
}

impl From<RegistryArgs> for RegistryCommand {
    fn from(args: RegistryArgs) -> Self {
        match args {
            RegistryArgs::Create(create) => Self::Create {
                name: create.name,
                kind: create.kind,
                closed: create.closed,
                stands_for_crates_io: create.stands_for_crates_io,
                unknown_dependencies: create.unknown_dependencies,
                upload_rules: create.upload_rules,
            },
            RegistryArgs::List => Self::List,
        }
    }
}
