//! Tokens of one's own.

use cratekeep_tests::TokenWish;

use super::{Ask, Asking};
use crate::principals::Shows;

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    Some(match asking.route() {
        ("GET", path @ "/api/v1/me/tokens") => Ask::of(path),
        // Only a browser makes tokens: who else may manage the account is told so.
        ("PUT", path @ "/api/v1/me/tokens") => {
            Ask::with(path, r#"{"api_token":{"name":"more"}}"#).passing_with(400)
        }
        ("PUT", "/api/v1/me/tokens/{id}/renew") => {
            Ask::of(format!("/api/v1/me/tokens/{}/renew", spare(asking).await)).passing_with(400)
        }
        // It is somebody else's, or nobody's.
        ("GET", "/api/v1/me/tokens/{id}") => Ask::of("/api/v1/me/tokens/999999").passing_with(404),
        ("DELETE", "/api/v1/me/tokens/{id}") => {
            Ask::of(format!("/api/v1/me/tokens/{}", spare(asking).await))
        }
        ("DELETE", path @ "/api/v1/tokens/current") => with_a_spare_token(asking, path).await,
        ("GET", path @ ("/settings/tokens" | "/settings/tokens/new")) => Ask::of(path),
        ("POST", path @ "/settings/tokens/new") => Ask::with(path, "name=x&scope=read&life=3600"),
        ("POST", "/settings/tokens/{id}/renew") if asking.passes => {
            Ask::of(format!("/settings/tokens/{}/renew", spare(asking).await))
        }
        // Whoever gets as far as that is told that there is no such token.
        ("POST", "/settings/tokens/{id}/renew") => Ask::of("/settings/tokens/999999/renew"),
        ("POST", "/settings/tokens/{id}/revoke") => {
            Ask::of(format!("/settings/tokens/{}/revoke", spare(asking).await))
        }
        ("POST", path @ "/api/v1/tokens/report") => Ask::with(path, r#"{"token":"found somewhere"}"#),
        // Nobody signed it; nobody is asked who they are.
        ("POST", path @ "/api/github/secret-scanning/verify") => Ask::with(path, "[]").passing_with(400),
        _ => return None,
    })
}

/// The number of a token that who asks can do without; one of no token for who may not ask.
async fn spare(asking: &Asking<'_>) -> i64 {
    if asking.passes { asking.new_token().await } else { 999_999 }
}

/// The token that is shown is gone afterwards, so it is one that nobody needs.
async fn with_a_spare_token(asking: &Asking<'_>, path: &str) -> Ask {
    let wish = match asking.who.shows {
        Shows::Token => TokenWish::default(),
        Shows::RightScope => TokenWish { scope: Some("read"), ..TokenWish::default() },
        Shows::WrongScope => TokenWish { scope: Some("yank,publish-new"), ..TokenWish::default() },
        Shows::OtherCrates => TokenWish { crates: &["other-*"], ..TokenWish::default() },
        Shows::OtherRegistry => TokenWish { registries: &["annex"], ..TokenWish::default() },
        _ => return Ask::of(path),
    };
    let spare = asking.app.token_for(&asking.scene.owner, wish).await;
    Ask { instead: Some((*asking.here(&spare)).clone()), ..Ask::of(path) }
}
