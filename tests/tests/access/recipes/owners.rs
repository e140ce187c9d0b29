//! Owners of crates, invitations to be one, and the teams among them.

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
            let (owner, there) = (asking.here(&asking.scene.owner), asking.here(&leaver));
            owner.shares(KRATE, &there).await;
            Ask::with(path, users(&leaver))
        }
        ("GET", "/api/v1/crates/{name}/owner_user") => Ask::of("/api/v1/crates/guarded/owner_user"),
        ("GET", "/api/v1/crates/{name}/owner_team") => Ask::of("/api/v1/crates/guarded/owner_team"),
        ("GET", "/api/v1/users/{id}") => Ask::of("/api/v1/users/olga"),
        ("GET", "/api/v1/teams/{login}") => Ask::of("/api/v1/teams/team:nobodys").passing_with(404),
        ("GET", path @ "/api/v1/me/crate_owner_invitations") => Ask::of(path),
        // Without a filter, which is told only to who may ask at all.
        ("GET", path @ "/api/private/crate_owner_invitations") => Ask::of(path).passing_with(400),
        ("PUT", "/api/v1/me/crate_owner_invitations/{crate_id}") => {
            let id = invitation(asking).await;
            let body = json!({ "crate_owner_invite": { "crate_id": id, "accepted": true } });
            let path = format!("/api/v1/me/crate_owner_invitations/{id}");
            Ask::with(path, body.to_string()).passing_with(404)
        }
        ("GET", path @ "/me/pending-invites") => Ask::of(path),
        ("POST", path @ "/me/pending-invites") => {
            Ask::with(path, format!("decline={}", invitation(asking).await)).passing_with(404)
        }
        ("GET", "/accept-invite/{token}") => Ask::of("/accept-invite/0123456789abcdef").passing_with(404),
        ("POST", "/accept-invite/{token}") => {
            Ask::of("/accept-invite/0123456789abcdef").passing_with(404)
        }
        ("GET", "/teams/{login}") => Ask::of("/teams/team:nobodys").passing_with(404),
        // A code that nobody was given.
        ("PUT", "/api/v1/me/crate_owner_invitations/accept/{token}") => {
            Ask::of("/api/v1/me/crate_owner_invitations/accept/0123456789abcdef").passing_with(404)
        }
        _ => return None,
    })
}

fn users(person: &Person) -> String {
    json!({ "users": [person.name()] }).to_string()
}

/// The number of a crate that who asks is invited to own; one of no crate where there is no invitation.
async fn invitation(asking: &Asking<'_>) -> i64 {
    let invited = if asking.passes { asking.new_invitation().await } else { None };
    invited.unwrap_or(999_999)
}
