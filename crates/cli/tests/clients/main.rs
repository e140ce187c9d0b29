//! Clients that were written for crates.io, against this server: the libraries that read its index and its web API.

mod index;
mod web;
mod world;
