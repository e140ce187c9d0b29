//! A proxy that has asked already: its headers count from its networks only.

use cratekeep_app::ProviderKind;
use cratekeep_tests::Engine;
use cratekeep_types::Role;

use crate::stage::{Stage, on_both_stages};

on_both_stages![a_proxy_names_who_asks, odd_headers_are_refused];

async fn a_proxy_names_who_asks(stage: &Stage) {
    let browser = stage.browser();
    let headers =
        [("x-auth-user", "e-1001"), ("x-auth-login", "Ann Example"), ("x-auth-groups", "staff, rust")];
    let reply = browser.open_with("/sign-in/front?next=/me", &headers).await.expect_status(303);
    assert_eq!(reply.header("location"), format!("{}/me", stage.app.url()));
    assert_eq!(stage.name(&browser).await, "AnnExample");
    let main = stage.app.app().default_registry().registry.id;
    assert_eq!(stage.actor(&browser).await.role_in(main), Some(Role::Publisher));
    // Another name and no groups: the same account, without the role.
    let again = stage.browser();
    let headers = [("x-auth-user", "e-1001"), ("x-auth-login", "ann")];
    let _ = again.open_with("/sign-in/front", &headers).await.expect_status(303);
    assert_eq!(stage.who(&again).await, stage.who(&browser).await);
    assert_eq!(stage.actor(&again).await.role_in(main), None);
    // The headers sign in on this page only.
    let other = stage.browser();
    let _ = other.open_with("/me", &headers).await;
    assert_eq!(other.session(), None);
}

async fn odd_headers_are_refused(stage: &Stage) {
    let events = stage.last_event().await;
    let long = "x".repeat(300);
    for headers in [
        vec![],
        vec![("x-auth-user", "")],
        vec![("x-auth-user", "  ")],
        vec![("x-auth-login", "ann")],
        vec![("x-auth-user", "a"), ("x-auth-user", "b")],
        vec![("x-auth-user", "a"), ("x-auth-groups", "rust"), ("x-auth-groups", "rust")],
        vec![("x-auth-user", long.as_str())],
    ] {
        let browser = stage.browser();
        let reply = browser.open_with("/sign-in/front", &headers).await;
        assert_eq!(reply.status, 403, "{headers:?}");
        assert_eq!(browser.session(), None);
    }
    assert_eq!(stage.last_event().await, events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_from_elsewhere_are_nothing() {
    let stage = Stage::set_with(Engine::SqliteAndFolder, |providers| {
        for provider in providers {
            if let ProviderKind::Proxy(proxy) = &mut provider.kind {
                proxy.networks = vec!["10.0.0.0/8".parse().expect("a network")];
            }
        }
    })
    .await;
    let browser = stage.browser();
    let headers = [("x-auth-user", "e-1001"), ("x-forwarded-for", "10.1.1.1")];
    let reply = browser.open_with("/sign-in/front", &headers).await;
    assert_eq!((reply.status.as_u16(), browser.session()), (403, None));
    stage.app.finish().await;
}
