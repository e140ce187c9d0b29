//! Search: who may ask what is there.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("GET", "/api/v1/crates") => Some(Ask::of("/api/v1/crates?q=guarded")),
        ("GET", "/api/v1/suggestions") => Some(Ask::of("/api/v1/suggestions?q=guard")),
        _ => None,
    }
}
