//! Who may do what: tokens, closed registries, the first administrator, and the matrix of every route against every
//! kind of principal.

mod closed;
mod matrix;
mod recipes;
mod setup;
mod tokens;
