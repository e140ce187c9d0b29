//! Row ids. Each is an `i64` given by the database and means nothing outside it.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    )*};
}

ids! {
    /// A registry of this server.
    RegistryId,
    /// A crate inside one registry.
    CrateId,
    /// A version of a crate.
    VersionId,
    /// A person or service that can sign in or hold tokens.
    UserId,
    /// An API token.
    TokenId,
    /// A sign-in of a browser.
    SessionId,
    /// A team of users.
    TeamId,
    /// A rule by which build jobs of one place may publish a crate.
    TrustedPublisherId,
    /// A token that a build job got for its identity.
    TrustTokenId,
    /// A background job.
    JobId,
    /// The number of an event: 1, 2, 3 … in commit order, without gaps.
    EventNumber,
}
