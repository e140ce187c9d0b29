//! Whether the process lives, and whether it can do its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cratekeep_app::App;
use http::StatusCode;

/// Whether the server wants requests: off while it starts and as soon as it drains.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says whether requests are wanted from now on.
    pub fn set(&self, wanted: bool) {
        self.0.store(wanted, Ordering::Release);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// `GET /health/live`: the process answers.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// `GET /health/ready`: it wants requests, its database answers, its disk keeps what it is given.
pub(crate) async fn ready(State(app): State<App>, Extension(readiness): Extension<Readiness>) -> Response {
    if readiness.get() && app.is_ready().await {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
}
