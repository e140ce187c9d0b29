//! People: signing in with passwords, sessions, one-time links, forms that only our pages may send, profiles.

mod forms;
mod links;
mod passkeys;
mod passwords;
mod profile;
mod services;
mod sessions;
