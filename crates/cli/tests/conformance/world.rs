//! One server for all tests that run at the same time, and for each test a registry and a cargo of its own.
//! What a command should do is for the tests.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Result;
use cratekeep_testkit::server::{Server, ServerSpec};

use crate::recorder::Recorder;

/// The running server with the accounts that tests use.
#[derive(Debug)]
pub(crate) struct World {
    /// The server.
    pub(crate) server: Server,
    /// Everything it was asked.
    pub(crate) recorder: Recorder,
    /// A token for everything of `ann`, who publishes.
    pub(crate) ann: String,
    /// A token for everything of `bob`, who owns nothing at first.
    pub(crate) bob: String,
    registries: AtomicU32,
}

/// Who may read a registry, and what it is to packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An open registry beside crates.io.
    Open,
    /// A registry that wants a token for everything.
    Closed,
    /// An open registry that stands for crates.io.
    Replica,
}

impl World {
    /// The world of the tests that run now. The last one to let go of it ends the server.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = shared.upgrade() {
            return world;
        }
        let world = Arc::new(Self::start().expect("the server starts"));
        *shared = Arc::downgrade(&world);
        world
    }

    fn start() -> Result<Self> {
        let recorder = Recorder::new()?;
        let program = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep")).env("CRATEKEEP_LOG__LEVEL", "warn");
        let server = program.flag("--base-url", recorder.url()).start()?;
        recorder.forward_to(server.address())?;
        let (ann, bob) = (server.user("ann")?, server.user("bob")?);
        Ok(Self { server, recorder, ann, bob, registries: AtomicU32::new(0) })
    }

    /// The path that a registry answers under: nothing for the default one.
    pub(crate) fn path(registry: &str) -> String {
        if registry == "main" { String::new() } else { format!("/r/{registry}") }
    }

    /// The address of a registry, as `api` of its `config.json` says it.
    pub(crate) fn address(&self, registry: &str) -> String {
        format!("{}{}", self.recorder.url(), Self::path(registry))
    }

    /// The index URL of a registry.
    pub(crate) fn index(&self, registry: &str) -> String {
        format!("sparse+{}/index/", self.address(registry))
    }

    /// Makes a registry and gives its name.
    pub(crate) fn new_registry(&self, kind: Kind) -> String {
        let name = format!("case-{}", self.registries.fetch_add(1, Ordering::Relaxed));
        let flag: &[&str] = match kind {
            Kind::Open => &[],
            Kind::Closed => &["--closed"],
            Kind::Replica => &["--stands-for-crates-io"],
        };
        let args = [&["registry", "create", &name, "--kind", "hosted"], flag].concat();
        self.server.admin(&args).expect("a registry can be made at any time");
        if kind == Kind::Closed {
            for who in ["ann", "bob"] {
                self.server.admin(&["member", "add", &name, who, "publisher"]).expect("both may publish");
            }
        }
        name
    }
}
