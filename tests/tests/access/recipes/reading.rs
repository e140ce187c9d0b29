//! Crates and versions as they are shown.

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let path = match asking.route() {
        // Nothing is called `new`; who may read learns that.
        ("GET", "/api/v1/crates/new") => return Some(Ask::of("/api/v1/crates/new").passing_with(404)),
        // Nothing has a keyword.
        ("GET", "/api/v1/keywords/{keyword}") => return Some(Ask::of("/api/v1/keywords/word").passing_with(404)),
        ("GET", "/api/v1/keywords") => "/api/v1/keywords",
        ("GET", "/api/v1/summary") => "/api/v1/summary",
        ("GET", "/api/v1/downloads") => "/api/v1/downloads",
        ("GET", "/api/v1/categories") => "/api/v1/categories",
        ("GET", "/api/v1/categories/{slug}") => "/api/v1/categories/parsing",
        ("GET", "/api/v1/category_slugs") => "/api/v1/category_slugs",
        ("GET", "/api/v1/events") => "/api/v1/events",
        ("GET", "/api/v1/crates/{name}") => "/api/v1/crates/guarded",
        ("GET", "/api/v1/crates/{name}/versions") => "/api/v1/crates/guarded/versions",
        ("GET", "/api/v1/crates/{name}/downloads") => "/api/v1/crates/guarded/downloads",
        ("GET", "/api/v1/crates/{name}/reverse_dependencies") => "/api/v1/crates/guarded/reverse_dependencies",
        ("GET", "/api/v1/crates/{name}/{version}") => "/api/v1/crates/guarded/1.0.0",
        ("GET", "/api/v1/crates/{name}/{version}/authors") => "/api/v1/crates/guarded/1.0.0/authors",
        ("GET", "/api/v1/crates/{name}/{version}/dependencies") => "/api/v1/crates/guarded/1.0.0/dependencies",
        ("GET", "/api/v1/crates/{name}/{version}/downloads") => "/api/v1/crates/guarded/1.0.0/downloads",
        // Nothing has a keyword.
        ("GET", "/keywords/{keyword}") => return Some(Ask::of("/keywords/word").passing_with(404)),
        ("GET", "/categories/{slug}") => "/categories/parsing",
        ("GET", "/users/{login}") => "/users/olga",
        ("GET", path @ ("/crates" | "/search" | "/keywords" | "/categories")) => return Some(Ask::of(path)),
        ("GET", "/crates/{name}") => "/crates/guarded",
        ("GET", "/crates/{name}/versions") => "/crates/guarded/versions",
        ("GET", "/crates/{name}/dependencies") => "/crates/guarded/dependencies",
        ("GET", "/crates/{name}/reverse_dependencies") => "/crates/guarded/reverse_dependencies",
        ("GET", "/crates/{name}/{version}") => "/crates/guarded/1.0.0",
        ("GET", "/crates/{name}/{version}/dependencies") => "/crates/guarded/1.0.0/dependencies",
        _ => return None,
    };
    Some(Ask::of(path))
}
