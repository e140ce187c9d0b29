//! Every function of the store, on SQLite and on a real PostgreSQL.

mod accounts;
mod bookkeeping;
mod crates;
mod log;
mod postgres_faults;
mod search;
mod sqlite_faults;
mod world;
mod writes;
