//! Walking over all objects of a class.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{LocalStore, fan_out, stat_of};
use crate::{BlobClass, BlobError, Listed};

impl LocalStore {
    /// The objects in one first-level folder, ordered by checksum: one part in 256 of a class.
    pub(crate) fn list_part(&self, class: BlobClass, first: u8) -> Result<Vec<Listed>, BlobError> {
        let first_name = fan_out::first_name(first);
        let folder = self.path(&format!("{}/{first_name}", class.prefix()));
        let Some(second_level) = entries(&folder)? else { return Err(self.vanished(&folder)) };
        let mut found = Vec::new();
        for second in second_level {
            for path in entries(&second)?.unwrap_or_default() {
                match listed(&path)? {
                    Some(listed) if path == self.path(&class.key(&listed.checksum)) => found.push(listed),
                    _ => tracing::warn!(path = %path.display(), "a stray file lies among the stored objects"),
                }
            }
        }
        found.sort_unstable_by_key(|listed| listed.checksum);
        Ok(found)
    }
}

/// The paths in a folder; `None` when there is no such folder.
fn entries(folder: &Path) -> Result<Option<Vec<PathBuf>>, BlobError> {
    let failed = |error| BlobError::io(format!("listing {}", folder.display()), error);
    match fs::read_dir(folder) {
        Ok(entries) => {
            entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<_, _>>().map(Some)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            tracing::warn!(path = %folder.display(), "a stray file lies among the folders of stored objects");
            Ok(Some(Vec::new()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// What a file is by its name; `None` when the name is no checksum, or the file is gone meanwhile.
fn listed(path: &Path) -> Result<Option<Listed>, BlobError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Ok(checksum) = name.parse() else { return Ok(None) };
    match fs::metadata(path) {
        Ok(seen) => {
            let stat = stat_of(&seen);
            Ok(Some(Listed { checksum, size: stat.size, modified: stat.modified }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BlobError::io(format!("looking at {}", path.display()), error)),
    }
}
