//! Domain words as types: names, versions, checksums, ids, actors, scopes, secrets and the clock.
//!
//! Ground room: pure, no I/O, no serde, no async. A value of one of these types has been checked once, at the
//! door, and is never checked again inside.

mod actor;
mod checksum;
mod clock;
mod grant;
mod ids;
mod name;
mod rate;
mod registry;
mod scope;
mod secret;
mod steps;
mod team;
mod token;
mod trust_token;
mod version;

pub use actor::{Account, AccountKind, Actor, Credential, Memberships, Presented, Workflow};
pub use checksum::{Checksum, ChecksumError};
pub use clock::{Clock, Entropy, ManualClock, SystemClock, Timestamp};
pub use grant::{GrantError, GroupGrant};
pub use ids::{
    CrateId, EventNumber, JobId, RegistryId, SessionId, TeamId, TokenId, TrustTokenId, TrustedPublisherId,
    UserId, VersionId,
};
pub use name::{CanonName, CrateName, NameError, RegistryName, UserName};
pub use rate::{Bucket, Rate};
pub use registry::{
    Access, CRATES_IO_INDEX_GIT, CRATES_IO_INDEX_SPARSE, NewCrates, Registry, RegistryKind, Role,
    UnknownDependencies, UploadRules, WordError,
};
pub use scope::{CratePattern, PatternError, Scope, ScopeError, ScopeSet};
pub use secret::Secret;
pub use steps::{StepHook, Steps};
pub use team::{TeamLogin, TeamLoginError};
pub use token::{TOKEN_PREFIX, TokenError, TokenText};
pub use trust_token::{TRUST_TOKEN_PREFIX, TrustTokenText};
pub use version::{VersionError, VersionNum};
