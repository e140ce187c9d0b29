//! `admin registry …`

use clap::{Args, Subcommand};
use cratekeep_wire::control::{self, RegistryCommand};

/// What to do with registries.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryArgs {
    /// Make a registry
    Create(RegistryCreate),
    /// Change who may read a registry and who may publish new crates to it
    Set(RegistrySet),
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
    /// Who may read it: open, internal (whoever has an account) or closed (its members)
    #[arg(long, value_name = "WORD", conflicts_with = "closed")]
    access: Option<String>,
    /// Short for --access closed
    #[arg(long)]
    closed: bool,
    /// Who may publish crates that are new: anyone, publishers or approval
    #[arg(long, value_name = "WORD")]
    new_crates: Option<String>,
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

/// What to change.
#[derive(Debug, Args)]
pub(crate) struct RegistrySet {
    /// The registry name
    name: String,
    /// Who may read it: open, internal (whoever has an account) or closed (its members)
    #[arg(long, value_name = "WORD")]
    access: Option<String>,
    /// Who may publish crates that are new: anyone, publishers or approval
    #[arg(long, value_name = "WORD")]
    new_crates: Option<String>,
    /// Change the access; without this only its effect is told
    #[arg(long)]
    confirm: bool,
}

impl From<RegistryArgs> for RegistryCommand {
    fn from(args: RegistryArgs) -> Self {
        match args {
            RegistryArgs::Create(create) => Self::Create(control::RegistryCreate {
                name: create.name,
                kind: create.kind,
                access: create.access,
                closed: create.closed,
                new_crates: create.new_crates,
                stands_for_crates_io: create.stands_for_crates_io,
                unknown_dependencies: create.unknown_dependencies,
                upload_rules: create.upload_rules,
            }),
            RegistryArgs::Set(RegistrySet { name, access, new_crates, confirm }) => {
                Self::Set { name, access, new_crates, confirm }
            }
            RegistryArgs::List => Self::List,
        }
    }
}
