//! The one table of routes: each with the right it needs. A route cannot be added without saying so.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use cratekeep_app::App;
use http::Method;

use crate::change::pass;
use crate::guard::absent;

/// The right that a route needs. The use case behind it decides; the generated test checks that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing: health, set-up, pages that tell how to begin.
    Nothing,
    /// To read the registry.
    Read,
    /// To publish: the scope `publish-new` or `publish-update`, and to be an owner of an existing crate.
    Publish,
    /// The scope `yank`, and to be an owner.
    Yank,
    /// The scope `change-owners`, and to be an owner.
    ChangeOwners,
    /// The scope `trusted-publishing`, and to be an owner.
    TrustedPublishing,
    /// To be an owner, signed in or with a token without named scopes: who sees a crate, its settings.
    ChangeCrate,
    /// To be an owner, signed in with a browser: deletion.
    Delete,
    /// To act for an account of one's own, signed in or with a token without named scopes: tokens, mail, invitations.
    OwnAccount,
    /// To read the registry, and to act for an account of one's own in it: following crates.
    Follow,
    /// Any token of an account: it may take itself back.
    OwnToken,
    /// To be signed in with a browser: pages that no token opens.
    SignedIn,
    /// A proof of its own kind in the request, which is no credential of an account: a build's identity token, a
    /// signature, a link sent by mail, a password.
    OwnProof,
    /// To administer the registry: its members, names and crates.
    AdministerRegistry,
    /// To administer the server.
    Administer,
}

impl Need {
    /// Every need, in the order of a table for people.
    pub const ALL: [Self; 15] = [
        Self::Nothing,
        Self::OwnProof,
        Self::Read,
        Self::Publish,
        Self::Yank,
        Self::ChangeOwners,
        Self::TrustedPublishing,
        Self::ChangeCrate,
        Self::Delete,
        Self::OwnAccount,
        Self::Follow,
        Self::OwnToken,
        Self::SignedIn,
        Self::AdministerRegistry,
        Self::Administer,
    ];
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path pattern, as the router has it.
    pub path: String,
    /// The right it needs.
    pub need: Need,
}

/// Routes with their rights, on their way to a router.
#[derive(Default)]
pub struct Routes {
    list: Vec<RouteInfo>,
    router: Router<App>,
    answers_the_rest: bool,
}

impl Routes {
    /// No routes: everything is denied.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route at the root of the server.
    #[must_use]
    pub fn at_root<H, T>(mut self, method: Method, path: &str, need: Need, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(method, path.to_owned(), need, handler);
        self
    }

    /// Adds a route of a registry: at the root for the default registry, under `/r/{registry}` for each by name.
    #[must_use]
    pub fn in_registry<H, T>(mut self, method: Method, path: &str, need: Need, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(method.clone(), path.to_owned(), need, handler.clone());
        self.add(method, format!("/r/{{registry}}{path}"), need, handler);
        self
    }

    /// Both tables in one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self.answers_the_rest |= other.answers_the_rest;
        self.router = self.router.merge(other.router);
        self
    }

    /// Answers requests that fit no route. Without one they get the plain failure of the API.
    #[must_use]
    pub fn otherwise<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.router = self.router.fallback(handler);
        self.answers_the_rest = true;
        self
    }

    /// Lets something stand around every handler so far.
    #[must_use]
    pub fn wrapped<F, A>(mut self, around: F) -> Self
    where
        F: Fn(Request, Next) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        self.router = self.router.layer(from_fn(around));
        self
    }

    /// Every route with its right, in the order they were added.
    #[must_use]
    pub fn list(&self) -> &[RouteInfo] {
        &self.list
    }

    /// The router of exactly these routes.
    pub fn into_router(self) -> Router<App> {
        if self.answers_the_rest { self.router } else { self.router.fallback(absent) }
    }

    fn add<H, T>(&mut self, method: Method, path: String, need: Need, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("routes use the standard methods");
        let route = RouteInfo { method, path, need };
        let mut one: MethodRouter<App> = on(filter, handler);
        if !route.method.is_safe() {
            let around = Arc::new(route.clone());
            one = one.layer(from_fn(move |request, next| pass(Arc::clone(&around), request, next)));
        }
        self.router = std::mem::take(&mut self.router).route(&route.path, one);
        self.list.push(route);
    }
}
