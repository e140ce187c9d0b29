//! Sign-ins of the credential provider.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    Some(match asking.route() {
        ("POST", path @ "/api/v1/credential/begin") => Ask::with(path, r#"{"client":"somebody"}"#),
        // Nothing waits under this code; nobody is asked who they are.
        ("POST", path @ "/api/v1/credential/poll") => {
            Ask::with(path, r#"{"code":"BCDF-GHJK","secret":"x"}"#).passing_with(404)
        }
        ("GET", path @ "/connect") => Ask::of(path),
        ("POST", path @ "/connect") => {
            Ask::with(path, "code=BCDF-GHJK&answer=turn+away").passing_with(404)
        },
        _ => return None,
    })
}
