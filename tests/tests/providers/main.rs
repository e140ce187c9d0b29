//! Signing in by other places, through the doors that browsers use, against simulators of every kind of provider.

mod browser;
mod flows;
mod groups;
mod leaks;
mod links;
mod private;
mod proxy;
mod renamed;
mod stage;
mod teams;
mod ways;
mod wrong;
