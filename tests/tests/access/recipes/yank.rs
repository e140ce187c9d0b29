//! Yanks and taking them back.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    Some(Ask::of(match asking.route() {
        ("DELETE", "/api/v1/crates/{name}/{version}/yank") => "/api/v1/crates/guarded/1.0.0/yank",
        ("PUT", "/api/v1/crates/{name}/{version}/unyank") => "/api/v1/crates/guarded/1.0.0/unyank",
        _ => return None,
    }))
}
