//! Letters about how a crate is published without a person.

use super::Letter;

/// What somebody changed.
pub(crate) enum Change {
    /// A rule was made, with what it says, a line for each part.
    Added(String),
    /// A rule was removed.
    Removed(String),
    /// From now on only builds publish the crate, or people too.
    Only(bool),
}

/// A change of how a crate is published.
pub(crate) struct Changed<'a> {
    pub(crate) krate: &'a str,
    pub(crate) registry: &'a str,
    /// The account, or `The operator`.
    pub(crate) by: &'a str,
    pub(crate) at: String,
    pub(crate) base_url: &'a str,
}

/// Tells an owner of the change.
pub(crate) fn changed(to: String, owner: &str, changed: &Changed<'_>, change: &Change) -> Letter {
    let Changed { krate, registry, by, at, base_url } = changed;
    let (subject, what) = match change {
        Change::Added(rule) => (
            format!("A build may publish {krate} now"),
            format!(
                "set up trusted publishing for the crate {krate}. Builds with this identity may publish it now:\n\n{rule}"
            ),
        ),
        Change::Removed(rule) => (
            format!("A build may no longer publish {krate}"),
            format!(
                "took a rule of trusted publishing away from the crate {krate}. It was for builds with this identity:\n\n{rule}"
            ),
        ),
        Change::Only(true) => (
            format!("Only trusted builds publish {krate} now"),
            format!(
                "decided that only trusted builds publish the crate {krate}. Tokens of people do not any more.\n"
            ),
        ),
        Change::Only(false) => (
            format!("People may publish {krate} again"),
            format!("decided that people may publish the crate {krate} with their tokens again.\n"),
        ),
    };
    Letter {
        to,
        subject,
        text: format!(
            "Hello {owner},\n\n\
             {by} {what}\n\
             This was in the registry {registry} at {base_url}, at {at}.\n\n\
             If this was you or somebody you trust, there is nothing to do. If not, change it\n\
             back and look at the owners of the crate and at your tokens:\n\n\
             {base_url}/settings/tokens\n"
        ),
    }
}
