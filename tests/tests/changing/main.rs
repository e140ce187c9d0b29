//! What publishers do and what becomes of it: good and bad uploads, yanks, owners, and other nodes that must see it.

mod again;
mod archives;
mod audit;
mod bounds;
mod checks;
mod deletion;
mod dependencies;
mod faults;
mod frames;
mod names;
mod nodes;
mod owners;
mod publish;
mod rate_overrides;
mod rates;
mod refused;
mod rules;
mod site;
mod uploads;
mod yank;
