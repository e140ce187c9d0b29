//! The pages in a real browser: every page narrow and wide, light and dark, with scripts and without; passkeys with an
//! authenticator; and what has to work without scripts.

mod eyes;
mod foreign_provider;
mod pages;
mod passkeys;
mod scene;
mod shelf;
mod without_scripts;
