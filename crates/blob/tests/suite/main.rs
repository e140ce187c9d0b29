//! The blob store through its door, on every backend, and with what can go wrong on each.

mod everywhere;
mod local;
mod s3;
mod spools;
mod support;
