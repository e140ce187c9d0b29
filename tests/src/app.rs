//! A server under test with the people who ask it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use cratekeep_app::{App, Caller};
use cratekeep_blob::BlobClass;
use cratekeep_http::RouteInfo;
use cratekeep_store::Store;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::postgres::DatabaseHandle;
use cratekeep_testkit::remote::{Remote, answer};
use cratekeep_testkit::s3::S3Server;
use cratekeep_types::{Checksum, ManualClock, UserName};
use cratekeep_wire::control::{
    AdminCommand, AdminReply, MemberCommand, RegistryCommand, RegistryCreate, ServiceCommand, TokenCommand,
    UserCommand,
};
use tokio::sync::Mutex;

use crate::engine::World;
use crate::mail;
use crate::node::{CountedEntropy, Node, Shared, routes};
use crate::who::Door;
use crate::{Engine, Nobody, Person, START, Spec, TokenWish};

/// A whole server with everything around it.
#[derive(Debug)]
pub struct TestApp {
    pub(crate) shared: Shared,
    pub(crate) node: Node,
    http: HttpClient,
    people: Mutex<HashMap<String, Person>>,
}

/// How a registry beside the default one is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistryWish<'a> {
    /// `internal` or `closed`; `None` means open.
    pub access: Option<&'a str>,
    /// Whether a dependency without `registry-index` means this registry.
    pub stands_for_crates_io: bool,
    /// `allow` or `refuse`; `None` means the server's default.
    pub unknown_dependencies: Option<&'a str>,
    /// `crates-io` or `relaxed`; `None` means the server's default.
    pub upload_rules: Option<&'a str>,
}

/// Runs one case on a fresh server and checks at its end what must hold after every test.
///
/// # Panics
/// The case or the checks fail.
pub async fn run(spec: Spec, case: impl AsyncFn(&TestApp)) {
    let app = TestApp::start(spec).await;
    case(&app).await;
    app.finish().await;
}

