//! Calls: what is sent, what is followed, what is refused, and what errors say.

use std::time::Duration;

use cratekeep_outbound::guard::Refused;
use cratekeep_outbound::{Call, CallError, Options, Outbound, OutboundError};
use cratekeep_testkit::remote::{Remote, answer, redirect};
use cratekeep_types::Secret;

fn inside() -> Options {
    Options { allow_private: true, ..Options::default() }
}

fn outbound(options: Options) -> Outbound {
    Outbound::new(options).expect("good options")
}

#[tokio::test]
async fn a_call_has_status_headers_and_bytes() {
    let remote = Remote::start(|_| answer(418, "{\"a\":1}")).await;
    let reply = outbound(inside()).client().get(&remote.url("/x?q=1")).await.expect("an answer");
    assert_eq!((reply.status.as_u16(), reply.body.as_ref()), (418, b"{\"a\":1}".as_slice()));
    assert_eq!(reply.headers["content-length"], "7");
    assert_eq!(reply.json::<serde_json::Value>(), Err(CallError::Status(418)));
    let seen = remote.seen().remove(0);
    assert!(seen.starts_with("GET /x?q=1 HTTP/1.1\r\n") && seen.contains("user-agent: cratekeep/"), "{seen}");
}

#[tokio::test]
async fn forms_and_documents_are_sent() {
    let remote = Remote::start(|_| answer(200, "{}")).await;
    let (out, url) = (outbound(inside()), remote.url("/t"));
    out.client().post_form(&url, &[("a", "1&2"), ("b", "ä")]).await.expect("an answer");
    out.client().post_json(&url, &serde_json::json!({"a": 1})).await.expect("an answer");
    let call = Call::get(&url).bearer("word").expect("a plain word");
    out.client().send(call).await.expect("an answer");
    let seen = remote.seen();
    assert!(
        seen[0].ends_with("a=1%262&b=%C3%A4") && seen[0].contains("x-www-form-urlencoded"),
        "{}",
        seen[0]
    );
    assert!(seen[1].ends_with("{\"a\":1}") && seen[1].contains("application/json"), "{}", seen[1]);
    assert!(seen[2].contains("authorization: Bearer word"), "{}", seen[2]);
    assert!(matches!(Call::get(&url).bearer("a\nb"), Err(CallError::Header(_))));
}

