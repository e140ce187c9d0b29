//! `admin trust …`

use clap::Subcommand;
use cratekeep_wire::control::TrustCommand;

/// Whose word on builds is taken.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustArgs {
    /// Issuers of identities of builds, beside GitHub and GitLab
    #[command(subcommand)]
    Issuer(IssuerArgs),
}

/// What to do with issuers.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuerArgs {
    /// Trust an issuer
    Add {
        /// What owners of crates call it: small letters, digits and `-`
        name: String,
        /// What stands in `iss` of its tokens; its keys are found by OpenID Connect Discovery there
        #[arg(long)]
        url: String,
        /// What must stand in `aud` of its tokens
        #[arg(long)]
        audience: String,
        /// What every token must claim, whatever the owner of a crate asks for; may be given several times
        #[arg(long = "require", value_name = "CLAIM=VALUE")]
        require: Vec<String>,
    },
    /// List the issuers
    List,
    /// Trust an issuer no more; configs of crates that name it go too
    Remove {
        /// Its name
        name: String,
    },
}

impl From<TrustArgs> for TrustCommand {
    fn from(args: TrustArgs) -> Self {
        let TrustArgs::Issuer(args) = args;
        match args {
            IssuerArgs::Add { name, url, audience, require } => {
                Self::IssuerAdd { name, url, audience, require }
            }
            IssuerArgs::List => Self::IssuerList,
            IssuerArgs::Remove { name } => Self::IssuerRemove { name },
        }
    }
}
