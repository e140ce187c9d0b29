//! Uploads.

use cratekeep_testkit::archive::ArchiveBuilder;

use super::{Ask, Asking};
use crate::scene::KRATE;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    match asking.route() {
        ("PUT", path @ "/api/v1/crates/new") => {
            let version = format!("2.0.{}", asking.scene.number());
            let upload = asking.door.upload(&ArchiveBuilder::new(KRATE, &version));
            Some(Ask::with(path, upload.frame()))
        }
        _ => None,
    }
}
