//! From an archive to a package, or to everything that is wrong with it.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use cratekeep_types::{CrateName, VersionNum};

use crate::archive::{self, Contents};
use crate::manifest;
use crate::path::Paths;
use crate::problems::Found;
use crate::vcs;
use crate::{ArchiveLimits, InspectError, ManifestFacts, Package};

/// Bytes read from the archive at once.
const INPUT_BYTES: usize = 64 * 1024;
/// Name of the manifest, below the root.
const MANIFEST: &str = "Cargo.toml";
/// Longest text of the packager's choosing that is kept beside manifest and readme.
const VCS_BYTES_MAX: u64 = 64 * 1024;

/// Reads an archive from its beginning to its end and tells everything that is wrong with it.
///
/// `expected` is the name and version it was announced under. Memory stays small whatever the archive holds: only the
/// manifest, the readme and the version-control note are kept, and their sizes are limited.
///
/// # Errors
/// [`InspectError::Refused`] with every problem found; [`InspectError::Unreadable`] when `archive` itself could not be
/// read, which is not the fault of who sent it.
pub fn inspect(
    archive: impl Read + Seek,
    expected: (&CrateName, &VersionNum),
    limits: &ArchiveLimits,
) -> Result<Package, InspectError> {
    let mut source = Source { inner: archive, failed: None };
    let inspected = inspect_source(&mut source, expected, limits);
    match source.failed {
        Some(error) => Err(InspectError::Unreadable(error)),
        None => inspected,
    }
}

fn inspect_source(
    source: &mut (impl Read + Seek),
    (name, version): (&CrateName, &VersionNum),
    limits: &ArchiveLimits,
) -> Result<Package, InspectError> {
    let packed_bytes = source.seek(SeekFrom::End(0)).map_err(InspectError::Unreadable)?;
    let unpacked_bytes_max = limits.unpacked_bytes_max_of(packed_bytes);
    let root = format!("{name}-{version}");
    let mut found = Found::default();
    let mut pass = |wanted: &dyn Fn(&str) -> Option<u64>, found: &mut Found| {
        source.seek(SeekFrom::Start(0)).map_err(InspectError::Unreadable)?;
        let packed = BufReader::with_capacity(INPUT_BYTES, &mut *source);
        let mut paths = Paths::new(root.clone(), limits);
        Ok::<_, InspectError>(archive::read(packed, unpacked_bytes_max, &mut paths, limits, wanted, found))
    };
    let mut contents = pass(&|path| first_wishes(path, limits), &mut found)?;
    let facts = read_manifest(&contents, (name, version), limits, &mut found);
    let readme_path = facts.as_ref().and_then(|facts| facts.readme_path.clone());
    // A readme in an unusual place is worth a second pass; knowing the place first would cost everybody one.
    if let Some(path) =
        readme_path.as_deref().filter(|path| found.is_empty() && contents.is_there_unkept(path))
    {
        let again = pass(&|other| (other == path).then_some(limits.readme_bytes_max), &mut found)?;
        contents.kept.extend(again.kept);
    }
    let readme = readme_path
        .and_then(|path| contents.kept(&path).map(|text| String::from_utf8_lossy(text).into_owned()));
    found.finish()?;
    Ok(Package {
        name: name.clone(),
        version: version.clone(),
        manifest: facts.expect("a manifest that gives no facts is a problem, and there is none"),
        vcs: contents.kept(vcs::FILE).and_then(vcs::parse),
        entries: contents.entries,
        unpacked_bytes: contents.unpacked_bytes,
        readme,
    })
}

/// What is worth keeping before the manifest is known: the manifest, the version-control note, and readmes at the root.
fn first_wishes(path: &str, limits: &ArchiveLimits) -> Option<u64> {
    match path {
        MANIFEST => Some(limits.manifest_bytes_max),
        vcs::FILE => Some(VCS_BYTES_MAX),
        "README.md" | "README" | "README.txt" | "readme.md" | "Readme.md" => Some(limits.readme_bytes_max),
        _ => None,
    }
}

fn read_manifest(
    contents: &Contents,
    expected: (&CrateName, &VersionNum),
    limits: &ArchiveLimits,
    found: &mut Found,
) -> Option<ManifestFacts> {
    let spellings: Vec<_> =
        contents.entries.iter().filter(|entry| entry.path.eq_ignore_ascii_case(MANIFEST)).collect();
    match spellings.as_slice() {
        [] if contents.is_whole || found.is_empty() => {
            found.add("the archive has no manifest; `Cargo.toml` must lie directly in its folder")
        }
        [only] if only.path != MANIFEST => {
            found.add(format!("the manifest is called `{}`; it must be called `{MANIFEST}`", only.path));
        }
        _ => {}
    }
    manifest::read(contents.kept(MANIFEST)?, expected, &contents.entries, limits, found)
}

/// Remembers why the archive could not be read, because the layers above wrap errors beyond recognition.
struct Source<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R> Source<R> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            kind.into()
        })
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        self.note(read)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.inner.seek(to);
        self.note(at)
    }
}

#[cfg(test)]
mod tests;
