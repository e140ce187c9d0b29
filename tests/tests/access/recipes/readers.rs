//! Who sees a crate.

use serde_json::json;

use super::{Ask, Asking};
use crate::scene::KRATE;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let path = format!("/api/v1/crates/{KRATE}/readers");
    Some(match asking.route() {
        ("GET", "/api/v1/crates/{name}/readers") => Ask::of(path),
        // What is in an open registry is seen by everybody: there it can only be said again.
        ("PUT", "/api/v1/crates/{name}/readers") if !asking.passes || asking.registry.is_none() => {
            Ask::with(path, json!({ "limited": false }).to_string())
        }
        ("PUT", "/api/v1/crates/{name}/readers") => {
            let path = format!("/api/v1/crates/{}/readers", asking.new_crate().await);
            Ask::with(path, json!({ "limited": true }).to_string())
        }
        _ => return None,
    })
}
