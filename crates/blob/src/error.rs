//! What can go wrong with stored bytes. "Not there" is no error: it is `None`.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

/// Whatever another library reports.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong while bytes were stored or read.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The volume has no room left, or a quota is used up. Nothing was stored.
    #[error("no room left while {attempted}: free some space on the storage volume")]
    Full {
        /// What was being done.
        attempted: String,
    },
    /// The system could not confirm that bytes are on disk. It is never tried again, because a second `fsync` may
    /// claim success for pages the first one lost: the store takes no more writes, and the process must restart.
    #[error("the disk did not confirm {attempted}: {source}; no more writes until the server is restarted")]
    Durability {
        /// What was being made durable.
        attempted: String,
        /// What the system said.
        source: io::Error,
    },
    /// The volume is not the one that belongs to this server, or is not there. The text says what was found.
    #[error("{0}")]
    Volume(String),
    /// Stored bytes are not what their name says.
    #[error("stored object {key} is damaged: {problem}")]
    Damaged {
        /// The object's key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The object is larger than the caller takes.
    #[error("object {key} has {size} bytes, more than the {bytes_max} asked for")]
    TooLarge {
        /// The object's key.
        key: String,
        /// Its size in bytes.
        size: u64,
        /// What the caller takes at most.
        bytes_max: u64,
    },
    /// The range asked for lies outside of the object.
    #[error("range {start}..{end} is outside of object {key} with {size} bytes")]
    Range {
        /// The object's key.
        key: String,
        /// Its size in bytes.
        size: u64,
        /// First byte asked for.
        start: u64,
        /// One behind the last byte asked for.
        end: u64,
    },
    /// The store does not answer, or says that it cannot now. Later may be better.
    #[error("the object store is not available while {attempted}: {}", told(source.as_ref()))]
    Unavailable {
        /// What was being done.
        attempted: String,
        /// What was reported.
        source: Source,
    },
    /// The store refuses: wrong credentials, no such bucket, something it does not know. Later will not be better.
    #[error("the object store refused {attempted}: {}", told(source.as_ref()))]
    Refused {
        /// What was being done.
        attempted: String,
        /// What was reported.
        source: Source,
    },
    /// The file system reported something else.
    #[error("{attempted} failed: {source}")]
    Io {
        /// What was being done.
        attempted: String,
        /// What the system said.
        source: io::Error,
    },
    /// The store was set up with values that cannot work. The text names the value.
    #[error("{0}")]
    Options(String),
}

impl BlobError {
    /// An error of the file system, sorted: a full disk is told apart from the rest.
    pub(crate) fn io(attempted: impl Into<String>, source: io::Error) -> Self {
        let attempted = attempted.into();
        let errno = Errno::from_io_error(&source);
        if matches!(errno, Some(Errno::NOSPC | Errno::DQUOT)) {
            return Self::Full { attempted };
        }
        Self::Io { attempted, source }
    }

    /// An object that is there under a name whose bytes have another length.
    pub(crate) fn wrong_length(key: &str, found: u64, expected: u64) -> Self {
        let problem = format!(
            "it has {found} bytes, its content has {expected}; restore it from a backup or remove it, then try again"
        );
        Self::Damaged { key: key.to_owned(), problem }
    }

    /// The system could not confirm a write.
    pub(crate) fn durability(attempted: impl Into<String>, source: io::Error) -> Self {
        Self::Durability { attempted: attempted.into(), source }
    }
}

/// An error with what caused it. Libraries differ in whether an error repeats its cause; here nothing is said twice.
pub(crate) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        #[derive(Debug, Error)]
        #[error("{text}")]
        struct Layer {
            text: &'static str,
            source: Option<Box<Layer>>,
        }
        let layer = |text, source: Option<Layer>| Layer { text, source: source.map(Box::new) };
        let refused = layer("connection refused", None);
        let error = layer("sending failed: connection refused", Some(refused));
        let error = layer("no answer", Some(error));
        assert_eq!(told(&error), "no answer: sending failed: connection refused");
    }
}
