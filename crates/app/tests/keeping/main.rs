//! Not losing anything: verify, sweep, backup, restore. On a SQLite database and a folder, and once through on
//! PostgreSQL and S3.

mod backup;
mod house;
mod remote;
mod sweep;
mod verify;
