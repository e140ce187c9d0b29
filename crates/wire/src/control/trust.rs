//! `admin trust …`

use serde::{Deserialize, Serialize};

/// `admin trust …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum TrustCommand {
    /// `admin trust issuer add`
    IssuerAdd {
        /// What owners call it in their rules.
        name: String,
        /// What stands in `iss` of its identities.
        url: String,
        /// What must stand in `aud` of its identities.
        audience: String,
        /// What every identity of it must claim, as `CLAIM=VALUE` or `CLAIM=BEGINNING*`.
        #[serde(default)]
        require: Vec<String>,
    },
    /// `admin trust issuer list`
    IssuerList,
    /// `admin trust issuer remove`
    IssuerRemove {
        /// Its name.
        name: String,
    },
}
