//! Walks through the files of an archive that was found good before.

use std::io::{self, Read};

use flate2::read::GzDecoder;

/// Gives the files that are wanted to `each`, in the order of the archive. `wants` is asked with the path below the
/// package's folder and the length in bytes; `root` is that folder, `name-version`.
///
/// Memory grows with the longest file that is wanted, and with nothing else.
///
/// # Errors
/// When the archive cannot be read to its end, or unpacks to more than `unpacked_bytes_max`.
pub fn visit(
    archive: impl Read,
    root: &str,
    unpacked_bytes_max: u64,
    wants: &mut dyn FnMut(&str, u64) -> bool,
    each: &mut dyn FnMut(&str, Vec<u8>),
) -> io::Result<()> {
    let unpacked = GzDecoder::new(archive).take(unpacked_bytes_max);
    let mut archive = tar::Archive::new(unpacked);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = path.strip_prefix(root).and_then(|path| path.strip_prefix('/')) else { continue };
        if wants(path, entry.size()) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            each(path, content);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, content.as_bytes()).expect("memory takes all");
        }
        let mut encoder = builder.into_inner().expect("memory takes all");
        encoder.flush().expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    #[test]
    fn only_wanted_files_below_the_root_are_read() {
        let bytes =
            archive(&[("a-1.0.0/src/lib.rs", "code"), ("a-1.0.0/big", "12345"), ("other/x.rs", "no")]);
        let mut seen = Vec::new();
        let walked = visit(&bytes[..], "a-1.0.0", 1 << 20, &mut |_, size| size < 5, &mut |path, content| {
            seen.push((path.to_owned(), content));
        });
        walked.expect("it can be read");
        assert_eq!(seen, [("src/lib.rs".to_owned(), b"code".to_vec())]);
        assert!(visit(&bytes[..], "a-1.0.0", 600, &mut |_, _| true, &mut |_, _| ()).is_err());
    }
}
