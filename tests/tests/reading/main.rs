//! What readers get: index files, downloads, search, and the shape of every failure.

mod download;
mod dump;
mod errors;
mod events;
mod feeds;
mod followed;
mod index;
mod krate_pages;
mod list_pages;
mod lists;
mod pages;
mod readme;
mod search;
mod shown;
mod steady;
mod taxonomy;
