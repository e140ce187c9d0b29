//! Who may do what: tokens, closed registries, the first administrator, and the matrix of every route against every
//! kind of principal.

mod address;
mod audited;
mod builds;
mod closed;
mod connect;
mod crawl;
mod expected;
mod limited;
mod matrix;
mod own_tokens;
mod principals;
mod recipes;
mod scene;
mod setup;
mod token_pages;
mod tokens;
