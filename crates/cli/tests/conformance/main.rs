//! The real cargo against the real program. `docs/conformance.md` says which item of cargo's contract which test
//! covers; `listing` holds that table and these tests together.
//!
//! Tests judge exit codes, lock files, the requests that the server saw and what it has afterwards; of cargo's own
//! wording only single words that every version has.

mod add_info;
mod alternative;
mod authenticated;
mod beyond;
mod builds;
mod case;
mod install;
mod listing;
mod lockfile;
mod messages;
mod moving;
mod our_provider;
mod providers;
mod publish;
mod recorder;
mod replacement;
mod resolve;
mod search_login;
mod tls;
mod versions;
mod walk;
mod workspace;
mod world;
mod yank_owner;
