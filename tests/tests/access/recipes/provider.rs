//! Sign-in providers: the server of this suite has none, so that everybody finds the same.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("GET", "/sign-in/{provider}") => Some(Ask::of("/sign-in/none").passing_with(404)),
        ("GET", "/sign-in/{provider}/callback") => {
            Some(Ask::of("/sign-in/none/callback?code=a&state=b").passing_with(404))
        }
        ("GET", path @ "/settings/identities") => Some(Ask::of(path)),
        ("POST", path @ "/settings/identities") => Some(Ask::with(path, "id=999999").passing_with(404)),
        _ => None,
    }
}
