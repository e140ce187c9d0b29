//! Every function of the store, on SQLite and on a real PostgreSQL.

mod accounts;
mod backups;
mod bookkeeping;
mod complete;
mod crates;
mod dumps;
mod filler;
mod followed;
mod followers;
mod identities;
mod listing;
mod log;
mod members;
mod postgres_faults;
mod rates;
mod running;
mod schema;
mod search;
mod shown;
mod signing_in;
mod sqlite_faults;
mod teams;
mod tokens;
mod trust;
mod world;
mod writes;
