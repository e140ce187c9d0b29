//! Commands of administrators.

use super::{Ask, Asking};
use crate::scene::KRATE;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("POST", path @ "/api/v1/admin/commands") => {
            Some(Ask::with(path, r#"{"command":"user","action":"list"}"#))
        }
        ("GET", path @ "/api/v1/admin/audit") => Some(Ask::of(path)),
        ("GET", path @ "/api/v1/site_metadata") => Some(Ask::of(path)),
        ("DELETE", "/api/v1/crates/{name}") if asking.passes => {
            Some(Ask::of(format!("/api/v1/crates/{}", asking.new_crate().await)))
        }
        ("DELETE", "/api/v1/crates/{name}") => Some(Ask::of(format!("/api/v1/crates/{KRATE}"))),
        _ => None,
    }
}
