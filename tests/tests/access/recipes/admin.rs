//! Commands of administrators.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("POST", path @ "/api/v1/admin/commands") => {
            Some(Ask::with(path, r#"{"command":"user","action":"list"}"#))
        }
        _ => None,
    }
}
