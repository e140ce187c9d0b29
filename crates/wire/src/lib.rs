//! What goes over the wire: publish bodies, index lines and paths, `config.json`, bodies of the web API, and the
//! protocol of the control socket.
//!
//! Ground room: pure, no I/O. Serde lives here. What a value means, and who may send it, is decided elsewhere.

pub mod api;
pub mod audit;
pub mod backup;
pub mod config_json;
pub mod control;
pub mod frame;
pub mod index;
pub mod publish;
pub mod site;
pub mod trusted_publishing;
pub mod version_facts;
pub mod version_metadata;

pub use api::{
    DownloadReply, ErrorBody, ErrorDetail, OkReply, OwnerBody, OwnersChanged, OwnersReply, OwnersRequest,
    ReadersBody,
};
pub use audit::{AuditEntry, AuditPage, AuditQuery};
pub use backup::{BackupEngine, BackupFile, BackupManifest, BackupManifestError};
pub use config_json::IndexConfig;
pub use frame::{FrameDecoder, FrameError, FrameLimits, FramePiece, encode_frame};
pub use index::{
    DependencyKind, IndexDep, IndexEntry, IndexHead, IndexLineError, name_of_sparse_path, same_meaning,
    set_yanked, sparse_path,
};
pub use publish::{PublishDependency, PublishMetadata, PublishReply, Warnings};
pub use site::SiteMetadata;
pub use trusted_publishing::BuiltBy;
pub use version_facts::{LanguageLinesBody, LicenseFileBody, LineCountsBody, VersionFacts};
pub use version_metadata::VersionMetadata;
