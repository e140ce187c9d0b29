//! `[rates]`: how often one account or address may do something.

use cratekeep_types::Rate;

use crate::kinds::Often;
use crate::table::{Reader, section};

section! {
    /// How often one account, or where there is none one address, may do something before it is told to slow down.
    /// What an open registry allows is what crates.io allows; in internal and closed registries people know each other.
    shown struct Rates in "rates" {
        /// New crates in open registries.
        publish_new: Option<Rate> = Often { default: "5/10m" },
        /// New versions of crates in open registries.
        publish_update: Option<Rate> = Often { default: "30/1m" },
        /// Yanks, and yanks taken back, in open registries.
        yank: Option<Rate> = Often { default: "100/1m" },
        /// New crates in internal and closed registries.
        publish_new_inside: Option<Rate> = Often { default: "1000/1s" },
        /// New versions of crates in internal and closed registries.
        publish_update_inside: Option<Rate> = Often { default: "1000/1s" },
        /// Yanks, and yanks taken back, in internal and closed registries.
        yank_inside: Option<Rate> = Often { default: "1000/1s" },
        /// Attempts to sign in to one account.
        sign_in: Option<Rate> = Often { default: "10/1m" },
        /// Attempts to sign in from one address.
        sign_in_address: Option<Rate> = Often { default: "50/10s" },
        /// Reports of exposed tokens from one address.
        token_report: Option<Rate> = Often { default: "200/1s" },
        /// Questions of one address whether a browser has finished its sign-in for the credential provider.
        credential_poll: Option<Rate> = Often { default: "120/1s" },
        /// Identities of builds from one address that are refused. Those that are good are not counted.
        refused_build: Option<Rate> = Often { default: "60/10s" },
        /// Requests to the web API with one token or session, or from one address; each node counts for itself. Index
        /// files and downloads are not counted.
        requests: Option<Rate> = Often { default: "5000/2ms" },
    }
}

impl Rates {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
