//! Not losing anything, on a real SQLite database and a real folder: verify, sweep, backup, restore.

mod backup;
mod house;
mod sweep;
mod verify;
