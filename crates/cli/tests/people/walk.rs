//! One walk through everything that people do: sign in, confirm mail, make a token, publish, invite, accept.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::oidc::{CLIENT_ID, CLIENT_SECRET, OidcProvider};
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_types::{Clock as _, SystemClock};
use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;

/// The password of the first administrator.
pub(crate) const PASSWORD: &str = "canary correct horse battery";
/// The key that provider tokens are sealed with.
pub(crate) const VAULT_KEY: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
/// How long a letter may take from its cause to the folder.
const MAIL_DEADLINE: Duration = Duration::from_secs(60);

/// What the walk met that nobody else may ever see.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) texts: Vec<(&'static str, String)>,
}

impl Secrets {
    fn keep(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 8, "{what} is too short to be looked for: {text}");
        self.texts.push((what, text.to_owned()));
    }
}

/// A server with a provider beside it and mail in a folder.
pub(crate) struct Town {
    pub(crate) server: Server,
    pub(crate) secrets: Secrets,
    provider: OidcProvider,
    mail: TempDir,
}

impl Town {
    pub(crate) async fn build() -> Self {
        let provider = OidcProvider::start(SystemClock.now().0 / 1_000_000).await;
        let mail = TempDir::new().expect("a temporary folder");
        let tables = format!(
            "[[provider]]\nname = \"work\"\nkind = \"oidc\"\ntitle = \"Work\"\nissuer = \"{}\"\n\
             client_id = \"{CLIENT_ID}\"\nclient_secret = \"{CLIENT_SECRET}\"\nsign_up = \"open\"\n",
            provider.issuer()
        );
        let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
            .env("CRATEKEEP_AUTH__PROVIDERS", tables)
            .env("CRATEKEEP_AUTH__VAULT_KEY", VAULT_KEY)
            .env("CRATEKEEP_OUTBOUND__ALLOW_PRIVATE", "true")
            .env("CRATEKEEP_MAIL__URL", format!("file://{}", mail.path().display()))
            .env("CRATEKEEP_MAIL__FROM", "crates@example.org")
            .env("CRATEKEEP_LOG__LEVEL", "trace")
            .start()
            .expect("the server starts");
        let mut secrets = Secrets::default();
        secrets.keep("vault key", VAULT_KEY);
        secrets.keep("client secret", CLIENT_SECRET);
        secrets.keep("password", PASSWORD);
        Self { server, secrets, provider, mail }
    }

    /// The first administrator, by the link that the server printed.
    pub(crate) async fn first_administrator(&mut self) -> Browser {
        let printed = self.printed("/setup/");
        let link = printed.split_whitespace().find(|word| word.contains("/setup/")).expect("a link");
        let mut browser = Browser::new(self.server.url());
        browser.open(link).await;
        browser.send("", &[("name", "adam"), ("password", PASSWORD)]).await;
        let cookies: Vec<_> = browser.cookies().map(str::to_owned).collect();
        assert!(!cookies.is_empty(), "the administrator is signed in:\n{}", browser.page());
        cookies.iter().for_each(|text| self.secrets.keep("session of the administrator", text));
        browser
    }

    /// Somebody who comes by the provider, with a mail address that was confirmed by its link.
    pub(crate) async fn newcomer(&mut self, name: &'static str) -> Browser {
        self.provider.person(json!({ "sub": format!("id-of-{name}"), "preferred_username": name }));
        let mut browser = Browser::new(self.server.url());
        browser.open("/sign-in").await.sees("Work");
        browser.open("/sign-in/work").await.open("/settings/profile").await.sees(name);
        let cookies: Vec<_> = browser.cookies().map(str::to_owned).collect();
        cookies.iter().for_each(|text| self.secrets.keep("session", text));
        let address = format!("{name}@example.org");
        browser.send("/settings/mail", &[("email", &address)]).await;
        let link = self.link_in_letter(&address, "/confirm/");
        self.secrets.keep("confirmation link", last_part(&link));
        browser.open(&link).await.send("", &[]).await.open("/settings/profile").await.sees("confirmed");
        browser
    }

