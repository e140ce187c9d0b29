//! What the fuzz targets share: making archives, and opening them as `demo` 1.0.0.

use std::io::{Cursor, Write};

use cratekeep_package::{ArchiveLimits, InspectError, Package, inspect};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Folder of every sample.
pub const ROOT: &str = "demo-1.0.0";

/// A manifest that is good for `demo` 1.0.0.
pub const MANIFEST: &str =
    "[package]\nname = \"demo\"\nversion = \"1.0.0\"\ndescription = \"d\"\nlicense = \"MIT\"\n";

/// Limits small enough that the fuzzer reaches them.
#[must_use]
pub fn limits() -> ArchiveLimits {
    ArchiveLimits { unpacked_bytes_max: 1 << 20, entries_max: 64, ..ArchiveLimits::default() }
}

/// Opens `archive` as `demo` 1.0.0; nothing when it is refused.
///
/// # Panics
/// When memory is said to be unreadable, or a refusal comes without a sentence.
#[must_use]
pub fn opened(archive: &[u8]) -> Option<Package> {
    let name = "demo".parse().expect("a name");
    let version = "1.0.0".parse().expect("a version");
    match inspect(Cursor::new(archive), (&name, &version), &limits()) {
        Ok(package) => Some(package),
        Err(InspectError::Refused(problems)) => {
            assert!(
                !problems.sentences().is_empty() && problems.sentences().iter().all(|said| !said.is_empty())
            );
            None
        }
        Err(InspectError::Unreadable(error)) => panic!("memory can always be read: {error}"),
    }
}

/// One gzip stream around `bytes`, stored rather than deflated: fuzzing has no time to lose.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// A tar stream of files below the root.
#[must_use]
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, format!("{ROOT}/{path}"), *content).expect("memory takes all");
    }
    builder.into_inner().expect("memory takes all")
}
