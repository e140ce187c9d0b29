//! What publishers do and what becomes of it: good and bad uploads, yanks, owners, and other nodes that must see it.

mod again;
mod archives;
mod checks;
mod dependencies;
mod faults;
mod frames;
mod names;
mod nodes;
mod owners;
mod publish;
mod rates;
mod refused;
mod rules;
mod uploads;
mod yank;
