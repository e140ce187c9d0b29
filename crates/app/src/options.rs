//! What the roof sets from the configuration.

use cratekeep_package::ArchiveLimits;
use cratekeep_policy::{Categories, MetadataLimits};
use cratekeep_types::{Access, Secret, UnknownDependencies, UploadRules};
use cratekeep_wire::FrameLimits;

use crate::limits::Rates;
use crate::{JobOptions, TokenOptions};

/// When a stored object is hashed again before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Each time it is read from the store.
    Always,
    /// At its first full read after start, and once a day after that.
    Daily,
}

/// Addresses, limits and defaults of the use cases. Sizes are in bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The public address, without a final slash. Part of every index URL, so it must never change lightly.
    pub base_url: String,
    /// Memory for index files.
    pub index_cache_bytes: u64,
    /// Memory for crate files.
    pub file_cache_bytes: u64,
    /// A larger crate file is never kept in memory.
    pub file_cache_object_bytes_max: u64,
    /// When stored objects are hashed again.
    pub verify: Verify,
    /// Limits of the publish frame.
    pub frame: FrameLimits,
    /// Limits of the archive.
    pub archive: ArchiveLimits,
    /// Limits of the metadata.
    pub metadata: MetadataLimits,
    /// Archives inspected at once; further uploads wait.
    pub inspections_max: usize,
    /// Requests handled at once; further ones are told to come back (503). Index files in memory are not counted.
    pub requests_max: usize,
    /// A body that takes longer to arrive is cut off.
    pub upload_secs_max: u64,
    /// Versions a crate may have.
    pub versions_per_crate_max: u64,
    /// Owners a request may name.
    pub owners_per_request_max: usize,
    /// Results of one search page.
    pub search_results_max: u32,
    /// Bounds on the life of tokens.
    pub tokens: TokenOptions,
    /// How often somebody may do something.
    pub rates: Rates,
    /// How people sign in.
    pub auth: AuthOptions,
    /// The places by which people sign in besides.
    pub providers: Vec<crate::ProviderSettings>,
    /// Which builds may say who they are.
    pub trust: TrustOptions,
    /// How readmes are shown.
    pub readme: crate::ReadmeOptions,
    /// Whether open registries offer a dump of their data.
    pub dumps: bool,
    /// Whether mail can be sent; without it nothing is enqueued, and nothing depends on it.
    pub sends_mail: bool,
    /// How background jobs are run.
    pub jobs: JobOptions,
    /// Index URLs of other registries that dependencies may name, besides crates.io and this server's own.
    pub allowed_dependency_indexes: Vec<String>,
    /// The categories that crates may name.
    pub categories: Categories,
    /// For new registries: who may read them.
    pub access: Access,
    /// For new registries: whether dependencies on unknown crates are accepted.
    pub unknown_dependencies: UnknownDependencies,
    /// For new registries: how much metadata an upload must carry.
    pub upload_rules: UploadRules,
    /// Entries of the audit log go when they are older than this, in days; `None` keeps them.
    pub audit_keep_days: Option<u32>,
    /// An object without a row is swept when it is older than this, in seconds.
    pub orphan_secs_min: i64,
    /// A random name of this process, new at each start, by which other nodes know it.
    pub node: String,
    /// Whether other nodes may serve the same database: the event log is then polled and caches trust the last poll.
    pub many_nodes: bool,
    /// A sync barrier among live nodes gives up after this, in milliseconds.
    pub settle_ms_max: u64,
}

/// How people sign in, and how their secrets are kept. Times are in seconds.
#[derive(Clone, Debug)]
pub struct AuthOptions {
    /// Whether passwords are taken over plain http from other machines too.
    pub allow_plain_http: bool,
    /// A session that was not used for this long is over.
    pub session_idle_secs: i64,
    /// A session ends after this long at the latest.
    pub session_max_secs: i64,
    /// The key that seals provider tokens; without it the database keeps one.
    pub vault_key: Option<Secret<[u8; 32]>>,
    /// The key before, until everything is sealed anew.
    pub vault_key_before: Option<Secret<[u8; 32]>>,
    /// Shortest password in characters.
    pub password_chars_min: usize,
    /// Memory of one hash of a password in KiB.
    pub hash_memory_kib: u32,
    /// Passes over that memory.
    pub hash_passes: u32,
    /// Passwords hashed at once; further ones wait.
    pub hashes_at_once_max: usize,
}

impl Default for AuthOptions {
    fn default() -> Self {
        Self {
            allow_plain_http: false,
            session_idle_secs: 14 * 86_400,
            session_max_secs: 90 * 86_400,
            vault_key: None,
            vault_key_before: None,
            password_chars_min: 10,
            hash_memory_kib: 19 << 10,
            hash_passes: 2,
            hashes_at_once_max: 2,
        }
    }
}

/// Whose word on builds is taken. Addresses have no final slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustOptions {
    /// What identities of builds must be made for; without it the address of this server or of the registry.
    pub audience: Option<String>,
    /// What stands in `iss` of identities of GitHub Actions.
    pub github_issuer: String,
    /// GitHub's API, which knows the numbers of users and organizations.
    pub github_api: String,
    /// What stands in `iss` of identities of GitLab CI.
    pub gitlab_issuer: String,
    /// How long a build's token is good for.
    pub token_secs: i64,
}

impl Default for TrustOptions {
    fn default() -> Self {
        Self {
            audience: None,
            github_issuer: "https://token.actions.githubusercontent.com".to_owned(),
            github_api: "https://api.github.com".to_owned(),
            gitlab_issuer: "https://gitlab.com".to_owned(),
            token_secs: 1_800,
        }
    }
}
