//! The link for the first administrator.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let link = format!("/setup/{}", asking.scene.setup.expose());
    // An administrator is among those who ask, so the link is void; nobody is asked who they are for all that.
    match asking.route() {
        ("GET", "/setup/{code}") => Some(Ask::of(link).passing_with(404)),
        ("POST", "/setup/{code}") => Some(Ask::with(link, "name=eve").passing_with(404)),
        _ => None,
    }
}
