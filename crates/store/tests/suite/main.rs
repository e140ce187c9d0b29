//! Every function of the store, on SQLite and on a real PostgreSQL.

mod accounts;
mod crates;
mod world;
