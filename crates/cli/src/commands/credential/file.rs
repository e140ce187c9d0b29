//! The file in which tokens are kept, by index URL: readable by this user alone, replaced whole.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use cratekeep_types::Secret;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::build::variable;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A token on this machine.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    token: Secret<String>,
    ends_at: Option<i64>,
    was_typed: bool,
}

impl Kept {
    /// A token that lives for `secs` from `now`.
    pub(super) fn made(token: String, now: i64, secs: u64) -> Self {
        let ends_at = now.saturating_add(i64::try_from(secs).unwrap_or(i64::MAX));
        Self { token: Secret::new(token), ends_at: Some(ends_at), was_typed: false }
    }

    /// A token that a person pasted; when it ends is not known.
    pub(super) fn typed(token: &str) -> Self {
        Self { token: Secret::new(token.to_owned()), ends_at: None, was_typed: true }
    }

    pub(super) fn token(&self) -> &str {
        self.token.expose()
    }

    /// When it ends, in seconds since 1970.
    pub(super) fn ends_at(&self) -> Option<i64> {
        self.ends_at
    }

    pub(super) fn was_typed(&self) -> bool {
        self.was_typed
    }

    pub(super) fn is_good(&self, at_secs: i64) -> bool {
        self.ends_at.is_none_or(|end| at_secs < end)
    }
}

/// One token in the file.
#[derive(Clone, Serialize, Deserialize)]
struct Line {
    token: String,
    ends_at: Option<i64>,
    was_typed: bool,
}

type Lines = BTreeMap<String, Line>;

/// The file.
#[derive(Debug)]
pub(super) struct KeptFile {
    folder: PathBuf,
}

impl KeptFile {
    /// `cratekeep/credentials.json` in the user's folder for settings.
    pub(super) fn of_user() -> Result<Self, String> {
        let home = || variable("HOME").map(|home| Path::new(&home).join(".config"));
        let settings = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let settings = settings.or_else(home);
        let folder = settings.ok_or("there is no place for tokens: set HOME or XDG_CONFIG_HOME")?;
        Ok(Self { folder: folder.join("cratekeep") })
    }

    /// The token of a registry.
    pub(super) fn find(&self, index: &str) -> Result<Option<Kept>, String> {
        Ok(self.read()?.remove(index).map(kept))
    }

    /// Keeps a token; one that was there is replaced.
    pub(super) fn keep(&self, index: &str, made: &Kept) -> Result<(), String> {
        let line = Line { token: made.token().to_owned(), ends_at: made.ends_at, was_typed: made.was_typed };
        self.change(|lines| lines.insert(index.to_owned(), line)).map(drop)
    }

    /// Forgets the token of a registry and gives it back.
    pub(super) fn forget(&self, index: &str) -> Result<Option<Kept>, String> {
        if self.find(index)?.is_none() {
            return Ok(None);
        }
        Ok(self.change(|lines| lines.remove(index))?.map(kept))
    }

    fn path(&self) -> PathBuf {
        self.folder.join("credentials.json")
    }

    fn read(&self) -> Result<Lines, String> {
        let path = self.path();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lines::new()),
            Err(error) => return Err(failed(&path, &error)),
        };
        let mut text = String::new();
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| failed(&path, &error))?;
        // The text around a mistake may be a token, so only its place is told.
        serde_json::from_str(&text).map_err(|error| {
            format!("{} is damaged in line {}; remove it and log in again", path.display(), error.line())
        })
    }

    /// Reads, changes and replaces the file while no other process does.
    fn change<T>(&self, change: impl FnOnce(&mut Lines) -> T) -> Result<T, String> {
        let folder = &self.folder;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| failed(folder, &error))?;
        let lock = private(&folder.join("credentials.lock"))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(folder, &error.into()))?;
        let mut lines = self.read()?;
        let changed = change(&mut lines);
        let text = serde_json::to_string_pretty(&lines).map_err(|error| error.to_string())?;
        let (path, fresh) = (self.path(), folder.join("credentials.json.new"));
        let mut file = private(&fresh)?;
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&fresh, &path))
            .map_err(|error| failed(&path, &error))?;
        Ok(changed)
    }
}

/// A file that only this user reads, whatever it was before.
fn private(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(|error| failed(path, &error))?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(|error| failed(path, &error))?;
    Ok(file)
}

fn kept(line: Line) -> Kept {
    Kept { token: Secret::new(line.token), ends_at: line.ends_at, was_typed: line.was_typed }
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be used: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_kept_by_registry_and_read_by_this_user_alone() {
        let place = tempfile::TempDir::new().expect("a temporary folder");
        let file = KeptFile { folder: place.path().join("deep/er") };
        assert!(file.find("one").expect("nothing is there").is_none());
        assert!(file.forget("one").expect("nothing is there").is_none());
        file.keep("one", &Kept::made("first".to_owned(), 100, 50)).expect("it is kept");
        file.keep("two", &Kept::typed("second")).expect("it is kept");
        file.keep("one", &Kept::made("third".to_owned(), 100, 60)).expect("it is kept");
        let one = file.find("one").expect("it is read").expect("it is there");
        assert_eq!((one.token(), one.ends_at(), one.was_typed()), ("third", Some(160), false));
        assert!(one.is_good(159) && !one.is_good(160));
        let mode = std::fs::metadata(file.path()).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            file.forget("one").expect("it is there").map(|kept| kept.token().to_owned()),
            Some("third".to_owned())
        );
        assert!(file.find("one").expect("read").is_none() && file.find("two").expect("read").is_some());
    }

    #[test]
    fn a_damaged_file_is_told_without_its_text() {
        let place = tempfile::TempDir::new().expect("a temporary folder");
        let file = KeptFile { folder: place.path().to_owned() };
        std::fs::write(file.path(), "{\n\"a\": \"canary").expect("written");
        let problem = file.find("a").expect_err("damaged");
        assert!(problem.contains("line 2") && !problem.contains("canary"), "{problem}");
    }
}
