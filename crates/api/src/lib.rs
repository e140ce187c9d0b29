//! The face for cargo and for JSON clients: one file for each thing that can be asked.
//!
//! A handler extracts, calls one use case and renders. Paths and rights stand in [`routes`] and nowhere else.

mod account;
mod admin;
mod bodies;
mod categories;
mod credential;
mod delete;
mod dependencies;
mod download;
mod dump;
mod events;
mod feed;
mod followed_krate;
mod front;
mod health;
mod index;
mod invitations;
mod keywords;
mod krate;
mod leaks;
mod owners;
mod paging;
mod people;
mod publish;
mod readers;
mod readme;
mod search;
mod session;
mod site;
mod statistics;
mod summary;
mod tokens;
mod trusted_publishing;
mod versions;
mod yank;

use axum::http::Method;
use cratekeep_http::{Need, Routes};

use crate::trusted_publishing as builds;

pub use front::Front;
pub use health::Readiness;

/// Every route of this face with the right it needs.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .and(build_routes())
        .in_registry(Method::GET, "/index/{*path}", Need::Read, index::get)
        .in_registry(Method::PUT, "/api/v1/crates/new", Need::Publish, publish::put)
        .in_registry(Method::GET, "/api/v1/crates", Need::Read, search::get)
        .in_registry(Method::GET, "/api/v1/suggestions", Need::Read, search::suggest)
        .in_registry(Method::GET, "/api/v1/crates/new", Need::Read, krate::get_new)
        .in_registry(Method::GET, "/api/v1/crates/{name}", Need::Read, krate::get)
        .in_registry(Method::PATCH, "/api/v1/crates/{name}", Need::TrustedPublishing, krate::patch)
        .in_registry(Method::GET, "/api/v1/crates/{name}/versions", Need::Read, versions::list)
        .in_registry(Method::GET, "/api/v1/crates/{name}/downloads", Need::Read, statistics::of_crate)
        .in_registry(
            Method::GET,
            "/api/v1/crates/{name}/reverse_dependencies",
            Need::Read,
            dependencies::dependents,
        )
        .in_registry(Method::GET, "/api/v1/crates/{name}/{version}", Need::Read, versions::get)
        .in_registry(Method::GET, "/api/v1/crates/{name}/{version}/authors", Need::Read, versions::authors)
        .in_registry(
            Method::GET,
            "/api/v1/crates/{name}/{version}/dependencies",
            Need::Read,
            dependencies::list,
        )
        .in_registry(
            Method::GET,
            "/api/v1/crates/{name}/{version}/downloads",
            Need::Read,
            statistics::of_version,
        )
        .in_registry(Method::GET, "/api/v1/downloads", Need::Read, statistics::of_registry)
        .in_registry(Method::GET, "/api/v1/summary", Need::Read, summary::get)
        .in_registry(Method::GET, "/api/v1/categories", Need::Read, categories::list)
        .in_registry(Method::GET, "/api/v1/categories/{slug}", Need::Read, categories::get)
        .in_registry(Method::GET, "/api/v1/category_slugs", Need::Read, categories::slugs)
        .in_registry(Method::GET, "/api/v1/events", Need::Read, events::get)
        .in_registry(Method::GET, "/api/v1/keywords", Need::Read, keywords::list)
        .in_registry(Method::GET, "/api/v1/keywords/{keyword}", Need::Read, keywords::get)
        .in_registry(Method::DELETE, "/api/v1/crates/{name}/{version}/yank", Need::Yank, yank::yank)
        .in_registry(Method::PUT, "/api/v1/crates/{name}/{version}/unyank", Need::Yank, yank::unyank)
        .in_registry(Method::PUT, "/api/v1/crates/{name}/owners", Need::ChangeOwners, owners::add)
        .in_registry(Method::DELETE, "/api/v1/crates/{name}/owners", Need::ChangeOwners, owners::remove)
        .in_registry(Method::GET, "/api/v1/crates/{name}/readers", Need::ChangeCrate, readers::get)
        .in_registry(Method::PUT, "/api/v1/crates/{name}/readers", Need::ChangeCrate, readers::put)
        .in_registry(Method::GET, "/api/v1/crates/{name}/{version}/download", Need::Read, download::redirect)
        .in_registry(Method::GET, "/api/v1/crates/{name}/{version}/readme", Need::Read, readme::redirect)
        .in_registry(Method::GET, "/db-dump.tar.gz", Need::Read, dump::get)
        .in_registry(Method::GET, "/readmes/{name}/{file}", Need::Read, readme::get)
        .in_registry(Method::GET, "/crates/{name}/{version}/download", Need::Read, download::get)
        .in_registry(Method::GET, "/api/v1/me/tokens", Need::OwnAccount, tokens::list)
        .in_registry(Method::PUT, "/api/v1/me/tokens", Need::OwnAccount, tokens::create)
        .in_registry(Method::GET, "/api/v1/me/tokens/{id}", Need::OwnAccount, tokens::get)
        .in_registry(Method::DELETE, "/api/v1/me/tokens/{id}", Need::OwnAccount, tokens::revoke)
        .in_registry(Method::PUT, "/api/v1/me/tokens/{id}/renew", Need::OwnAccount, tokens::renew)
        .in_registry(Method::DELETE, "/api/v1/tokens/current", Need::OwnToken, tokens::revoke_current)
        .in_registry(Method::POST, "/api/v1/tokens/report", Need::Nothing, leaks::report)
        .at_root(Method::POST, "/api/github/secret-scanning/verify", Need::OwnProof, leaks::alert)
        .in_registry(Method::POST, "/api/v1/credential/begin", Need::Nothing, credential::begin)
        .in_registry(Method::POST, "/api/v1/credential/poll", Need::OwnProof, credential::poll)
        .in_registry(Method::DELETE, "/api/v1/crates/{name}", Need::Delete, delete::delete)
        .at_root(Method::GET, "/api/v1/site_metadata", Need::Nothing, site::get)
        .at_root(Method::POST, "/api/v1/admin/commands", Need::Administer, admin::post)
        .at_root(Method::GET, "/api/v1/admin/audit", Need::Administer, admin::audit)
        .at_root(Method::GET, "/health/live", Need::Nothing, health::live)
        .at_root(Method::GET, "/health/ready", Need::Nothing, health::ready)
        .and(of_accounts())
        .and(of_owners())
        .and(of_readers())
}

