//! What the roof sets from the configuration, and what can be wrong with it.

use std::path::PathBuf;
use std::time::Duration;

use cratekeep_types::Secret;
use thiserror::Error;

/// What the roof sets from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether addresses inside private networks and on this machine may be called.
    pub allow_private: bool,
    /// The HTTP proxy through which every call goes: `http://HOST:PORT`, perhaps with a user name and password.
    pub proxy: Option<Secret<String>>,
    /// A file of certificates in PEM form that are trusted beside those of the system.
    pub extra_ca: Option<PathBuf>,
    /// Longest time to make a connection.
    pub connect_time_max: Duration,
    /// Longest time for one call with all its redirects, until the last byte of the answer.
    pub answer_time_max: Duration,
    /// Largest answer that is read, in bytes.
    pub body_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_private: false,
            proxy: None,
            extra_ca: None,
            connect_time_max: Duration::from_secs(5),
            answer_time_max: Duration::from_secs(15),
            body_bytes_max: 1 << 20,
        }
    }
}

/// Why the door to the outside cannot be made.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// The address of the proxy is none. It may hold a password, so it is not repeated.
    #[error("`outbound.proxy` is not the address of an HTTP proxy: write http://HOST:PORT")]
    Proxy,
    /// The file of certificates cannot be used.
    #[error("the certificates of `outbound.extra_ca` cannot be read from {}: {problem}", path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}
