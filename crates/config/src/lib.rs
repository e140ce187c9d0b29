//! The settings: raw layers (defaults < file < environment < flags) become validated [`Settings`], each value with
//! its [`Origin`].
//!
//! The only room that reads the environment. It knows names, kinds and bounds of settings; what a setting means to
//! another room is decided by the roof, which maps sections to that room's own options. One table per section gives
//! the names, the checks, the example file and the reference, so they cannot drift apart.

mod kinds;
mod layers;
mod nearest;
mod print;
mod problem;
mod providers;
mod sections;
mod settings;
mod table;

pub use kinds::{ListenAddress, parse_duration};
pub use layers::{Flag, Origin, Sources};
pub use print::{example, reference};
pub use problem::{Problem, Problems};
pub use providers::{ForgeProvider, OidcProvider, Provider, ProviderKind, ProxyProvider};
pub use sections::{
    Audit, Auth, Database, Dump, ForwardedHeader, Jobs, KillAt, Limits, Log, LogFormat, Mail, MailUrl,
    Outbound, Rates, Readme, ReadmeImages, RegistryDefaults, Server, StartTls, Storage, StoragePlace,
    Testing, Tokens, TrustedPublishing, VerifyOnRead,
};
pub use settings::{Settings, ShownSetting};
