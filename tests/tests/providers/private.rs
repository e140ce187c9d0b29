//! Signing in as the pages of crates.io do: begin, go there, bring back code and state.

use cratekeep_testkit::http::Reply;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::stage::{Stage, on_both_stages};

on_both_stages![
    a_page_like_that_of_crates_io_signs_in_and_out,
    what_was_not_begun_in_this_browser_signs_nobody_in,
];

const AUTHORIZE: &str = "/api/private/session/authorize";

/// Begins in a browser, goes to the provider, and gives what the browser would bring back.
async fn comes_back(stage: &Stage, browser: &Browser) -> Value {
    let begun = browser.ask("POST", "/api/private/session/begin", &json!({})).await.expect_status(200).json();
    let there = begun["url"].as_str().expect("an address");
    assert!(there.starts_with(&stage.forge.url()), "the first GitHub: {there}");
    let back = browser.follow(there).await;
    let back = url::Url::parse(&back).expect("an address");
    let get =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).expect("it is there").1.into_owned();
    assert_eq!(begun["state"], get("state"));
    json!({ "code": get("code"), "state": get("state") })
}

async fn a_page_like_that_of_crates_io_signs_in_and_out(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    let browser = stage.browser();
    let brought = comes_back(stage, &browser).await;
    let reply = browser.ask("POST", AUTHORIZE, &brought).await.expect_status(200).json();
    assert_eq!((&reply["status"], &reply["user"]["login"]), (&json!("signed_in"), &json!("ann")));
    assert_eq!(reply["owned_crates"], json!([]));
    assert_eq!(stage.name(&browser).await, "ann");
    let me = browser.open("/api/v1/me").await.expect_status(200).json();
    assert_eq!(me["user"], reply["user"]);
    refused(&browser.ask("POST", AUTHORIZE, &brought).await, "it is good once");
    let _ = browser.ask("DELETE", "/api/private/session", &json!({})).await.expect_status(200);
    assert_eq!(stage.name(&browser).await, "");
    let again = browser.ask("DELETE", "/api/private/session", &json!({})).await.expect_status(200);
    assert_eq!(again.json(), json!({ "ok": true }), "without a session as well");
}

async fn what_was_not_begun_in_this_browser_signs_nobody_in(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    let (browser, other) = (stage.browser(), stage.browser());
    let brought = comes_back(stage, &browser).await;
    refused(&other.ask("POST", AUTHORIZE, &brought).await, "another browser");
    let made_up = json!({ "code": brought["code"], "state": "0123" });
    refused(&browser.ask("POST", AUTHORIZE, &made_up).await, "another state");
    let _ = browser.ask("POST", AUTHORIZE, &json!({ "code": "x" })).await.expect_status(400);
    stage.wait(601);
    refused(&browser.ask("POST", AUTHORIZE, &brought).await, "too late");
    assert!(browser.session().is_none() && other.session().is_none());
}

fn refused(reply: &Reply, why: &str) {
    assert_eq!(
        (reply.status.as_u16(), reply.error_detail().as_str()),
        (400, "invalid state parameter"),
        "{why}"
    );
}
