//! How a server under test is set up. A test changes only what it is about.

use cratekeep_app::{Options, Verify};
use cratekeep_http::TrustedProxies;
use cratekeep_package::ArchiveLimits;
use cratekeep_policy::MetadataLimits;
use cratekeep_types::{UnknownDependencies, UploadRules};
use cratekeep_wire::FrameLimits;

use crate::Engine;

/// The moment at which every test begins.
pub const START: &str = "2026-05-04T03:02:01.000500Z";

/// The index of a foreign registry that dependencies may name.
pub const LISTED_INDEX: &str = "sparse+https://listed.example/index/";

/// How to start a [`crate::TestApp`].
#[derive(Clone, Debug)]
pub struct Spec {
    pub(crate) engine: Engine,
    pub(crate) options: Options,
    pub(crate) trusted_proxies: TrustedProxies,
}

impl Spec {
    /// The settings that most tests use: crates.io's limits, everything checked, no waiting for long.
    #[must_use]
    pub fn on(engine: Engine) -> Self {
        let options = Options {
            base_url: String::new(),
            index_cache_bytes: 1 << 20,
            file_cache_bytes: 1 << 20,
            file_cache_object_bytes_max: 64 << 10,
            verify: Verify::Daily,
            frame: FrameLimits::default(),
            archive: ArchiveLimits::default(),
            metadata: MetadataLimits::default(),
            inspections_max: 2,
            requests_max: 1_000,
            upload_secs_max: 60,
            versions_per_crate_max: 1_000,
            owners_per_request_max: 10,
            search_results_max: 100,
            sends_mail: false,
            allowed_dependency_indexes: vec![LISTED_INDEX.to_owned()],
            unknown_dependencies: UnknownDependencies::Refuse,
            upload_rules: UploadRules::CratesIo,
            orphan_secs_min: 86_400,
            node: String::new(),
            many_nodes: engine == Engine::PostgresAndS3,
            settle_ms_max: 500,
        };
        Self { engine, options, trusted_proxies: TrustedProxies::default() }
    }

    /// Lets these networks say where a request comes from, in `X-Forwarded-For`.
    ///
    /// # Panics
    /// One is no network.
    #[must_use]
    pub fn trusting(mut self, networks: &[&str]) -> Self {
        let parsed = networks.iter().map(|text| text.parse().expect("a network"));
        self.trusted_proxies.networks = parsed.collect();
        self
    }

    /// Changes options. The base URL is filled in at the start, whatever it says here.
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }
}
