//! Cargo's own copy of index files: what crates.io says about each version.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cratekeep_wire::IndexEntry;

/// The only form of the copy that we know.
const CACHE_VERSION: u8 = 3;

/// The entries of one file by version. The form is: one byte and four more for versions of the form and of the lines,
/// the validator, and for every version its number and its line; each text ends with a NUL.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, IndexEntry>> {
    let bytes = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    ensure!(bytes.first() == Some(&CACHE_VERSION), "{} has a form of another cargo", path.display());
    let mut texts = bytes.get(5..).context("a copy has a head")?.split(|byte| *byte == 0);
    texts.next().context("a copy has a validator")?;
    let mut entries = BTreeMap::new();
    while let (Some(version), Some(line)) = (texts.next(), texts.next()) {
        let line = std::str::from_utf8(line).context("a line is UTF-8")?;
        // Very old lines have forms of their own; none of them is asked for here.
        if let Ok(entry) = IndexEntry::from_line(line) {
            entries.insert(String::from_utf8_lossy(version).into_owned(), entry);
        }
    }
    Ok(entries)
}
