//! Names a socket in few enough characters. The system takes about a hundred; data folders may lie deeper.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// Longest path that every system takes for a socket, in bytes.
const PATH_BYTES_MAX: usize = 100;

/// A path of a socket, made short by way of its opened folder where it must be.
#[derive(Debug)]
pub(super) struct ShortPath {
    path: PathBuf,
    _folder: Option<File>,
}

impl ShortPath {
    /// The path itself, or its name below the open folder.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let too_long = || {
            std::io::Error::other("the path is too long for a socket; use a data folder with a shorter one")
        };
        let (above, name) = path.parent().zip(path.file_name()).ok_or_else(too_long)?;
        let folder = File::open(above)?;
        let through = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        if !through.is_dir() {
            return Err(too_long());
        }
        Ok(Self { path: through.join(name), _folder: Some(folder) })
    }

    /// The path to use while this value lives.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_socket_deep_down_can_be_bound_and_reached() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let deep = folder.path().join("d".repeat(120));
        std::fs::create_dir(&deep).expect("a temporary folder can be written");
        let path = deep.join("control.sock");
        let bound = ShortPath::of(&path).expect("it can be named");
        let _listener = UnixListener::bind(bound.path()).expect("it can be bound");
        assert!(path.exists());
        let named = ShortPath::of(&path).expect("it can be named again");
        UnixStream::connect(named.path()).expect("it can be reached");
    }
}
