//! Owners.

use cratekeep_tests::Person;
use serde_json::json;

use super::{Ask, Asking};
use crate::scene::KRATE;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let path = "/api/v1/crates/guarded/owners";
    Some(match asking.route() {
        ("GET", "/api/v1/crates/{name}/owners") => Ask::of(path),
        ("PUT", "/api/v1/crates/{name}/owners") => Ask::with(path, users(&asking.somebody_new().await)),
        ("DELETE", "/api/v1/crates/{name}/owners") => {
            let leaver = asking.somebody_new().await;
            let owner = asking.here(&asking.scene.owner);
            let _ = owner.add_owners(KRATE, &[leaver.name()]).await.expect_status(200);
            Ask::with(path, users(&leaver))
        }
        _ => return None,
    })
}

fn users(person: &Person) -> String {
    json!({ "users": [person.name()] }).to_string()
}
