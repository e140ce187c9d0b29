//! The sections of the settings: each file holds one section's keys and the checks that need several of them.

mod audit;
mod auth;
mod database;
mod dump;
mod jobs;
mod limits;
mod log;
mod mail;
mod outbound;
mod rates;
mod readme;
mod registry;
mod server;
mod storage;
mod testing;
mod tokens;
mod trusted_publishing;

pub use audit::Audit;
pub use auth::Auth;
pub use database::Database;
pub use dump::Dump;
pub use jobs::Jobs;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mail::{Mail, MailUrl, StartTls};
pub use outbound::Outbound;
pub use rates::Rates;
pub use readme::{Readme, ReadmeImages};
pub use registry::RegistryDefaults;
pub(crate) use server::DATA_DIR_DEFAULT;
pub use server::{ForwardedHeader, Server};
pub use storage::{Storage, StoragePlace, VerifyOnRead};
pub use testing::{KillAt, Testing};
pub use tokens::Tokens;
pub use trusted_publishing::TrustedPublishing;

use crate::table::{Key, Section};

/// Every section, in the order in which they are shown.
pub(crate) const ALL: [Section; 17] = [
    Server::SECTION,
    Auth::SECTION,
    Database::SECTION,
    Storage::SECTION,
    Limits::SECTION,
    Outbound::SECTION,
    Rates::SECTION,
    RegistryDefaults::SECTION,
    Tokens::SECTION,
    TrustedPublishing::SECTION,
    Mail::SECTION,
    Jobs::SECTION,
    Readme::SECTION,
    Dump::SECTION,
    Audit::SECTION,
    Log::SECTION,
    Testing::SECTION,
];

/// The row of a key written as `section.name`.
pub(crate) fn find_key(written: &str) -> Option<&'static Key> {
    let (section, name) = written.split_once('.')?;
    let section = ALL.iter().find(|known| known.name == section)?;
    section.keys.iter().find(|key| key.name == name)
}

/// Every key as `section.name`, in the order in which they are shown, without hidden sections.
pub(crate) fn all_keys() -> impl Iterator<Item = String> {
    let shown = ALL.iter().filter(|section| !section.is_hidden);
    shown.flat_map(|section| section.keys.iter().map(|key| format!("{}.{}", section.name, key.name)))
}
