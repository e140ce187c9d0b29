//! Archives made by hand, so that every byte of them can be wrong.

use std::io::{Cursor, Write};

use crate::{ArchiveLimits, InspectError, Package, inspect};

/// Folder of every sample.
pub(crate) const ROOT: &str = "demo-1.0.0";
/// A manifest that is good for `demo` 1.0.0.
pub(crate) const GOOD_MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"1.0.0\"\nedition = \"2021\"\ndescription = \"d\"\nlicense = \"MIT\"\n";

/// One tar header, good until a test spoils it.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) bytes: [u8; 512],
}

impl Header {
    pub(crate) fn gnu(path: &str, size: u64) -> Self {
        let mut header = Self { bytes: [0; 512] };
        let name = &path.as_bytes()[..path.len().min(100)];
        header.set(0, name);
        header.set(100, b"0000644\0");
        header.set(108, b"0000000\0");
        header.set(116, b"0000000\0");
        header.set(124, format!("{size:011o}\0").as_bytes());
        header.set(136, b"10463566170\0");
        header.set(156, b"0");
        header.set(257, b"ustar  \0");
        header
    }

    pub(crate) fn flag(mut self, flag: u8) -> Self {
        self.bytes[156] = flag;
        self
    }

    pub(crate) fn mode(self, mode: u32) -> Self {
        self.with(100, format!("{mode:07o}\0").as_bytes())
    }

    pub(crate) fn ustar(self) -> Self {
        self.with(257, b"ustar\x0000")
    }

    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.set(at, bytes);
        self
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// The block with its checksum.
    pub(crate) fn block(mut self) -> Vec<u8> {
        self.set(148, b"        ");
        let sum: u32 = self.bytes.iter().map(|byte| u32::from(*byte)).sum();
        self.set(148, format!("{sum:06o}\0 ").as_bytes());
        self.bytes.to_vec()
    }
}

/// Content filled up to whole blocks.
pub(crate) fn padded(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.resize(content.len().next_multiple_of(512), 0);
    bytes
}

/// A file below the root.
pub(crate) fn file(path: &str, content: &[u8]) -> Vec<u8> {
    raw_file(&format!("{ROOT}/{path}"), content)
}

/// A file at any path; a long one gets a long-name record.
pub(crate) fn raw_file(path: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = if path.len() > 100 { long_name(path.as_bytes()) } else { Vec::new() };
    bytes.extend(Header::gnu(path, content.len() as u64).block());
    bytes.extend(padded(content));
    bytes
}

pub(crate) fn long_name(path: &[u8]) -> Vec<u8> {
    let name = [path, b"\0"].concat();
    let mut bytes = Header::gnu("././@LongLink", name.len() as u64).flag(b'L').block();
    bytes.extend(padded(&name));
    bytes
}

/// PAX records about the next entry.
pub(crate) fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let length =
            (1..).map(|digits| rest + digits).find(|n| n.to_string().len() + rest == *n).expect("a length");
        body.extend(format!("{length} {key}={value}\n").into_bytes());
    }
    let mut bytes = Header::gnu("PaxHeaders/x", body.len() as u64).flag(b'x').block();
    bytes.extend(padded(&body));
    bytes
}

/// A whole tar stream around `parts`.
pub(crate) fn tar(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), vec![0; 1024]].concat()
}

/// A tar stream that is a good package but for what `parts` bring.
pub(crate) fn package_with(parts: &[Vec<u8>]) -> Vec<u8> {
    let good = [file("Cargo.toml", GOOD_MANIFEST.as_bytes()), file("src/lib.rs", b"")];
    tar(&[good.concat(), parts.concat()])
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// Inspects `archive` as `demo` 1.0.0.
pub(crate) fn opened_with(archive: &[u8], limits: &ArchiveLimits) -> Result<Package, Vec<String>> {
    let expected = ("demo".parse().expect("a name"), "1.0.0".parse().expect("a version"));
    inspect(Cursor::new(archive), (&expected.0, &expected.1), limits).map_err(|error| match error {
        InspectError::Refused(problems) => problems.into_sentences(),
        InspectError::Unreadable(error) => panic!("memory can always be read: {error}"),
    })
}

/// Inspects a tar stream as `demo` 1.0.0.
pub(crate) fn opened(tar: &[u8]) -> Result<Package, Vec<String>> {
    opened_with(&gzip(tar), &ArchiveLimits::default())
}

/// The problems of a package that has `parts` besides what it needs.
pub(crate) fn problems_of(parts: &[Vec<u8>]) -> Vec<String> {
    opened(&package_with(parts)).expect_err("the archive is bad")
}
