//! The room from outside: against servers on loopback.

mod calls;
mod providers;
mod tokens;
