//! The letter that tells owners of a publish.

use super::Letter;

/// A version that was published.
pub(crate) struct Published<'a> {
    pub(crate) krate: &'a str,
    pub(crate) num: &'a str,
    pub(crate) registry: &'a str,
    /// The account, or `a build` for trusted publishing.
    pub(crate) publisher: &'a str,
    pub(crate) at: String,
    pub(crate) base_url: &'a str,
}

/// Tells an owner that a version of their crate was published.
pub(crate) fn published(to: String, owner: &str, published: &Published<'_>) -> Letter {
    let Published { krate, num, registry, publisher, at, base_url } = published;
    Letter {
        to,
        subject: format!("{krate} {num} was published"),
        text: format!(
            "Hello {owner},\n\n\
             {publisher} published version {num} of the crate {krate}\n\
             to the registry {registry} at {base_url}, at {at}.\n\n\
             If this was you or somebody you trust, there is nothing to do. If not, yank\n\
             the version and look at your tokens and at the owners of the crate:\n\n\
             cargo yank --registry {registry} --version {num} {krate}\n\
             {base_url}/me\n\n\
             You get this letter as an owner of the crate. To get no more of them:\n\n\
             {base_url}/settings/profile\n"
        ),
    }
}
