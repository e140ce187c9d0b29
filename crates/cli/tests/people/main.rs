//! People at the real program: a browser without scripts, a sign-in provider, mail in a folder, and the real cargo. And
//! what the program emits meanwhile, searched for everything that has to stay secret.

mod browser;
mod canaries;
mod walk;
