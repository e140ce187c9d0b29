//! Owning crates together: invitations, teams, the letters about them, and the jobs that send those.

mod invitations;
mod jobs;
mod last_owner;
mod letters;
mod model;
mod notices;
mod pages;
mod teams;
