//! Letters to the holder of an account about the account itself.

use cratekeep_types::UserName;

use super::Letter;

/// A link with which the holder of an account sets a new password.
pub(crate) fn password_link(to: &str, name: &UserName, base_url: &str, link: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        subject: "A link to set your password".to_owned(),
        text: format!(
            "Hello {name},\n\nsomebody asked for a new password for your account at {base_url}.\nThis link sets one; \
             it works once, for a day:\n\n{link}\n\nIf it was not you, do nothing: without the link nothing changes.\n"
        ),
    }
}

/// A link with which the holder of an account shows that an address is theirs.
pub(crate) fn confirm_mail(to: &str, name: &UserName, base_url: &str, link: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        subject: "Confirm your mail address".to_owned(),
        text: format!(
            "Hello {name},\n\nyour account at {base_url} was given this mail address.\nTo confirm that it is yours, \
             open this link within a day:\n\n{link}\n\nIf you have no account there, do nothing.\n"
        ),
    }
}
