//! Everything that calls out: sign-in providers, identities of builds, mail. Nobody else opens a connection to a place
//! that a setting or a stranger named.

/// What the roof sets from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Options {}

/// The door to the outside. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Outbound {}

impl Outbound {
    /// Makes the door ready.
    #[must_use]
    pub fn new(_options: Options) -> Self {
        Self {}
    }
}
