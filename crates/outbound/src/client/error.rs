//! What can go wrong with a call. No text repeats anything of an answer's body, of a query or of a credential.

use std::error::Error as _;

use thiserror::Error;
use url::Url;

use crate::guard::Refused;

/// Causes of a failure that are told, from the outermost inwards.
const CAUSES_MAX: usize = 6;

/// Why there is no answer, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallError {
    /// The place is not called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No connection, or it broke.
    #[error("`{host}` cannot be reached: {cause}")]
    Unreachable {
        /// The host with its port.
        host: String,
        /// What the network or TLS said.
        cause: String,
    },
    /// It took too long.
    #[error("there was no whole answer within {0} s (`outbound.answer_secs_max`)")]
    TimedOut(u64),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes (`outbound.body_bytes_max`)")]
    TooLarge(usize),
    /// One redirect after the other.
    #[error("there were more than {0} redirects")]
    Redirects(usize),
    /// A header value with characters that no header may have.
    #[error("the header `{0}` cannot have this value")]
    Header(String),
    /// A status that is no success.
    #[error("the answer had the status {0}")]
    Status(u16),
    /// The answer is not the JSON that was expected.
    #[error("the answer is not the JSON document that was expected")]
    NotJson,
    /// The client itself cannot be made.
    #[error("no calls can be made: {0}")]
    Broken(String),
}

impl CallError {
    pub(super) fn of(error: reqwest::Error, url: &Url) -> Self {
        let error = error.without_url();
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next.filter(|_| causes.len() < CAUSES_MAX) {
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            causes.push(cause.to_string());
            next = cause.source();
        }
        let cause = causes.pop().unwrap_or_else(|| error.to_string());
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        Self::Unreachable { host: format!("{host}:{port}"), cause }
    }
}
