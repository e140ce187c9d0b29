//! Who sees a crate.

use serde_json::json;

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let path = "/api/v1/crates/guarded/readers";
    Some(match asking.route() {
        ("GET", "/api/v1/crates/{name}/readers") => Ask::of(path),
        ("PUT", "/api/v1/crates/{name}/readers") => {
            // Nothing changes for those who ask after: the crate stays open to whoever may read the registry.
            Ask::with(path, json!({ "limited": false }).to_string())
        }
        _ => return None,
    })
}