/// The account that asks, and its session.
fn of_accounts() -> Routes {
    Routes::new()
        .at_root(Method::GET, "/api/v1/me", Need::OwnAccount, account::me)
        .at_root(
            Method::PUT,
            "/api/v1/me/email_notifications",
            Need::OwnAccount,
            account::email_notifications,
        )
        .at_root(Method::PUT, "/api/v1/users/{id}", Need::OwnAccount, account::change)
        .at_root(Method::PUT, "/api/v1/users/{id}/resend", Need::OwnAccount, account::resend)
        .at_root(Method::PUT, "/api/v1/confirm/{token}", Need::OwnProof, account::confirm)
        .at_root(Method::POST, "/api/private/session/begin", Need::Nothing, session::begin)
        .at_root(Method::POST, "/api/private/session/authorize", Need::OwnProof, session::authorize)
        .at_root(Method::DELETE, "/api/private/session", Need::Nothing, session::sign_out)
}

/// What is new, for who follows it.
fn of_readers() -> Routes {
    let path = "/api/v1/crates/{name}/follow";
    Routes::new()
        .in_registry(Method::PUT, path, Need::Follow, followed_krate::follow)
        .in_registry(Method::DELETE, path, Need::Follow, followed_krate::unfollow)
        .in_registry(
            Method::GET,
            "/api/v1/crates/{name}/following",
            Need::Follow,
            followed_krate::is_followed,
        )
        .in_registry(Method::GET, "/api/v1/me/updates", Need::Follow, followed_krate::updates)
        .in_registry(Method::GET, "/feeds/{file}", Need::Read, feed::of_registry)
        .in_registry(Method::GET, "/feeds/crates/{file}", Need::Read, feed::of_one_crate)
}

/// Who owns what, and who is invited to.
fn of_owners() -> Routes {
    Routes::new()
        .in_registry(Method::GET, "/api/v1/crates/{name}/owners", Need::Read, owners::list)
        .in_registry(Method::GET, "/api/v1/crates/{name}/owner_user", Need::Read, owners::list_users)
        .in_registry(Method::GET, "/api/v1/crates/{name}/owner_team", Need::Read, owners::list_teams)
        .in_registry(Method::GET, "/api/v1/users/{id}", Need::Read, people::user)
        .in_registry(Method::GET, "/api/v1/users/{id}/stats", Need::Read, people::stats)
        .in_registry(Method::GET, "/api/v1/teams/{login}", Need::Read, people::team)
        .in_registry(Method::GET, "/api/v1/me/crate_owner_invitations", Need::OwnAccount, invitations::mine)
        .in_registry(Method::GET, "/api/private/crate_owner_invitations", Need::OwnAccount, invitations::list)
        .in_registry(
            Method::PUT,
            "/api/v1/me/crate_owner_invitations/{crate_id}",
            Need::OwnAccount,
            invitations::answer,
        )
        .in_registry(
            Method::PUT,
            "/api/v1/me/crate_owner_invitations/accept/{token}",
            Need::OwnProof,
            invitations::accept,
        )
}

/// Routes by which builds publish without a person.
fn build_routes() -> Routes {
    let base = "/api/v1/trusted_publishing";
    let need = Need::TrustedPublishing;
    let path = |tail: &str| format!("{base}/{tail}");
    Routes::new()
        .in_registry(Method::POST, &path("tokens"), Need::OwnProof, builds::exchange)
        .in_registry(Method::DELETE, &path("tokens"), Need::OwnProof, builds::revoke)
        .in_registry(Method::GET, &path("github_configs"), need, builds::github::list)
        .in_registry(Method::POST, &path("github_configs"), need, builds::github::create)
        .in_registry(Method::DELETE, &path("github_configs/{id}"), need, builds::github::remove)
        .in_registry(Method::GET, &path("gitlab_configs"), need, builds::gitlab::list)
        .in_registry(Method::POST, &path("gitlab_configs"), need, builds::gitlab::create)
        .in_registry(Method::DELETE, &path("gitlab_configs/{id}"), need, builds::gitlab::remove)
        .in_registry(Method::GET, &path("oidc_configs"), need, builds::oidc::list)
        .in_registry(Method::POST, &path("oidc_configs"), need, builds::oidc::create)
        .in_registry(Method::DELETE, &path("oidc_configs/{id}"), need, builds::oidc::remove)
}