#[tokio::test]
async fn places_inside_are_refused_by_number_and_by_name() {
    let remote = Remote::start(|_| answer(200, "")).await;
    let out = outbound(Options::default());
    for url in [remote.url("/"), remote.other_url("/")] {
        let error = out.client().get(&url).await.expect_err("it is inside");
        assert!(matches!(error, CallError::Refused(Refused::Inside { .. })), "{url}: {error}");
        assert!(error.to_string().contains("outbound.allow_private"), "{error}");
    }
    assert_eq!(remote.seen().len(), 0, "nothing was sent");
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let cases = [
        ("file:///etc/passwd", "neither an https nor an http"),
        ("http://user:word@127.0.0.1/", "user name"),
        ("http://[::1", "no URL"),
    ];
    for (to, said) in cases {
        let remote = Remote::start(move |_| redirect(302, to)).await;
        let error = outbound(inside()).client().get(&remote.url("/")).await.expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let remote = Remote::start(|request| match request.split(' ').nth(1) {
        Some("/3") => redirect(301, "/2"),
        Some("/2") => redirect(307, "1"),
        Some("/1") => redirect(308, "/0"),
        Some("/0") => answer(200, "there"),
        _ => redirect(302, "/round"),
    })
    .await;
    let out = outbound(inside());
    let reply = out.client().get(&remote.url("/3")).await.expect("three are allowed");
    assert_eq!(reply.body.as_ref(), b"there");
    assert_eq!(out.client().get(&remote.url("/4")).await.err(), Some(CallError::Redirects(3)));
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let target = Remote::start(|_| answer(200, "")).await;
    let there = target.other_url("/there");
    let remote = Remote::start(move |request| match request.split(' ').nth(1) {
        Some("/same") => redirect(302, "/last"),
        Some("/last") => answer(200, ""),
        _ => redirect(302, &there),
    })
    .await;
    let out = outbound(inside());
    let call = |path| {
        let call = Call::get(&remote.url(path)).wants_json().bearer("word").expect("a plain word");
        call.header(http::HeaderName::from_static("private-token"), "word").expect("a plain word")
    };
    out.client().send(call("/same")).await.expect("an answer");
    assert!(remote.seen()[1].contains("authorization: Bearer word"), "the same origin may know it");
    out.client().send(call("/other")).await.expect("an answer");
    let seen = target.seen().remove(0);
    assert!(seen.contains("accept: application/json") && !seen.contains("word"), "{seen}");
}

#[tokio::test]
async fn a_body_is_never_sent_on() {
    let remote = Remote::start(|_| redirect(307, "/next")).await;
    let url = remote.url("/");
    let reply = outbound(inside()).client().post_form(&url, &[("secret", "word")]).await.expect("an answer");
    assert_eq!((reply.status.as_u16(), remote.seen().len()), (307, 1));
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let out = outbound(Options { body_bytes_max: 10, ..inside() });
    let announced = Remote::start(|_| answer(200, "12345678901")).await;
    assert_eq!(out.client().get(&announced.url("/")).await.err(), Some(CallError::TooLarge(10)));
    let unannounced =
        Remote::start(|_| "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n12345678901".to_owned()).await;
    assert_eq!(out.client().get(&unannounced.url("/")).await.err(), Some(CallError::TooLarge(10)));

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("it is bound"));
    let out = outbound(Options { answer_time_max: Duration::from_millis(200), ..inside() });
    assert_eq!(out.client().get(&url).await.err(), Some(CallError::TimedOut(0)));
}

#[tokio::test]
async fn errors_say_where_but_repeat_no_query_and_no_body() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = closed.local_addr().expect("it is bound").port();
    drop(closed);
    let url = format!("http://127.0.0.1:{port}/p?code=canary");
    let error = outbound(inside()).client().get(&url).await.expect_err("nobody listens");
    let said = format!("{error} {error:?}");
    assert!(said.contains(&format!("127.0.0.1:{port}")) && !said.contains("canary"), "{said}");

    let remote = Remote::start(|_| answer(200, "canary")).await;
    let error = outbound(inside()).client().get_json::<serde_json::Value>(&remote.url("/")).await;
    let error = error.expect_err("it is no JSON");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    let reply = outbound(inside()).client().get(&remote.url("/")).await.expect("an answer");
    assert!(!format!("{reply:?}").contains("canary"));
}

#[tokio::test]
async fn a_proxy_gets_every_call() {
    let proxy = Remote::start(|_| answer(200, "by proxy")).await;
    let address = proxy.other_url("").replace("http://", "http://user:canary@");
    let options = Options { proxy: Some(Secret::new(address)), ..Options::default() };
    assert!(!format!("{options:?}").contains("canary"));
    let out = outbound(options);
    let reply = out.client().get("http://example.invalid/x").await.expect("the proxy answers");
    assert_eq!(reply.body.as_ref(), b"by proxy");
    assert!(proxy.seen()[0].starts_with("GET http://example.invalid/x HTTP/1.1"), "{}", proxy.seen()[0]);
    let error = out.client().get("http://10.0.0.1/").await.expect_err("numbers inside stay refused");
    assert!(matches!(error, CallError::Refused(_)), "{error}");
}

#[test]
fn options_that_cannot_work_are_named() {
    let proxy = Options { proxy: Some(Secret::new("canary".to_owned())), ..Options::default() };
    let error = Outbound::new(proxy).expect_err("no address");
    assert!(matches!(error, OutboundError::Proxy) && !error.to_string().contains("canary"), "{error}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    for path in [file.path(), std::path::Path::new("/nowhere/ca.pem")] {
        let options = Options { extra_ca: Some(path.to_owned()), ..Options::default() };
        let error = Outbound::new(options).expect_err("no certificates").to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}
