//! Yanks and taking them back.

use super::{Ask, Asking};
use crate::scene::KRATE;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let owner = asking.here(&asking.scene.owner);
    Some(Ask::of(match asking.route() {
        ("DELETE", "/api/v1/crates/{name}/{version}/yank") => {
            if asking.passes {
                let _ = owner.unyank(KRATE, "1.0.0").await.expect_status(200);
            }
            format!("/api/v1/crates/{KRATE}/1.0.0/yank")
        }
        ("PUT", "/api/v1/crates/{name}/{version}/unyank") => {
            if asking.passes {
                let _ = owner.yank(KRATE, "1.0.0").await.expect_status(200);
            }
            format!("/api/v1/crates/{KRATE}/1.0.0/unyank")
        }
        _ => return None,
    }))
}
