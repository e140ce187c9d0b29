//! How a server under test is set up. A test changes only what it is about.

use cratekeep_app::{AuthOptions, JobOptions, Options, Rates, TokenOptions, TrustOptions, Verify};
use cratekeep_http::TrustedProxies;
use cratekeep_package::ArchiveLimits;
use cratekeep_policy::{Categories, MetadataLimits};
use cratekeep_types::{Access, UnknownDependencies, UploadRules};
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
    pub(crate) mail: Mail,
}

/// Whether and how a server under test sends mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mail {
    /// Not at all.
    #[default]
    Off,
    /// Into a folder of its own.
    Folder,
    /// To this port of this machine.
    Smtp(u16),
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
            auth: AuthOptions::default(),
            providers: Vec::new(),
            tokens: TokenOptions {
                life_secs_default: 90 * 86_400,
                life_secs_max: None,
                login_secs_default: 12 * 3_600,
                login_secs_max: 30 * 86_400,
            },
            rates: Rates::default(),
            trust: TrustOptions { github_api: String::new(), ..TrustOptions::default() },
            readme: cratekeep_app::ReadmeOptions::default(),
            dumps: true,
            sends_mail: false,
            jobs: JobOptions { tries_max: 3, wait_secs_min: 0, wait_secs_max: 0, run_secs_max: 30 },
            allowed_dependency_indexes: vec![LISTED_INDEX.to_owned()],
            categories: Categories::new(true, &[]).expect("crates.io's slugs are good"),
            access: Access::Open,
            unknown_dependencies: UnknownDependencies::Refuse,
            upload_rules: UploadRules::CratesIo,
            audit_keep_days: None,
            orphan_secs_min: 86_400,
            node: String::new(),
            many_nodes: engine == Engine::PostgresAndS3,
            settle_ms_max: 500,
        };
        Self { engine, options, trusted_proxies: TrustedProxies::default(), mail: Mail::Off }
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

    /// Lets the server send mail, into a folder that [`crate::TestApp::letters`] reads.
    #[must_use]
    pub fn with_mail(mut self) -> Self {
        self.mail = Mail::Folder;
        self.options.sends_mail = true;
        self
    }

    /// Lets the server send mail to a mail server on this port, without TLS.
    #[must_use]
    pub fn with_mail_server(mut self, port: u16) -> Self {
        self.mail = Mail::Smtp(port);
        self.options.sends_mail = true;
        self
    }

    /// Changes options. The base URL is filled in at the start, whatever it says here.
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }
}
