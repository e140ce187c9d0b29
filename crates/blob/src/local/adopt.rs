//! How a file becomes an object: its bytes durable, then its name, then its folders.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::{LocalStore, fan_out, folder_of};
use crate::disk::{make_folder, open_if_there, sync_both, sync_file, sync_folder};
use crate::{Adopted, BlobClass, BlobError, DerivedKey, Spool};

/// How often an object may be found present and then be gone before we give up.
const LINK_TRIES_MAX: u32 = 3;

impl LocalStore {
    /// Links a finished upload to its final name. Durable on return.
    pub(crate) fn adopt(&self, class: BlobClass, spool: &Spool) -> Result<Adopted, BlobError> {
        self.refuse_when_stopped()?;
        self.confirmed(self.link(class, spool))
    }

    fn link(&self, class: BlobClass, spool: &Spool) -> Result<Adopted, BlobError> {
        let checksum = spool.checksum();
        let key = class.key(&checksum);
        let (place, folder) = (self.path(&key), self.path(folder_of(&key)));
        if self.made(&folder)? || !self.fan_out.is_durable(class, &checksum) {
            let above = self.path(&fan_out::first_level(class, &checksum));
            sync_both(spool.file(), spool.path(), &above)?;
            self.fan_out.set_durable(class, &checksum);
        } else {
            sync_file(spool.file(), spool.path())?;
        }
        self.steps.pass("blob.file-synced");
        for _ in 0..LINK_TRIES_MAX {
            let adopted = match fs::hard_link(spool.path(), &place) {
                Ok(()) => Adopted::New,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !present(&place, &key, spool.size())? {
                        continue;
                    }
                    Adopted::Present
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => {
                    return Err(self.vanished(&folder));
                }
                Err(error) => return Err(link_failed(&place, error)),
            };
            self.steps.pass("blob.linked");
            sync_folder(&folder)?;
            self.steps.pass("blob.folders-synced");
            return Ok(adopted);
        }
        Err(BlobError::io(
            format!("storing {key}"),
            io::Error::other("the object was removed again and again while it was stored"),
        ))
    }

    /// Stores computed bytes by rename, so that readers see the old or the new.
    pub(crate) fn put_derived(&self, key: &DerivedKey, bytes: &[u8]) -> Result<(), BlobError> {
        self.refuse_when_stopped()?;
        self.confirmed(self.replace(key, bytes))
    }

    fn replace(&self, key: &DerivedKey, bytes: &[u8]) -> Result<(), BlobError> {
        let (mut file, path) = self.spool().create()?;
        file.write_all(bytes)
            .map_err(|error| BlobError::io(format!("writing {}", path.as_path().display()), error))?;
        sync_file(&file, path.as_path())?;
        let mut folder = self.path("derived");
        for part in key.folders() {
            let above = folder.clone();
            folder.push(part);
            if self.made(&folder)? {
                sync_folder(&above)?;
            }
        }
        let place = self.path(&key.key());
        fs::rename(path.as_path(), &place)
            .map_err(|error| BlobError::io(format!("naming {}", place.display()), error))?;
        sync_folder(&folder)
    }

    /// Makes one folder. The one above must be there: a vanished volume is not made anew.
    fn made(&self, folder: &Path) -> Result<bool, BlobError> {
        make_folder(folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.vanished(folder.parent().unwrap_or(folder)),
            _ => BlobError::io(format!("making the folder {}", folder.display()), error),
        })
    }
}

/// Whether the object at `place` is there with the right length; its bytes are durable afterwards, also when another
/// process has only just linked it.
fn present(place: &Path, key: &str, size: u64) -> Result<bool, BlobError> {
    let Some(file) = open_if_there(place)? else { return Ok(false) };
    let found =
        length(&file).map_err(|error| BlobError::io(format!("looking at {}", place.display()), error))?;
    if found != size {
        return Err(BlobError::wrong_length(key, found, size));
    }
    sync_file(&file, place)?;
    Ok(true)
}

fn length(file: &File) -> io::Result<u64> {
    file.metadata().map(|seen| seen.len())
}

fn link_failed(place: &Path, error: io::Error) -> BlobError {
    let attempted = match error.kind() {
        io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied => {
            format!("making the hard link {} (the storage volume must allow hard links)", place.display())
        }
        _ => format!("making the hard link {}", place.display()),
    };
    BlobError::io(attempted, error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cratekeep_types::Steps;

    use super::*;
    use crate::disk::synced;

    /// Goes red when any sync is left out, or stands on the wrong side of the link. (Tried: without the folder's
    /// sync, without the file's, with the link first.)
    #[tokio::test(flavor = "current_thread")]
    async fn bytes_then_name_then_folders_are_synced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("blobs");
        let seen = root.clone();
        let steps = Steps::watched(Arc::new(move |step| {
            if step == "blob.linked" {
                let before = synced::take(&seen);
                assert_eq!(
                    before.len(),
                    2,
                    "before the link: the file, and the level above its folder: {before:?}"
                );
            }
        }));
        let store = LocalStore::new(root.clone(), steps);
        store.init("test").expect("an empty volume");
        let spool =
            store.spool().writer().await.expect("a spool").finish().await.expect("empty, but finished");
        // The checksum of no bytes begins with e3b0.
        let place = root.join("hosted/sha256/e3/b0");
        let twin = LocalStore::new(root.clone(), Steps::unwatched());

        synced::take(&root);
        assert_eq!(store.adopt(BlobClass::Hosted, &spool).expect("stored"), Adopted::New);
        assert_eq!(synced::take(&root), std::slice::from_ref(&place), "after the link: its folder");

        let file = place.join(spool.checksum().to_string());
        assert_eq!(twin.adopt(BlobClass::Hosted, &spool).expect("stored"), Adopted::Present);
        let mut trusts_nobody = synced::take(&root);
        trusts_nobody.sort();
        let above = root.join("hosted/sha256/e3");
        let all = [above, place.clone(), file.clone(), spool.path().to_owned()];
        assert_eq!(trusts_nobody, all, "another process may have made all this a moment ago");

        assert_eq!(twin.adopt(BlobClass::Hosted, &spool).expect("stored"), Adopted::Present);
        let once_known = [spool.path().to_owned(), file, place];
        assert_eq!(synced::take(&root), once_known, "this process synced the level above before");
    }
}
