//! Letters about API tokens.

use super::Letter;

/// A token that a letter is about.
pub(crate) struct About<'a> {
    pub(crate) to: String,
    pub(crate) label: &'a str,
    pub(crate) base_url: &'a str,
}

/// Tells the holder that a token was made.
pub(crate) fn made(about: &About<'_>, at: &str) -> Letter {
    let About { to, label, base_url } = about;
    Letter {
        to: to.clone(),
        subject: format!("A token called {label} was made for your account"),
        text: format!(
            "Hello,\n\n\
             a token called {label} was made for your account at\n\
             {base_url}, at {at}.\n\n\
             If you did not make it, revoke it at once and sign out everywhere else:\n\n\
             {base_url}/settings/tokens\n"
        ),
    }
}

/// Tells the holder that a token ends soon.
pub(crate) fn ending(about: &About<'_>, holder: &str, end: &str) -> Letter {
    let About { to, label, base_url } = about;
    Letter {
        to: to.clone(),
        subject: format!("Your token {label} ends soon"),
        text: format!(
            "Hello {holder},\n\n\
             your token {label} at {base_url}\n\
             ends at {end}.\n\n\
             If you still need it, renew it and put the new text where the old one is used:\n\n\
             {base_url}/settings/tokens\n\n\
             If not, there is nothing to do.\n"
        ),
    }
}

/// Tells the holder that a token was found where everybody can read it, and no longer works.
pub(crate) fn exposed(about: &About<'_>, place: Option<&str>) -> Letter {
    let About { to, label, base_url } = about;
    let place = place.map_or_else(String::new, |place| format!("It was found here:\n\n{place}\n\n"));
    Letter {
        to: to.clone(),
        subject: format!("Your token {label} was exposed and is revoked"),
        text: format!(
            "Hello,\n\n\
             somebody reported the text of your token {label} at\n\
             {base_url}. It was revoked at once and no longer works.\n\n\
             {place}\
             Look whether anything was published or changed with it that you did not do,\n\
             and make a new one:\n\n\
             {base_url}/settings/tokens\n"
        ),
    }
}
