//! One running server of a test: the use cases, both faces and a listener on a loopback port.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Extension;
use cratekeep_api::{Front, Readiness};
use cratekeep_app::{App, Options, Parts, settle_storage};
use cratekeep_blob::BlobStore;
use cratekeep_http::serve::{self, Drained, Server};
use cratekeep_http::{Routes, TrustedProxies, guarded};
use cratekeep_outbound::Outbound;
use cratekeep_outbound::mail::{MailOptions, MailPlace, Mailer};
use cratekeep_store::Store;
use cratekeep_types::{Clock, Entropy, ManualClock, Steps};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::engine::World;

/// A running server.
pub struct Node {
    app: App,
    store: Store,
    blobs: BlobStore,
    url: String,
    readiness: Readiness,
    stop: CancellationToken,
    serving: JoinHandle<Drained>,
    following: JoinHandle<()>,
}

impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Node").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Random bytes that are the same in every run, and different at every call.
#[derive(Debug, Default)]
pub(crate) struct CountedEntropy(AtomicU64);

impl CountedEntropy {
    /// How often somebody asked.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Entropy for CountedEntropy {
    fn bytes(&self) -> [u8; 32] {
        Sha256::digest(self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes()).into()
    }
}

/// What the nodes of one test have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<CountedEntropy>,
    pub(crate) options: Options,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) mail: Option<MailPlace>,
}

impl Shared {
    fn mailer(&self) -> Mailer {
        let options = MailOptions {
            place: self.mail.clone().unwrap_or_default(),
            from: "Crates <crates@registry.example>".to_owned(),
            subject_prefix: "[crates]".to_owned(),
            step_time_max: Duration::from_secs(20),
        };
        Mailer::new(&options).expect("the sender is an address")
    }
}

impl Node {
    /// Starts a server. Without a base URL in the options, its own address is the base URL.
    pub(crate) async fn start(shared: &Shared, name: &str) -> Self {
        Self::start_with(shared, name, shared.options.clone()).await
    }

    /// As [`Node::start`], with options of its own.
    pub(crate) async fn start_with(shared: &Shared, name: &str, options: Options) -> Self {
        let listener = serve::listen("127.0.0.1", 0).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let mut options = Options { node: name.to_owned(), ..options };
        if options.base_url.is_empty() {
            options.base_url.clone_from(&url);
        }
        let store = shared.world.open_store().await;
        store.migrate(shared.clock.now()).await.expect("the schema can be made");
        let blobs = shared.world.open_blobs();
        settle_storage(&store, &blobs, shared.entropy.as_ref()).await.expect("the storage can be prepared");
        let app = App::new(Parts {
            outbound: outbound(),
            mailer: shared.mailer(),
            store: store.clone(),
            blobs: blobs.clone(),
            clock: shared.clock.clone(),
            entropy: shared.entropy.clone(),
            steps: Steps::unwatched(),
            options,
        });
        let app = app.await.expect("the parts fit together");

        // From its first word in the database on, the other nodes wait for it.
        app.follow_once().await.expect("the event log can be read");
        let readiness = Readiness::default();
        readiness.set(true);
        let router = guarded(routes().into_router(), app.clone()).layer(Extension(readiness.clone()));
        let service = Front::new(app.clone(), router);
        let stop = CancellationToken::new();
        let server = Server::new(listener, listening(shared.trusted_proxies.clone()))
            .expect("there is no certificate to be wrong");
        let serving = tokio::spawn(server.run(service, stop.clone()));
        let following = tokio::spawn({
            let (app, stop) = (app.clone(), stop.clone());
            async move { app.follow(stop.cancelled()).await }
        });
        Self { app, store, blobs, url, readiness, stop, serving, following }
    }

    /// The use cases.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its database, for checks that look past the use cases.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Its storage, for checks that look past the use cases.
    #[must_use]
    pub fn blobs(&self) -> &BlobStore {
        &self.blobs
    }

    /// Its word on whether it wants requests.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Stops it as the program is stopped, and tells how that went.
    ///
    /// # Panics
    /// A task of the server panicked.
    pub async fn stop(self) -> Drained {
        self.stop.cancel();
        self.app.end_waits();
        let drained = self.serving.await.expect("the listener does not panic");
        self.following.await.expect("the follower does not panic");
        self.app.flush_counts().await.expect("the counts are written");
        self.store.close().await;
        drained
    }
}

/// Every route of both faces: what the suite on access walks through.
pub(crate) fn routes() -> Routes {
    cratekeep_api::routes().and(cratekeep_web::routes())
}

fn listening(trusted_proxies: TrustedProxies) -> serve::Options {
    serve::Options {
        trusted_proxies,
        tls: None,
        connections_max: 1_000,
        head_bytes_max: 64 << 10,
        head_time_max: Duration::from_secs(60),
        stall_time_max: Duration::from_secs(60),
        streams_max: 128,
        drain_time_max: Duration::from_secs(20),
    }
}

/// Calls go to servers on this machine.
fn outbound() -> Outbound {
    let options =
        cratekeep_outbound::Options { allow_private: true, ..cratekeep_outbound::Options::default() };
    Outbound::new(options).expect("neither a proxy nor a file is named")
}
