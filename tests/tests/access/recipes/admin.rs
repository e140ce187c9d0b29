//! Commands of administrators.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("POST", path @ "/api/v1/admin/commands") => {
            Some(Ask::with(path, r#"{"command":"user","action":"list"}"#))
        }
        ("GET", path @ "/api/v1/admin/audit") => Some(Ask::of(path)),
        ("GET", path @ "/api/v1/site_metadata") => Some(Ask::of(path)),
        ("DELETE", "/api/v1/crates/{name}") => Some(Ask::of("/api/v1/crates/guarded")),
        _ => None,
    }
}
