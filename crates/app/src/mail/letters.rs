//! The texts of letters. Each is plain text in short lines, says who caused it and where, and has whole links.

use super::Letter;

/// What an administrator sends to try the settings out.
pub(crate) fn test(to: &str, base_url: &str) -> Letter {
    Letter {
        to: to.to_owned(),
        subject: "A letter to try mail out".to_owned(),
        text: format!(
            "Hello,\n\nan administrator of the crate registry at {base_url} sent this letter to see whether\nmail \
             works. It does.\n"
        ),
    }
}
