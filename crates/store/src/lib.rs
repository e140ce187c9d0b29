//! SQL for both engines: rows, statements, transactions, migrations, events and jobs.
//!
//! One module of plain functions per table. A function is one statement; it is named by what it returns or
//! changes. Reading functions take `&mut Conn` and so work inside a write too (a [`Tx`] dereferences to its
//! [`Conn`]); changing functions take `&mut Tx`, so only [`Store::write`] can reach them; functions for
//! bookkeeping that a crash may lose take `&mut CountTx` from [`Store::count`].

pub mod audit;
pub mod audit_search;
mod backup;
pub mod blob;
pub mod clock;
mod conn;
pub mod deleted_krate;
pub mod deletion;
pub mod dependency;
pub mod download;
mod error;
pub mod event;
pub mod event_feed;
pub mod feed;
mod follow;
pub mod followed_krate;
pub mod group_role;
pub mod identity;
pub mod invitation;
pub mod job;
pub mod krate;
pub mod limits;
pub mod listing;
pub mod member;
pub mod meta;
pub mod name_request;
pub mod node;
mod numbering;
mod options;
pub mod owner;
pub mod passkey;
pub mod password;
mod postgres;
pub mod profile;
pub mod public_dump;
pub mod rate;
pub mod reader;
pub mod registry;
pub mod registry_download;
pub mod reserved_name;
mod schema;
pub mod search_document;
pub mod session;
pub mod shown_krate;
pub mod shown_version;
mod sql;
mod sqlite;
mod store;
pub mod team;
pub mod team_member;
pub mod team_owner;
pub mod ticket;
pub mod token;
pub mod tombstone;
pub mod trust_issuer;
pub mod trust_token;
pub mod trusted_publisher;
pub mod used_jwt;
pub mod user;
pub mod user_facts;
pub mod vault;
pub mod version;
mod work;

pub use conn::{Conn, CountTx, Reader, Tx};
pub use error::StoreError;
pub use follow::Listener;
pub use futures::future::BoxFuture;
pub use options::{DatabaseUrl, Options};
pub use store::{Committed, Schema, Store};
