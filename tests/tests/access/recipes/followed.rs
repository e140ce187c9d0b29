//! Following crates, and feeds.

use cratekeep_tests::send;
use http::Method;

use super::{Ask, Asking};

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let follow = |name: &str| format!("/api/v1/crates/{name}/follow");
    Some(match asking.route() {
        ("PUT", "/api/v1/crates/{name}/follow") if asking.passes => Ask::of(follow(&asking.new_crate().await)),
        ("DELETE", "/api/v1/crates/{name}/follow") if asking.passes => {
            let path = follow(&asking.new_crate().await);
            let account = asking.here(&asking.account().await);
            let _ = send(account.request(Method::PUT, &path)).await.expect_status(200);
            Ask::of(path)
        }
        ("PUT" | "DELETE", "/api/v1/crates/{name}/follow") => Ask::of(follow(crate::scene::KRATE)),
        ("GET", "/api/v1/crates/{name}/following") => {
            Ask::of(format!("/api/v1/crates/{}/following", crate::scene::KRATE))
        }
        ("GET", path @ "/api/v1/me/updates") => Ask::of(path),
        ("GET", "/feeds/{file}") => Ask::of("/feeds/updates.xml"),
        ("GET", "/feeds/crates/{file}") => Ask::of(format!("/feeds/crates/{}.atom", crate::scene::KRATE)),
        ("GET", "/api/v1/users/{id}/stats") => Ask::of("/api/v1/users/1/stats"),
        ("PUT", path @ "/api/v1/me/email_notifications") => Ask::with(path, "[]"),
        _ => return None,
    })
}
