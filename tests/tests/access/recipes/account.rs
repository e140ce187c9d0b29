//! Signing in and out, and the account that asks.

use cratekeep_testkit::http::Reply;
use serde_json::json;

use super::{Ask, Asking};

/// Not one that was ever given out: whoever shows it is asked for nothing else, and gets no further.
const SECRET: &str = "abababababababababababababababababababababababababababababababab";

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let body = json!({ "user": { "publish_notifications": true } }).to_string();
    Some(match asking.route() {
        ("POST", "/sign-in") => Ask::with("/sign-in", "name=nobody&password=x").passing_with(401),
        ("POST", "/link") => Ask::with("/link", "email=a%40b.example"),
        ("POST", "/sign-out") => Ask::of("/sign-out"),
        // No provider is set up where the rights are tried.
        ("POST", path @ "/api/private/session/begin") => Ask::of(path).passing_with(404),
        ("POST", path @ "/api/private/session/authorize") => Ask::with(path, "{}").passing_with(404),
        ("DELETE", "/api/private/session") => Ask::of("/api/private/session"),
        ("GET", "/link/{secret}") => Ask::of(format!("/link/{SECRET}")).passing_with(404),
        ("POST", "/link/{secret}") => {
            let ask = Ask::with(format!("/link/{SECRET}"), "password=a+long+sentence");
            ask.passing_with(404)
        }
        ("GET", "/confirm/{token}") => Ask::of(format!("/confirm/{SECRET}")).passing_with(404),
        ("POST", "/confirm/{token}") => {
            Ask::of(format!("/confirm/{SECRET}")).passing_with(404)
        }
        ("PUT", "/api/v1/confirm/{token}") => Ask::of(format!("/api/v1/confirm/{SECRET}")).passing_with(400),
        ("GET", path @ ("/settings/profile" | "/settings/sessions" | "/settings/passkeys")) => Ask::of(path),
        ("POST", path @ "/settings/profile") => Ask::with(path, "display_name=Somebody"),
        ("POST", path @ "/settings/mail") => {
            Ask::with(path, format!("email=person-{}%40mail.example", asking.scene.number()))
        }
        // Whose session was made without a password has none to change.
        ("POST", path @ "/settings/password") => {
            Ask::with(path, "old=&new=correct+horse+battery").passing_with(400)
        }
        ("POST", path @ "/settings/sessions") if asking.passes => {
            let other = asking.app.browser(&asking.account().await).await.session();
            Ask::with(path, format!("id={other}"))
        }
        ("POST", path @ "/settings/sessions") => Ask::with(path, "id=999999"),
        // The address of a test server is one where browsers offer no passkeys.
        ("POST", path @ ("/settings/passkeys/begin" | "/settings/passkeys/finish")) => {
            Ask::of(path).passing_with(400)
        }
        ("POST", path @ "/settings/passkeys/remove") => {
            Ask::with(path, "id=999999").passing_with(400)
        }
        ("POST", "/passkey/begin") => Ask::with("/passkey/begin", "name=nobody").passing_with(400),
        ("POST", "/passkey/finish") => Ask::with("/passkey/finish", "ticket=x").passing_with(401),
        ("GET", "/api/v1/me") => Ask::of("/api/v1/me"),
        ("PUT", "/api/v1/users/{id}") => Ask::with(format!("/api/v1/users/{}", own_id(asking).await), body),
        // Nobody here has a mail address.
        ("PUT", "/api/v1/users/{id}/resend") => {
            Ask::of(format!("/api/v1/users/{}/resend", own_id(asking).await)).passing_with(400)
        }
        _ => return None,
    })
}

/// The number of who will ask; somebody's where that is not known.
async fn own_id(asking: &Asking<'_>) -> i64 {
    let reply: Reply = asking.door.fetch("/api/v1/me").await;
    if reply.status == 200 { reply.json()["user"]["id"].as_i64().unwrap_or(1) } else { 1 }
}
