//! The letter by which an administrator tries the settings out.

use super::Letter;

pub(super) fn letter(to: &str, base_url: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        subject: "A letter to try mail out".to_owned(),
        text: format!(
            "Hello,\n\nan administrator of the crate registry at {base_url}\nsent this letter to see whether mail \
             works. It does.\n"
        ),
    }
}
