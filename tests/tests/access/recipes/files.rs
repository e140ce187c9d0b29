//! Crate files.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    Some(Ask::of(match asking.route() {
        ("GET", "/api/v1/crates/{name}/{version}/download") => "/api/v1/crates/guarded/1.0.0/download",
        ("GET", "/crates/{name}/{version}/download") => "/crates/guarded/1.0.0/download",
        ("GET", "/api/v1/crates/{name}/{version}/readme") => "/api/v1/crates/guarded/1.0.0/readme",
        ("GET", "/readmes/{name}/{file}") => "/readmes/guarded/guarded-1.0.0.html",
        // None was made yet; who may read the registry learns that.
        ("GET", "/db-dump.tar.gz") => return Some(Ask::of("/db-dump.tar.gz").passing_with(404)),
        _ => return None,
    }))
}
