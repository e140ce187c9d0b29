//! Making a volume once, and knowing it again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{LocalStore, STAGING, fan_out};
use crate::disk::{make_folder, sync_file, sync_folder};
use crate::key::{MARKER, check_marker_text, marker_text};
use crate::{BlobClass, BlobError};

/// Longest marker that is read, in bytes.
const MARKER_BYTES_MAX: u64 = 1024;

impl LocalStore {
    /// Makes the folders and then the marker, each durable before the next.
    pub(crate) fn init(&self, instance: &str) -> Result<(), BlobError> {
        if let Some(found) = self.read_marker()? {
            check_marker_text(&found, instance, &self.describe())?;
        }
        self.confirmed(self.make_all(instance))
    }

    pub(crate) fn check_marker(&self, instance: &str) -> Result<(), BlobError> {
        let Some(found) = self.read_marker()? else {
            return Err(BlobError::Volume(format!(
                "{} holds no `{MARKER}` file, so it is not the volume that this server's objects are on: mount it, or \
                 restore it from a backup",
                self.describe()
            )));
        };
        check_marker_text(&found, instance, &self.describe())
    }

    pub(crate) fn describe(&self) -> String {
        format!("the folder {}", self.root().display())
    }

    /// Makes every folder first and syncs afterwards: a journalling file system then flushes them all at once.
    fn make_all(&self, instance: &str) -> Result<(), BlobError> {
        let mut changed = make_with_parents(self.root())?;
        for name in [STAGING, "derived"] {
            make(&self.path(name))?;
        }
        for class in BlobClass::ALL {
            let (above, top) = (self.path(class.as_str()), self.path(&class.prefix()));
            make(&above)?;
            make(&top)?;
            for first in 0..=u8::MAX {
                make(&top.join(fan_out::first_name(first)))?;
            }
            changed.extend([top, above]);
        }
        changed.push(self.root().to_owned());
        for folder in &changed {
            sync_folder(folder)?;
        }
        self.write_marker(instance)?;
        sync_folder(self.root())
    }

    /// Written elsewhere and linked, so that there is never half a marker; one that is there stays.
    fn write_marker(&self, instance: &str) -> Result<(), BlobError> {
        let (mut file, path) = self.spool().create()?;
        file.write_all(marker_text(instance).as_bytes())
            .map_err(|error| BlobError::io(format!("writing {}", path.as_path().display()), error))?;
        sync_file(&file, path.as_path())?;
        match fs::hard_link(path.as_path(), self.path(MARKER)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(BlobError::io(
                format!("linking {} (the storage volume must allow hard links)", self.path(MARKER).display()),
                error,
            )),
            _ => self.check_marker(instance),
        }
    }

    fn read_marker(&self) -> Result<Option<Vec<u8>>, BlobError> {
        let Some((file, size)) = self.open_sized(MARKER)? else { return Ok(None) };
        super::read_whole(&file, size.min(MARKER_BYTES_MAX), MARKER).map(|text| Some(text.into()))
    }
}

fn make(path: &Path) -> Result<(), BlobError> {
    match make_folder(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(BlobError::io(format!("making the folder {}", path.display()), error)),
    }
}

/// Makes a folder and those above it; returns the folders that got new names in them.
fn make_with_parents(path: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let missing = path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
    let missing: Vec<&Path> = missing.collect();
    let mut changed = Vec::new();
    for folder in missing.into_iter().rev() {
        make(folder)?;
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        changed.push(above.unwrap_or(Path::new(".")).to_owned());
    }
    Ok(changed)
}
