//! What every refusal has in common: a status, a sentence, and no trace.

use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Footprint, TestApp};

/// What was there before somebody was refused.
pub(crate) struct Before<'a> {
    app: &'a TestApp,
    print: Footprint,
}

impl<'a> Before<'a> {
    pub(crate) async fn look(app: &'a TestApp) -> Self {
        Self { app, print: app.footprint().await }
    }

    /// The reply has this status, each of these texts stands in one of its sentences, and nothing was kept.
    pub(crate) async fn refused(&self, what: &str, reply: Reply, status: u16, words: &[&str]) {
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", String::from_utf8_lossy(&reply.body));
        let sentences = sentences(&reply);
        assert!(!sentences.is_empty(), "{what}: {}", reply.text());
        for word in words {
            assert!(sentences.iter().any(|one| one.contains(word)), "{what}: no `{word}` in {sentences:#?}");
        }
        assert_eq!(self.app.footprint().await, self.print, "{what} left a trace");
    }
}

/// The sentences of an answer in cargo's error shape.
pub(crate) fn sentences(reply: &Reply) -> Vec<String> {
    let body = reply.json();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().filter_map(|error| error["detail"].as_str().map(str::to_owned)).collect()
}
