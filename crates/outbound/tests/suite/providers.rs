//! The way to each kind of provider and back, without a server of ours. What a lying provider gets is tried where there
//! are accounts to lose: in the HTTP suite.

use cratekeep_outbound::provider::{
    Begin, Finish, ForgeOptions, OidcOptions, Provider, ProviderError, ProviderOptions, Visitor,
};
use cratekeep_outbound::{GitHubApi, Options, Outbound};
use cratekeep_testkit::forge::{self, Forge, ForgeTeam};
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::issuer::SigningKey;
use cratekeep_testkit::oidc::{self, OidcProvider};
use cratekeep_types::{Secret, Timestamp};
use serde_json::json;
use url::Url;

const NOW_SECS: i64 = 1_800_000_000;
const BACK: &str = "http://127.0.0.1:1/sign-in/x/callback";

fn outbound() -> Outbound {
    Outbound::new(Options { allow_private: true, ..Options::default() }).expect("the options are good")
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// Goes there and back.
async fn visit(provider: &Provider, nonce: &str) -> Result<Visitor, ProviderError> {
    let (nonce, verifier) = (secret(nonce), secret(&"v".repeat(64)));
    let now = Timestamp(NOW_SECS * 1_000_000);
    let begin =
        Begin { redirect_uri: BACK, state: &secret("state"), nonce: &nonce, verifier: &verifier, now };
    let there = provider.begin(&begin).await?;
    let sent = HttpClient::plain(&there).expect("a client").get(&there).send().await.expect("an answer");
    let back = Url::parse(sent.header("location")).expect("it sends back");
    let get =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(get("state").as_deref(), Some("state"));
    let code = secret(&get("code").expect("a code"));
    let finish = Finish {
        code: &code,
        redirect_uri: BACK,
        nonce: &nonce,
        verifier: &verifier,
        now,
        wants_groups: true,
    };
    let visitor = provider.finish(&finish).await;
    assert!(provider.finish(&finish).await.is_err(), "a code is good once");
    visitor
}

fn oidc(idp: &OidcProvider) -> Provider {
    let options = OidcOptions {
        issuer: idp.issuer(),
        client_id: oidc::CLIENT_ID.to_owned(),
        client_secret: Some(secret(oidc::CLIENT_SECRET)),
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        login_claim: "preferred_username".to_owned(),
        groups_claim: "groups".to_owned(),
    };
    Provider::new(ProviderOptions::Oidc(options), outbound().client().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_connect_tells_who_it_is() {
    let idp = OidcProvider::start(NOW_SECS).await;
    idp.person(json!({
        "sub": "00u1", "preferred_username": "Ann", "email": "ann@example.com", "email_verified": true,
        "groups": ["staff"],
    }));
    let provider = oidc(&idp);
    let ann = visit(&provider, "n1").await.expect("she is known");
    assert_eq!((ann.subject.as_str(), ann.login.as_str()), ("00u1", "Ann"));
    assert_eq!((ann.email.as_deref(), ann.email_verified), (Some("ann@example.com"), true));
    assert_eq!(ann.groups, ["staff"]);
    assert_eq!(idp.refused(), ["invalid_grant"], "only the code that was used twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_rotate_are_fetched_again_but_not_without_end() {
    let idp = OidcProvider::start(NOW_SECS).await;
    idp.person(json!({ "sub": "1" }));
    let provider = oidc(&idp);
    visit(&provider, "n").await.expect("the first key is good");
    assert_eq!(idp.times_asked("/keys"), 1, "keys are kept");
    for round in 0..10 {
        idp.rotate(SigningKey::elliptic(&format!("key {round}")));
        assert_eq!(visit(&provider, "n").await.is_ok(), round < 5, "round {round}");
    }
    assert_eq!(idp.times_asked("/keys"), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_asked_of_the_user_info_endpoint_when_the_token_has_none() {
    let idp = OidcProvider::start(NOW_SECS).await;
    idp.person(json!({ "sub": "1" }));
    idp.user_info(json!({ "groups": ["staff", "crates"] }));
    assert_eq!(visit(&oidc(&idp), "n").await.expect("good").groups, ["staff", "crates"]);
    idp.user_info(json!({ "sub": "2", "groups": ["staff"] }));
    assert!(visit(&oidc(&idp), "n").await.is_err(), "somebody else's groups");
}

fn forge_options(forge: &Forge, api_url: String) -> ForgeOptions {
    ForgeOptions {
        url: forge.url(),
        api_url,
        client_id: forge::CLIENT_ID.to_owned(),
        client_secret: secret(forge::CLIENT_SECRET),
        scopes: vec!["read:org".to_owned()],
    }
}

fn core_team(members: &[u64]) -> ForgeTeam {
    ForgeTeam {
        id: 42,
        slug: "core".to_owned(),
        organization_id: 7,
        organization: "acme".to_owned(),
        members: members.to_vec(),
        owners: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn github_and_gitlab_tell_who_it_is() {
    let forge = Forge::start().await;
    forge.person(17, "Ann", Some("ann@example.com"));
    forge.team(core_team(&[17]));
    let github = ProviderOptions::GitHub(forge_options(&forge, forge.github_api()));
    let ann = visit(&Provider::new(github, outbound().client().clone()), "").await.expect("she is known");
    assert_eq!((ann.subject.as_str(), ann.login.as_str(), ann.email_verified), ("17", "Ann", false));
    assert_eq!(ann.groups, ["id:7", "acme", "id:7/42", "acme/core"]);
    assert_eq!(ann.token, Some(secret(&Forge::token_of(17))));
    let gitlab = ProviderOptions::GitLab(forge_options(&forge, forge.gitlab_api()));
    let ann = visit(&Provider::new(gitlab, outbound().client().clone()), "").await.expect("she is known");
    assert_eq!((ann.subject.as_str(), ann.login.as_str()), ("17", "Ann"));
    assert_eq!(ann.groups, ["id:42", "acme/core"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn githubs_api_is_asked_for_teams_members_and_keys() {
    let forge = Forge::start().await;
    forge.person(17, "ann", None);
    forge.person(18, "bob", None);
    forge.team(core_team(&[17]));
    forge.publish_keys(vec![json!({ "key_identifier": "k1", "key": "PEM", "is_current": true })]);
    let api = GitHubApi::new(&forge.github_api(), outbound().client().clone());
    let (ann, bob) = (secret(&Forge::token_of(17)), secret(&Forge::token_of(18)));
    let team = api.team("acme", "core", &ann).await.expect("an answer").expect("she sees it");
    assert_eq!((team.id, team.organization.id), (42, 7));
    assert_eq!(api.team("acme", "core", &bob).await, Ok(None), "he does not see it");
    assert_eq!(api.team("acme", "../core", &ann).await, Ok(None));
    assert!(api.team("acme", "..", &ann).await.is_err(), "no segment leads elsewhere");
    assert_eq!(api.is_member(7, 42, "ann", &ann).await, Ok(true));
    assert_eq!(api.is_member(7, 42, "bob", &ann).await, Ok(false));
    assert_eq!(api.user_by_login("BOB", None).await.expect("an answer").map(|user| user.id), Some(18));
    assert_eq!(api.user_by_login("nobody", None).await, Ok(None));
    assert_eq!(api.public_keys().await.expect("keys")[0].key_identifier, "k1");
    forge.set_down(true);
    assert!(api.is_member(7, 42, "ann", &ann).await.is_err(), "not knowing is not the same as no");
}
