//! For every route a request that only a missing right can make fail. One file for each noun: a new route goes into the
//! file of its noun, a new noun is one more line in [`nouns`].

use cratekeep_http::RouteInfo;
use cratekeep_tests::{Door, Person, TestApp, TokenWish};

use crate::principals::{Is, Principal};
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
    /// Who will ask.
    pub(crate) who: &'a Principal,
    /// Whether they have the right: then what the request uses up should be made for it.
    pub(crate) passes: bool,
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

impl Ask {
    /// The body; a form from the page of a session carries the session's key.
    pub(crate) fn body_from(&self, door: &Door) -> Vec<u8> {
        match door.form_key() {
            Some(key) if !self.path.contains("/api/") => {
                [format!("key={key}&").into_bytes(), self.body.clone()].concat()
            }
            _ => self.body.clone(),
        }
    }
}

impl Asking<'_> {
    /// A crate of the owner's that nobody used before; a service gets one of its own.
    pub(crate) async fn new_crate(&self) -> String {
        let name = format!("spare-{}", self.scene.number());
        let publisher = match self.who.word {
            "service" => self.account().await,
            _ => self.scene.owner.clone(),
        };
        self.here(&publisher).has_published(&name, "1.0.0").await;
        name
    }

    /// The account of who asks, with a token for everything.
    pub(crate) async fn account(&self) -> Person {
        self.scene.person(self.app, self.who).await
    }

    /// The number of a crate that who asks was invited to own; `None` where nobody can invite them.
    pub(crate) async fn new_invitation(&self) -> Option<i64> {
        let name = format!("spare-{}", self.scene.number());
        let host = match self.who.is {
            Is::Owner => self.app.administrator().await,
            _ => self.scene.owner.clone(),
        };
        let (host, guest) = (self.here(&host), self.account().await);
        host.has_published(&name, "1.0.0").await;
        let _ = host.add_owners(&name, &[guest.name()]).await;
        let list = self.here(&guest).fetch("/api/v1/me/crate_owner_invitations").await.json();
        let pending = list["crate_owner_invitations"].as_array()?;
        pending.iter().find(|pending| pending["crate_name"] == name)?["crate_id"].as_i64()
    }

    /// The number of a token that who asks can do without.
    pub(crate) async fn new_token(&self) -> i64 {
        let account = self.account().await;
        let _ = self.app.token_for(&account, TokenWish::default()).await;
        let list = account.fetch("/api/v1/me/tokens").await.expect_status(200).json();
        let ids = list["api_tokens"].as_array().expect("a list").iter().map(|token| token["id"].as_i64());
        ids.max().flatten().expect("it is listed")
    }

    /// The method and the path pattern without the registry, to be matched on.
    pub(crate) fn route(&self) -> (&str, &str) {
        let path = self.route.path.strip_prefix("/r/{registry}").unwrap_or(&self.route.path);
        (self.route.method.as_str(), path)
    }

    /// An account that nobody used before, which may read the registry.
    pub(crate) async fn somebody_new(&self) -> Person {
        let name = format!("person-{}", self.scene.number());
        let person = self.app.person(&name).await;
        if let Some(registry) = self.registry {
            self.app.member(registry, &name, "reader").await;
        }
        person
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
    followed,
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
