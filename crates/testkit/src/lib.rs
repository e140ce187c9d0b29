//! What tests need around the program: the real binary as a child, real cargo with a home of its own, a plain
//! HTTP client, certificates and ports. No other room depends on this one except in its tests.

pub mod archive;
pub mod cargo;
pub mod child;
pub mod environment;
pub mod forge;
pub mod http;
pub mod issuer;
pub mod mail;
pub mod oidc;
pub mod port;
pub mod postgres;
pub mod publish;
pub mod readers;
pub mod remote;
pub mod s3;
pub mod server;
pub mod tls;
pub mod tools;
pub mod webdriver;