    /// A token from the page for it, made by somebody who is signed in.
    pub(crate) async fn token(&mut self, browser: &mut Browser) -> String {
        browser.open("/settings/tokens/new").await;
        let fields =
            [("name", "walk"), ("scope", "publish-new"), ("scope", "change-owners"), ("life", "2592000")];
        browser.send("/settings/tokens/new", &fields).await;
        let token = format!("ckp_{}", browser.between("ckp_", "<").trim());
        self.secrets.keep("token", &token);
        token
    }

    /// The link whose path begins with `path` in the newest letter to an address.
    pub(crate) fn link_in_letter(&self, address: &str, path: &str) -> String {
        let began = Instant::now();
        while began.elapsed() < MAIL_DEADLINE {
            let letters = letters_to(self.mail.path(), address);
            let link = letters
                .iter()
                .rev()
                .find_map(|text| text.split_whitespace().find(|word| word.contains(path)).map(str::to_owned));
            if let Some(link) = link {
                return link;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no letter to {address} with a link to {path}");
    }

    /// What the server printed, once it has this text.
    fn printed(&self, text: &str) -> String {
        let began = Instant::now();
        while began.elapsed() < MAIL_DEADLINE {
            let printed = format!("{}\n{}", self.server.stdout(), self.server.stderr());
            if printed.contains(text) {
                return printed;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server never printed `{text}`");
    }
}

fn letters_to(folder: &Path, address: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
    let texts = paths.iter().filter_map(|path| fs::read_to_string(path).ok());
    // Quoted-printable breaks long lines and writes `=` as `=3D`.
    let plain = texts.map(|text| text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "="));
    plain.filter(|text| text.contains(&format!("To: {address}"))).collect()
}

fn last_part(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or(link)
}

/// The walk itself: two people, a crate, an invitation.
pub(crate) async fn walk(town: &mut Town) {
    let mut ann = town.newcomer("ann").await;
    let mut bob = town.newcomer("bob").await;
    let token = town.token(&mut ann).await;

    let mut cargo = CargoCase::new().expect("a home for cargo");
    cargo.registry("keep", &town.server.index_url("main")).expect("settings");
    let root = cargo.root().to_owned();
    let run =
        |cargo: &CargoCase, folder: &Path, args: &[&str]| cargo.run(folder, args).expect("cargo starts");
    cargo
        .run_with_input(&root, &["login", "--registry", "keep"], &format!("{token}\n"))
        .expect("cargo starts")
        .success();
    let folder = cargo.package("walked", "1.0.0").write().expect("a package");
    run(&cargo, &folder, &["publish", "--registry", "keep"]).success();
    run(&cargo, &root, &["owner", "walked", "--add", "bob", "--registry", "keep"])
        .success()
        .says("user bob has been invited to be an owner of crate walked");
    run(&cargo, &root, &["owner", "walked", "--list", "--registry", "keep"]).success().says("ann");

    let link = town.link_in_letter("bob@example.org", "/accept-invite/");
    town.secrets.keep("invitation", last_part(&link));
    bob.open(&link).await.sees("walked");
    bob.send("", &[("answer", "accept")]).await;
    let owners =
        run(&cargo, &root, &["owner", "walked", "--list", "--registry", "keep"]).success().says("bob");
    drop(owners);
    assert!(!ann.path().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_publish_and_share_a_crate() {
    let mut town = Town::build().await;
    let mut adam = town.first_administrator().await;
    adam.open("/settings/sessions").await.sees("adam");
    walk(&mut town).await;
    // Who left is nobody any more, also for the next page.
    let key_page = adam.open("/settings/profile").await.page().to_owned();
    assert!(key_page.contains("Sign out"), "{key_page}");
    adam.send("/sign-out", &[]).await.open("/").await.sees("Sign in");
}
