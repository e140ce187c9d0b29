//! For every route a request that only a missing right can make fail. One file for each noun: a new route goes into the
//! file of its noun, a new noun is one more line in [`nouns`].

use cratekeep_http::RouteInfo;
use cratekeep_tests::{Door, Person, TestApp};

use crate::scene::Scene;

/// A request for a route, without its method and without who sends it.
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// A status that shows as well as success that the right was there.
    pub(crate) passes_with: Option<u16>,
    /// Who asks instead, where the request uses the credential up.
    pub(crate) instead: Option<Door>,
}

/// What a recipe may look at.
pub(crate) struct Asking<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) scene: &'a Scene,
    pub(crate) route: &'a RouteInfo,
    /// Who will ask, as the column is called.
    pub(crate) who: &'static str,
    /// Who will ask, at the registry.
    pub(crate) door: &'a Door,
    /// The registry, where it is not the default one.
    pub(crate) registry: Option<&'a str>,
}

impl Ask {
    pub(crate) fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), body: Vec::new(), passes_with: None, instead: None }
    }

    pub(crate) fn with(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::of(path) }
    }

    /// This status shows as well that the right was there: the request then failed for another reason.
    pub(crate) fn passing_with(self, status: u16) -> Self {
        Self { passes_with: Some(status), ..self }
    }
}

impl Asking<'_> {
    /// The method and the path pattern without the registry, to be matched on.
    pub(crate) fn route(&self) -> (&str, &str) {
        let path = self.route.path.strip_prefix("/r/{registry}").unwrap_or(&self.route.path);
        (self.route.method.as_str(), path)
    }

    /// An account that nobody used before.
    pub(crate) async fn somebody_new(&self) -> Person {
        self.app.person(&format!("person-{}", self.scene.number())).await
    }

    /// Somebody, at the registry of the request.
    pub(crate) fn here(&self, person: &Person) -> Person {
        self.registry.map_or_else(|| person.clone(), |name| person.at(name))
    }
}

/// Names the files of recipes and asks them in turn. Each has `async fn ask(asking: &Asking<'_>) -> Option<Ask>`.
macro_rules! nouns {
    ($($noun:ident,)+) => {
        $(mod $noun;)+

        /// The request for a route; `None` when no file knows the route, which fails the test.
        pub(crate) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
            $(if let Some(ask) = $noun::ask(asking).await {
                return Some(ask);
            })+
            None
        }
    };
}

nouns! {
    account,
    admin,
    connect,
    builds,
    files,
    index,
    owners,
    pages,
    provider,
    publish,
    readers,
    reading,
    search,
    setup,
    tokens,
    yank,
}
