//! An archive. What is accepted lists the same files with the same content for the `tar` crate alone, also when it reads
//! on past the end, and no path leaves the package or meets another.
//!
//! An even first byte: the rest is a tar stream whose header checksums are put right and which is packed. Odd: the rest
//! is the archive as it is.
#![no_main]

use std::collections::BTreeSet;
use std::io::Read;

use cratekeep_fuzz::{ROOT, gzip, opened};
use cratekeep_types::Checksum;
use flate2::read::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;

fn mend_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let archive = if first % 2 == 0 {
        let mut tar = rest.to_vec();
        mend_checksums(&mut tar);
        gzip(&tar)
    } else {
        rest.to_vec()
    };
    let Some(package) = opened(&archive) else { return };

    let mut other = tar::Archive::new(MultiGzDecoder::new(archive.as_slice()));
    other.set_ignore_zeros(true);
    let mut files = Vec::new();
    for entry in other.entries().expect("a stream") {
        let mut entry = entry.expect("an entry that both readers take");
        let path = String::from_utf8(entry.path_bytes().into_owned()).expect("UTF-8");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("content");
        if entry.header().entry_type().is_file() {
            files.push((path, content.len() as u64, Checksum::of(&content)));
        }
    }
    let ours: Vec<_> = package
        .entries
        .iter()
        .map(|entry| (format!("{ROOT}/{}", entry.path), entry.size, entry.checksum))
        .collect();
    assert_eq!(ours, files);

    let folded: BTreeSet<_> = package.entries.iter().map(|entry| entry.path.to_lowercase()).collect();
    assert_eq!(folded.len(), package.entries.len());
    for entry in &package.entries {
        assert!(entry.path.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
    }
});
