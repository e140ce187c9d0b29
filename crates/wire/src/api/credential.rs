//! Bodies of `/api/v1/credential/…`, by which our credential provider signs cargo in through a browser.

use serde::{Deserialize, Serialize};

/// `POST /api/v1/credential/begin`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialBegin {
    /// What the client calls itself, for the person who decides.
    pub client: String,
}

/// A sign-in that waits for its browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialBegun {
    /// What the person compares: `BCDF-GHJK`.
    pub code: String,
    /// By which the token is fetched.
    pub secret: String,
    /// The page that confirms it.
    pub page: String,
    /// How long it waits, in seconds.
    pub wait_secs: u32,
    /// How long to wait between two questions, in seconds.
    pub poll_secs: u32,
}

/// `POST /api/v1/credential/poll`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialPoll {
    /// The code.
    pub code: String,
    /// The secret that came with it.
    pub secret: String,
}

/// What has become of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum CredentialState {
    /// Nobody has decided yet.
    Waiting,
    /// The person said no.
    Refused,
    /// The person said yes.
    Granted {
        /// The token, given this once.
        token: String,
        /// How long it lives, in seconds.
        secs: u64,
    },
}
