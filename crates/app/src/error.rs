//! What a use case can answer instead of its result. Transport-neutral: each face converts it once.

use cratekeep_blob::BlobError;
use cratekeep_policy::Denied;
use cratekeep_store::StoreError;
use thiserror::Error;

/// Why a use case did not do what it was asked.
#[derive(Debug, Error)]
pub enum AppError {
    /// The request is wrong; every problem is a sentence that says what to change.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    /// We do not know who asks.
    #[error("{0}")]
    Unauthenticated(String),
    /// We know who asks, and the answer is no.
    #[error("{0}")]
    Denied(String),
    /// It is not there, or not for this actor.
    #[error("{0}")]
    NotFound(String),
    /// It was there, and its time is over.
    #[error("{0}")]
    Gone(String),
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// It is well-formed, and a rule forbids it.
    #[error("{0}")]
    Unprocessable(String),
    /// The body is larger than allowed.
    #[error("{0}")]
    TooLarge(String),
    /// It was done too often; later it may work.
    #[error("{text}")]
    SlowDown {
        /// What was done too often, and from when on it works again.
        text: String,
        /// Seconds until then.
        retry_after_secs: u64,
    },
    /// The database connection broke while a commit was under way: it may have happened. The use case looks.
    #[error("the outcome is not known: {0}")]
    OutcomeUnknown(String),
    /// It may work later: a part the server leans on is slow, full or away.
    #[error("{0}")]
    Unavailable(String),
    /// Our fault. The text is for the log, never for a client.
    #[error("internal error: {0}")]
    Internal(String),
}

impl AppError {
    /// One problem with a request.
    pub fn invalid(problem: impl Into<String>) -> Self {
        Self::Invalid(vec![problem.into()])
    }

    /// The answer for a crate that is not there, worded as crates.io does.
    #[must_use]
    pub fn no_crate(name: &str) -> Self {
        Self::NotFound(format!("crate `{name}` does not exist"))
    }

    /// The answer to whoever wants to begin a crate under a name that is not free in a registry where crates can be
    /// hidden: the same for names that are reserved or kept and for crates that are not for this caller, so that nobody
    /// learns of them.
    #[must_use]
    pub fn name_is_kept(name: &cratekeep_types::CrateName) -> Self {
        Self::Denied(format!(
            "the name `{name}` is not free in this registry; choose another one, or ask an administrator of the registry"
        ))
    }

    /// The answer for a version that is not there, worded as crates.io does.
    #[must_use]
    pub fn no_version(name: &str, num: &str) -> Self {
        Self::NotFound(format!("crate `{name}` does not have a version `{num}`"))
    }
}

impl From<Denied> for AppError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated(text) => Self::Unauthenticated(text),
            Denied::Forbidden(text) => Self::Denied(text),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what } => Self::Conflict(format!("such a {what} is already there")),
            StoreError::CommitUnknown { reason } => Self::OutcomeUnknown(reason),
            StoreError::Unavailable { reason } => {
                tracing::warn!(error = reason, "the database does not answer");
                Self::Unavailable("the database does not answer; try again in a moment".to_owned())
            }
            StoreError::Full => {
                tracing::error!("the volume of the database is full");
                Self::Unavailable("the server's disk is full; nothing was stored".to_owned())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<BlobError> for AppError {
    fn from(error: BlobError) -> Self {
        match &error {
            BlobError::Full { .. } => {
                tracing::error!(%error, "the storage volume is full");
                Self::Unavailable("the server's storage is full; nothing was stored".to_owned())
            }
            BlobError::Unavailable { .. } | BlobError::Durability { .. } | BlobError::Volume(_) => {
                tracing::error!(%error, "the storage does not do its work");
                Self::Unavailable("the server's storage does not answer; nothing was stored".to_owned())
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}
