//! The face for browsers: server-rendered pages that need no script. Paths and rights stand in [`routes`].
//!
//! So far there are the pages that cannot be done without: how to begin, where a token comes from, and the first
//! administrator.

mod around;
mod connect;
mod front;
mod me;
mod page;
mod provider;
mod setup;
mod spans;
mod style;
mod tokens;

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
        .at_root(Method::GET, "/settings/tokens", Need::SignedIn, tokens::list)
        .at_root(Method::GET, "/settings/tokens/new", Need::SignedIn, tokens::form)
        .at_root(Method::POST, "/settings/tokens/new", Need::SignedIn, tokens::create)
        .at_root(Method::POST, "/settings/tokens/{id}/revoke", Need::SignedIn, tokens::revoke)
        .at_root(Method::GET, "/connect", Need::SignedIn, connect::get)
        .at_root(Method::POST, "/connect", Need::SignedIn, connect::post)
        .at_root(Method::GET, "/setup/{code}", Need::Nothing, setup::get)
        .at_root(Method::POST, "/setup/{code}", Need::Nothing, setup::post)
        .at_root(Method::GET, "/assets/cratekeep.css", Need::Nothing, style::get)
        .wrapped(around::around)
}
