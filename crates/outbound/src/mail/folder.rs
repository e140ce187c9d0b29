//! A folder in the place of a mail server: for tests, and for trying out what would be sent.

use std::path::Path;

use super::MailError;

/// Puts a letter into the folder under its key; the same letter again takes the place of the first.
pub(super) async fn keep(folder: &Path, key: &str, bytes: &[u8]) -> Result<(), MailError> {
    let failed = |error: std::io::Error| {
        MailError::Passing(format!("the letter could not be written into {}: {error}", folder.display()))
    };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    let unfinished = folder.join(format!("{key}.part"));
    tokio::fs::write(&unfinished, bytes).await.map_err(failed)?;
    tokio::fs::rename(&unfinished, folder.join(format!("{key}.eml"))).await.map_err(failed)
}
