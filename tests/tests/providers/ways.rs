//! The way out and back: it is good once, in the browser that set out, at the provider it began with, and for a while.

use cratekeep_testkit::http::Reply;

use crate::browser::Browser;
use crate::stage::{Stage, on_both_stages};

on_both_stages![
    a_way_back_is_good_once,
    a_way_back_is_good_in_its_own_browser,
    a_way_back_is_good_for_ten_minutes,
    a_way_back_leads_to_its_own_provider,
    what_is_not_there_says_so,
];

fn is_refused(reply: &Reply, browser: &Browser) {
    assert!(reply.status.is_client_error(), "{}: {}", reply.status, reply.text());
    assert_eq!(browser.session(), None);
}

async fn a_way_back_is_good_once(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    let browser = stage.browser();
    let way = browser.open("/sign-in/corp").await;
    let cookie = way.header("set-cookie").to_owned();
    let back = Browser::at(stage.app.url()).go("/sign-in/corp").await;
    is_refused(&browser.open(&back).await, &browser);
    let back = browser.go("/sign-in/corp").await;
    assert_eq!(browser.open(&back).await.status, 303);
    let later = Browser::at(stage.app.url());
    let pair = cookie.split(';').next().expect("a pair");
    is_refused(&later.open_with(&back, &[("cookie", pair)]).await, &later);
}

async fn a_way_back_is_good_in_its_own_browser(stage: &Stage) {
    stage.at_corp("00u1", "mallory", &[]);
    let (mallory, victim) = (stage.browser(), stage.browser());
    let planted = mallory.go("/sign-in/corp").await;
    is_refused(&victim.open(&planted).await, &victim);
    // The victim is under way itself: its cookie does not fit what was planted.
    let _own = victim.go("/sign-in/corp").await;
    is_refused(&victim.open(&planted).await, &victim);
    assert_eq!(mallory.open(&planted).await.status, 303, "others cannot use the way up");
}

async fn a_way_back_is_good_for_ten_minutes(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    let browser = stage.browser();
    let back = browser.go("/sign-in/corp").await;
    stage.wait(601);
    is_refused(&browser.open(&back).await, &browser);
}

async fn a_way_back_leads_to_its_own_provider(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    stage.forge.person(17, "bob", None);
    let browser = stage.browser();
    let back = browser.go("/sign-in/corp").await;
    is_refused(&browser.open(&back.replace("/corp/", "/hub/")).await, &browser);
    let back = browser.go("/sign-in/hub").await;
    is_refused(&browser.open(&back.replace("/hub/", "/corp/")).await, &browser);
    is_refused(&browser.open(&format!("{back}&code=other")).await, &browser);
    is_refused(&browser.open(&format!("{back}&state=other")).await, &browser);
    let back = browser.go("/sign-in/corp").await;
    is_refused(&browser.open(&format!("{back}&iss=https://evil.example")).await, &browser);
}

async fn what_is_not_there_says_so(stage: &Stage) {
    let browser = stage.browser();
    for path in [
        "/sign-in/none",
        "/sign-in/none/callback",
        "/sign-in/none/callback?code=a&state=b",
        "/sign-in/front/callback?code=a&state=b",
    ] {
        assert_eq!(browser.open(path).await.status, 404, "{path}");
    }
    for path in [
        "/sign-in/corp/callback",
        "/sign-in/corp/callback?code=a",
        "/sign-in/corp/callback?state=b",
        "/sign-in/corp/callback?code=a&state=0000000000000000000000000000000000000000000000000000000000000000",
        "/sign-in/hub/callback?error=access_denied&state=x",
    ] {
        is_refused(&browser.open(path).await, &browser);
    }
}