impl TestApp {
    /// Starts a server.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn start(spec: Spec) -> Self {
        let clock = ManualClock::new(START.parse().expect("a time"));
        let mut shared = Shared {
            world: World::make(spec.engine).await,
            clock: Arc::new(clock),
            entropy: Arc::new(CountedEntropy::default()),
            options: spec.options,
            trusted_proxies: spec.trusted_proxies,
            mail: None,
        };
        shared.mail = mail::place(&spec.mail, &shared.world);
        let forge = forge().await;
        if shared.options.trust.github_api.is_empty() {
            shared.options.trust.github_api = forge.url("");
        }
        let node = Node::start(&shared, "node-1").await;
        if shared.options.base_url.is_empty() {
            node.url().clone_into(&mut shared.options.base_url);
        }
        let http = HttpClient::plain(node.url()).expect("a client");
        Self { shared, node, http, people: Mutex::default() }
    }

    /// Starts one more server on the same data, as a second node of the same registry.
    pub async fn second_node(&self) -> Node {
        Node::start(&self.shared, "node-2").await
    }

    /// As [`TestApp::second_node`], with other settings.
    pub async fn second_node_with(&self, change: impl FnOnce(&mut cratekeep_app::Options)) -> Node {
        let mut options = self.shared.options.clone();
        change(&mut options);
        Node::start_with(&self.shared, "node-2", options).await
    }

    /// Which engines it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.shared.world.engine()
    }

    /// The use cases, for what has no door of its own yet.
    #[must_use]
    pub fn app(&self) -> &App {
        self.node.app()
    }

    /// The server.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Where the server listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.node.url()
    }

    /// The clock that the server reads.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.shared.clock
    }

    /// Every route the server answers to, with the right it needs.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteInfo> {
        routes().list().to_vec()
    }

    /// The S3 server, to be told to fail; only where there is one.
    ///
    /// # Panics
    /// The test runs on a folder.
    #[must_use]
    pub fn s3(&self) -> &S3Server {
        self.shared.world.s3().expect("this test runs on S3")
    }

    /// The PostgreSQL database, to be cut off; only where there is one.
    ///
    /// # Panics
    /// The test runs on SQLite.
    #[must_use]
    pub fn postgres(&self) -> DatabaseHandle {
        self.shared.world.postgres().expect("this test runs on PostgreSQL")
    }

    /// The database behind the use cases, to be changed behind their back.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.node.store()
    }

    /// The folder of temporary files that uploads go through.
    #[must_use]
    pub fn spool_folder(&self) -> PathBuf {
        self.shared.world.spool_folder()
    }

    /// Every byte that SQLite keeps, in all of its files.
    ///
    /// # Panics
    /// The test runs on PostgreSQL, or a file cannot be read.
    #[must_use]
    pub fn database_bytes(&self) -> Vec<u8> {
        self.shared.world.database_bytes()
    }

    /// The file behind a published crate, to be damaged behind the server's back.
    #[must_use]
    pub fn object_file(&self, checksum: &Checksum) -> PathBuf {
        self.shared.world.object_file(BlobClass::Hosted, checksum)
    }

    /// Somebody without a token.
    #[must_use]
    pub fn nobody(&self) -> Nobody {
        Nobody(self.door(None))
    }

    /// The owner of what the test publishes.
    pub async fn owner(&self) -> Person {
        self.person("olga").await
    }

    /// Somebody with an account and no crates.
    pub async fn stranger(&self) -> Person {
        self.person("stan").await
    }

    /// An administrator of the server.
    pub async fn administrator(&self) -> Person {
        self.person_with("adam", true).await
    }

    /// Somebody with an account of this name and a token for everything, made at the first call.
    pub async fn person(&self, name: &str) -> Person {
        self.person_with(name, false).await
    }

    /// A service account of this name with a token for everything, made at the first call.
    pub async fn service(&self, name: &str) -> Person {
        let mut people = self.people.lock().await;
        if let Some(known) = people.get(name) {
            return known.clone();
        }
        let create = ServiceCommand::Create { name: name.to_owned(), email: None };
        self.admin(AdminCommand::Service(create)).await;
        let service = self.make_token(name, TokenWish::default()).await;
        people.insert(name.to_owned(), service.clone());
        service
    }

    async fn person_with(&self, name: &str, admin: bool) -> Person {
        let mut people = self.people.lock().await;
        if let Some(known) = people.get(name) {
            return known.clone();
        }
        let create = UserCommand::Create { name: name.to_owned(), email: None, admin };
        self.admin(AdminCommand::User(create)).await;
        let person = self.make_token(name, TokenWish::default()).await;
        people.insert(name.to_owned(), person.clone());
        person
    }

    /// A token for somebody who has an account already, however it was made.
    pub async fn holder(&self, name: &str) -> Person {
        self.make_token(name, TokenWish::default()).await
    }

    /// The same person with another token.
    pub async fn token_for(&self, person: &Person, wish: TokenWish<'_>) -> Person {
        let made = self.make_token(&person.name, wish).await;
        Person { door: Door { prefix: person.door.prefix.clone(), ..made.door.clone() }, ..made }
    }

    /// Takes a person's token back.
    ///
    /// # Panics
    /// The server does not know the token.
    pub async fn revoke(&self, person: &Person) {
        let name: UserName = person.name.parse().expect("a user name");
        let held =
            self.app().list_tokens(&Caller::operator(), Some(&name)).await.expect("the tokens are listed");
        let known = held.iter().find(|held| held.token.label == person.label).expect("it is listed");
        self.admin(AdminCommand::Token(TokenCommand::Revoke { id: known.token.id.0 })).await;
    }

    /// Makes a registry beside the default one.
    pub async fn registry(&self, name: &str, wish: RegistryWish<'_>) {
        self.admin(AdminCommand::Registry(RegistryCommand::Create(RegistryCreate {
            name: name.to_owned(),
            kind: "hosted".to_owned(),
            access: wish.access.map(str::to_owned),
            closed: false,
            new_crates: None,
            stands_for_crates_io: wish.stands_for_crates_io,
            unknown_dependencies: wish.unknown_dependencies.map(str::to_owned),
            upload_rules: wish.upload_rules.map(str::to_owned),
        })))
        .await;
    }

    /// Makes a user or a team a member of a registry.
    pub async fn member(&self, registry: &str, who: &str, role: &str) {
        let (registry, who, role) = (registry.to_owned(), who.to_owned(), role.to_owned());
        self.admin(AdminCommand::Member(MemberCommand::Add { registry, who, role })).await;
    }

    /// Runs a command of the operator, which must succeed.
    ///
    /// # Panics
    /// It is refused.
    pub async fn admin(&self, command: AdminCommand) -> AdminReply {
        let shown = format!("{command:?}");
        match self.app().run_at_shell(command).await {
            AdminReply::Refused { problems } => panic!("{shown} was refused: {}", problems.join("; ")),
            reply => reply,
        }
    }

    fn door(&self, credential: Option<String>) -> Door {
        let base_url = self.shared.options.base_url.clone();
        let (headers, form_key) = (Vec::new(), None);
        Door { http: self.http.clone(), base_url, prefix: String::new(), credential, headers, form_key }
    }

    async fn make_token(&self, user: &str, wish: TokenWish<'_>) -> Person {
        let count = self.shared.entropy.count();
        let label = format!("token {count}");
        let command = TokenCommand::Create {
            user: user.to_owned(),
            name: label.clone(),
            scope: wish.scope.map(str::to_owned),
            crates: wish.crates.iter().map(|&pattern| pattern.to_owned()).collect(),
            registries: wish.registries.iter().map(|&name| name.to_owned()).collect(),
            addresses: wish.addresses.iter().map(|&network| network.to_owned()).collect(),
            expires_secs: wish.expires_secs,
        };
        let AdminReply::Token { token } = self.admin(AdminCommand::Token(command)).await else {
            panic!("the answer to the making of a token is a token");
        };
        Person { name: user.to_owned(), label, door: self.door(Some(token.clone())), token }
    }
}

/// Stands for GitHub's API, which knows one organization here: `acme`, with the number 42.
async fn forge() -> Remote {
    Remote::start(|request| match request.split(' ').nth(1) {
        Some("/users/acme") => answer(200, "{\"login\":\"Acme\",\"id\":42,\"type\":\"Organization\"}"),
        _ => answer(404, "{}"),
    })
    .await
}
