//! A server on data of its own, with an owner, ready to be measured.

use anyhow::{Context, Result};
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::port::Port;
use cratekeep_testkit::postgres;
use cratekeep_testkit::publish::Upload;
use cratekeep_testkit::server::{Server, ServerSpec};
use tokio::runtime::Runtime;

use crate::Plan;

/// Which database is under the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A running server, a token for everything, and a runtime for its clients.
pub(crate) struct Arena {
    pub(crate) server: Server,
    pub(crate) token: String,
    pub(crate) runtime: Runtime,
    _database: Option<postgres::TestDatabase>,
    _port: Port,
}

/// The registry that takes any real crate.
pub(crate) const OPEN_REGISTRY: &str = "bench";

impl Arena {
    pub(crate) fn start(plan: &Plan, engine: Engine) -> Result<Self> {
        let runtime = Runtime::new()?;
        let port = Port::reserve()?;
        let mut spec = ServerSpec::new(&plan.program)
            .env("CRATEKEEP_LOG__LEVEL", "warn")
            .env("CRATEKEEP_LIMITS__FEATURES_MAX", "10000")
            .env("CRATEKEEP_LIMITS__FEATURE_VALUES_MAX", "10000")
            .env("CRATEKEEP_LIMITS__VERSIONS_PER_CRATE", "20000");
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let database = runtime.block_on(postgres::TestDatabase::create_durable())?;
                spec = spec.env("CRATEKEEP_DATABASE__URL", database.url());
                Some(database)
            }
        };
        let server = spec.start().context("the server did not start")?;
        let token = server.user("bench")?;
        server.admin(&[
            "registry",
            "create",
            OPEN_REGISTRY,
            "--kind",
            "hosted",
            "--stands-for-crates-io",
            "--unknown-dependencies",
            "allow",
        ])?;
        Ok(Self { server, token, runtime, _database: database, _port: port })
    }

    pub(crate) fn client(&self) -> Result<HttpClient> {
        HttpClient::plain(self.server.url())
    }

    /// Publishes and insists on success.
    pub(crate) async fn publish(&self, client: &HttpClient, upload: &Upload) -> Result<()> {
        send(client, &self.token, upload.frame()).await
    }
}

/// Publishes one frame into the registry that takes any crate, and insists on success.
pub(crate) async fn send(client: &HttpClient, token: &str, frame: Vec<u8>) -> Result<()> {
    let path = format!("/r/{OPEN_REGISTRY}/api/v1/crates/new");
    let reply = client.put(&path, frame).token(token).send().await?;
    anyhow::ensure!(reply.status == 200, "a publish was answered {}: {}", reply.status, reply.text());
    Ok(())
}
