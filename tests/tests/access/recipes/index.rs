//! Files of the index.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("GET", "/index/{*path}") => Some(Ask::of("/index/gu/ar/guarded")),
        _ => None,
    }
}
