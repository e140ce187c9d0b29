//! Sorts what the S3 client reports by what a caller can do about it.

use object_store::Error;

use crate::BlobError;

/// Words of servers that have no room left.
const FULL_WORDS: [&str; 3] = ["507 Insufficient Storage", "XMinioStorageFull", "QuotaExceeded"];
/// How the client words an answer that says that the request is at fault.
const CLIENT_ERROR_WORDS: &str = "non-2xx status code: 4";
/// Answers of that kind that are nevertheless passing.
const PASSING_WORDS: [&str; 5] =
    ["status code: 408", "status code: 409", "status code: 429", "BadDigest", "RequestTimeTooSkewed"];

/// An error in our words. The client's own text is kept as source: it names the request, never a secret.
pub(super) fn sorted(attempted: &str, error: Error) -> BlobError {
    let attempted = attempted.to_owned();
    let refused = match &error {
        Error::PermissionDenied { .. }
        | Error::Unauthenticated { .. }
        | Error::NotFound { .. }
        | Error::NotSupported { .. }
        | Error::NotImplemented { .. } => true,
        Error::Generic { .. } => {
            let text = error.to_string();
            if FULL_WORDS.iter().any(|words| text.contains(words)) {
                return BlobError::Full { attempted };
            }
            text.contains(CLIENT_ERROR_WORDS) && !PASSING_WORDS.iter().any(|words| text.contains(words))
        }
        _ => false,
    };
    if refused {
        return BlobError::Refused { attempted, source: Box::new(error) };
    }
    BlobError::Unavailable { attempted, source: Box::new(error) }
}

/// A missing object is `None`; a missing bucket is an error.
pub(super) fn unless_missing<T>(attempted: &str, result: Result<T, Error>) -> Result<Option<T>, BlobError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error @ Error::NotFound { .. }) if !error.to_string().contains("NoSuchBucket") => Ok(None),
        Err(error) => Err(sorted(attempted, error)),
    }
}
