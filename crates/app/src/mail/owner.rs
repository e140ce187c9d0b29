//! Letters about owning crates.

use super::Letter;

/// An invitation to own a crate.
pub(crate) struct Invited<'a> {
    pub(crate) to: String,
    pub(crate) invitee: &'a str,
    pub(crate) inviter: Option<&'a str>,
    pub(crate) krate: &'a str,
    pub(crate) base_url: &'a str,
    /// What the link proves itself with.
    pub(crate) code: &'a str,
    /// How long the link works.
    pub(crate) days: i64,
}

/// Tells somebody that they are invited, with the link that accepts.
pub(crate) fn invited(invited: &Invited<'_>) -> Letter {
    let Invited { to, invitee, inviter, krate, base_url, code, days } = invited;
    let inviter = inviter.unwrap_or("An administrator");
    Letter {
        to: to.clone(),
        subject: format!("{inviter} invites you to own the crate {krate}"),
        text: format!(
            "Hello {invitee},\n\n\
             {inviter} invites you to become an owner of the crate {krate}\n\
             at {base_url}.\n\n\
             Owners publish and yank versions and decide who else owns the crate.\n\n\
             Accept here, within {days} days and without signing in:\n\n\
             {base_url}/accept-invite/{code}\n\n\
             To see or decline it, sign in:\n\n\
             {base_url}/me/pending-invites\n\n\
             If you do nothing, nothing happens. Do not pass this letter on: whoever has\n\
             the link can accept for you.\n"
        ),
    }
}
