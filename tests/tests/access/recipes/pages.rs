//! Pages and answers that are the same for everybody.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("GET", path @ ("/" | "" | "/me" | "/health/live" | "/health/ready" | "/assets/cratekeep.css" | "/assets/cratekeep.js" | "/assets/mark.svg" | "/sign-in" | "/link" | "/passkey" | "/assets/passkeys.js")) => {
            Some(Ask::of(path))
        }
        _ => None,
    }
}
