//! The face for browsers: server-rendered pages that need no script. Paths and rights stand in [`routes`].
//!
//! How to begin, crates and what is known about them, signing in, and what people set for themselves.

mod absent;
mod agents;
mod around;
mod assets;
mod categories;
mod chart;
mod connect;
mod front;
mod identities;
mod invites;
mod keywords;
mod krate;
mod lists;
mod me;
mod missing;
mod page;
mod pager;
mod passkeys;
mod provider;
mod settings;
mod setup;
mod sign_in;
mod spans;
mod team;
mod tokens;
mod user;
mod visit;
mod words;

use axum::http::Method;
use cratekeep_http::{Need, Routes};

/// Every route of this face with the right it needs.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .at_root(Method::GET, "/", Need::Nothing, front::get)
        .at_root(Method::GET, "/r/{registry}", Need::Nothing, front::get)
        .in_registry(Method::GET, "/me", Need::Nothing, me::get)
        .at_root(Method::GET, "/sign-in/{provider}", Need::Nothing, provider::get)
        .at_root(Method::GET, "/sign-in/{provider}/callback", Need::Nothing, provider::callback)
        .at_root(Method::GET, "/settings/identities", Need::SignedIn, identities::get)
        .at_root(Method::POST, "/settings/identities", Need::SignedIn, identities::unlink)
        .at_root(Method::GET, "/settings/tokens", Need::SignedIn, tokens::list)
        .at_root(Method::GET, "/settings/tokens/new", Need::SignedIn, tokens::form)
        .at_root(Method::POST, "/settings/tokens/new", Need::SignedIn, tokens::create)
        .at_root(Method::POST, "/settings/tokens/{id}/revoke", Need::SignedIn, tokens::revoke)
        .at_root(Method::POST, "/settings/tokens/{id}/renew", Need::SignedIn, tokens::renew)
        .at_root(Method::GET, "/connect", Need::SignedIn, connect::get)
        .at_root(Method::POST, "/connect", Need::SignedIn, connect::post)
        .at_root(Method::GET, "/setup/{code}", Need::Nothing, setup::get)
        .at_root(Method::POST, "/setup/{code}", Need::Nothing, setup::post)
        .at_root(Method::GET, "/sign-in", Need::Nothing, sign_in::get)
        .at_root(Method::POST, "/sign-in", Need::OwnProof, sign_in::post)
        .at_root(Method::GET, "/link", Need::Nothing, sign_in::forgot)
        .at_root(Method::POST, "/link", Need::OwnProof, sign_in::send_link)
        .at_root(Method::POST, "/sign-out", Need::Nothing, sign_in::sign_out)
        .at_root(Method::GET, "/link/{secret}", Need::OwnProof, sign_in::link)
        .at_root(Method::POST, "/link/{secret}", Need::OwnProof, sign_in::use_link)
        .at_root(Method::GET, "/confirm/{token}", Need::OwnProof, settings::confirm)
        .at_root(Method::POST, "/confirm/{token}", Need::OwnProof, settings::use_confirmation)
        .at_root(Method::GET, "/settings/profile", Need::SignedIn, settings::profile)
        .at_root(Method::POST, "/settings/profile", Need::SignedIn, settings::change_profile)
        .at_root(Method::POST, "/settings/mail", Need::SignedIn, settings::change_mail)
        .at_root(Method::POST, "/settings/password", Need::SignedIn, settings::change_password)
        .at_root(Method::GET, "/settings/passkeys", Need::SignedIn, passkeys::get)
        .at_root(Method::POST, "/settings/passkeys/begin", Need::SignedIn, passkeys::begin)
        .at_root(Method::POST, "/settings/passkeys/finish", Need::SignedIn, passkeys::finish)
        .at_root(Method::POST, "/settings/passkeys/remove", Need::SignedIn, passkeys::remove)
        .at_root(Method::GET, "/passkey", Need::Nothing, passkeys::step)
        .at_root(Method::POST, "/passkey/begin", Need::OwnProof, passkeys::begin_sign_in)
        .at_root(Method::POST, "/passkey/finish", Need::OwnProof, passkeys::finish_sign_in)
        .at_root(Method::GET, "/assets/passkeys.js", Need::Nothing, assets::passkeys)
        .at_root(Method::GET, "/settings/sessions", Need::SignedIn, settings::sessions)
        .at_root(Method::POST, "/settings/sessions", Need::SignedIn, settings::end_sessions)
        .at_root(Method::GET, "/me/pending-invites", Need::SignedIn, invites::pending)
        .at_root(Method::POST, "/me/pending-invites", Need::SignedIn, invites::answer)
        .at_root(Method::GET, "/accept-invite/{token}", Need::OwnProof, invites::letter)
        .at_root(Method::POST, "/accept-invite/{token}", Need::OwnProof, invites::accept)
        .at_root(Method::GET, "/assets/cratekeep.css", Need::Nothing, assets::style)
        .at_root(Method::GET, "/assets/cratekeep.js", Need::Nothing, assets::script)
        .at_root(Method::GET, "/assets/mark.svg", Need::Nothing, assets::mark)
        .and(of_crates())
        .otherwise(absent::get)
        .wrapped(around::around)
}

/// Pages to read: crates, and what is said about them.
fn of_crates() -> Routes {
    Routes::new()
        .in_registry(Method::GET, "/crates", Need::Read, lists::all)
        .in_registry(Method::GET, "/search", Need::Read, lists::search)
        .in_registry(Method::GET, "/keywords", Need::Read, keywords::get)
        .in_registry(Method::GET, "/keywords/{keyword}", Need::Read, lists::of_keyword)
        .in_registry(Method::GET, "/categories", Need::Read, categories::all)
        .in_registry(Method::GET, "/categories/{slug}", Need::Read, categories::one)
        .in_registry(Method::GET, "/users/{login}", Need::Read, user::get)
        .in_registry(Method::GET, "/teams/{login}", Need::Read, team::get)
        .in_registry(Method::GET, "/crates/{name}", Need::Read, krate::get)
        .in_registry(Method::GET, "/crates/{name}/versions", Need::Read, krate::versions)
        .in_registry(Method::GET, "/crates/{name}/dependencies", Need::Read, krate::dependencies)
        .in_registry(Method::GET, "/crates/{name}/reverse_dependencies", Need::Read, krate::dependents)
        .in_registry(Method::GET, "/crates/{name}/{version}", Need::Read, krate::get_version)
        .in_registry(
            Method::GET,
            "/crates/{name}/{version}/dependencies",
            Need::Read,
            krate::dependencies_of_version,
        )
}
