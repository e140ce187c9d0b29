//! Which paths an archive may hold, and that no two of them are one on any file system.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::ArchiveLimits;
use crate::archive::Kind;
use crate::problems::shown;

/// Names that Windows gives to devices, with or without an extension; digits may follow `com` and `lpt`.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];
/// Characters that some file system or cargo itself does not take in a file name.
const SPECIAL: &[char] = &['\\', '<', '>', ':', '"', '|', '?', '*'];
/// What cargo writes beside an unpacked crate to remember that it is whole.
const CARGO_OK: &str = ".cargo-ok";

type Key = [u8; 16];

/// A path or the beginning of one that is taken.
#[derive(Debug)]
struct Taken {
    /// Which accepted path it comes from, and how many bytes of it.
    path: usize,
    bytes: usize,
    folder: bool,
    /// Whether it has an entry of its own, not only entries below it.
    explicit: bool,
}

/// The paths of one archive.
#[derive(Debug)]
pub(crate) struct Paths<'a> {
    root: String,
    limits: &'a ArchiveLimits,
    accepted: Vec<Box<str>>,
    root_is_taken: bool,
    taken: BTreeMap<Key, Taken>,
}

impl<'a> Paths<'a> {
    /// For an archive whose every path must lie below `root`.
    pub(crate) fn new(root: String, limits: &'a ArchiveLimits) -> Self {
        Self { root, limits, accepted: Vec::new(), root_is_taken: false, taken: BTreeMap::new() }
    }

    /// The path below the root; empty for the root itself.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the path.
    pub(crate) fn accept(&mut self, bytes: &[u8], kind: Kind) -> Result<&str, String> {
        let wrong = |why: String| format!("invalid path found: `{}` {why}", shown(bytes));
        let path =
            std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8; rename the file".to_owned()))?;
        let path = if kind == Kind::Folder { path.strip_suffix('/').unwrap_or(path) } else { path };
        if path.len() > self.limits.path_bytes_max {
            return Err(wrong(format!("is longer than {} bytes", self.limits.path_bytes_max)));
        }
        if path == self.root && kind == Kind::Folder {
            let twice = std::mem::replace(&mut self.root_is_taken, true);
            return if twice {
                Err(format!("`{}` is in the archive twice; leave one out", self.root))
            } else {
                Ok("")
            };
        }
        let below = path.strip_prefix(self.root.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let below = below.ok_or_else(|| wrong(format!("is not below `{}/`", self.root)))?;
        if below.split('/').count() > self.limits.components_max {
            return Err(wrong(format!("is more than {} folders deep", self.limits.components_max)));
        }
        below.split('/').try_for_each(|part| self.check_part(part)).map_err(wrong)?;
        if fold(below).split('/').next() == Some(CARGO_OK) {
            return Err(wrong("is a name that cargo uses for itself; leave the file out".to_owned()));
        }
        let index = self.accepted.len();
        self.accepted.push(below.into());
        self.claim(index, kind)?;
        Ok(&self.accepted[index])
    }

    fn check_part(&self, part: &str) -> Result<(), String> {
        if part.is_empty() || part == "." || part == ".." {
            return Err(format!("has the part `{part}`, which no path in a package may have"));
        }
        if part.len() > self.limits.component_bytes_max {
            return Err(format!("has a part longer than {} bytes", self.limits.component_bytes_max));
        }
        if let Some(found) =
            part.chars().find(|c| c.is_control() || is_invisible_order(*c) || SPECIAL.contains(c))
        {
            return Err(format!("has the character `{}`; rename the file", found.escape_debug()));
        }
        if part.ends_with(['.', ' ']) {
            return Err(
                "has a part that ends with a dot or a space, which Windows drops; rename the file".to_owned()
            );
        }
        if is_device(part) {
            return Err("has a part that Windows gives to a device; rename the file".to_owned());
        }
        Ok(())
    }

    /// Takes a path and every folder above it.
    fn claim(&mut self, index: usize, kind: Kind) -> Result<(), String> {
        let path = &self.accepted[index];
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut hash = Sha256::new();
        for (part, end) in fold(path).split('/').zip(ends) {
            hash.update(part.as_bytes());
            hash.update(b"/");
            let mut key = Key::default();
            key.copy_from_slice(&hash.clone().finalize()[..16]);
            let last = end == path.len();
            let folder = !last || kind == Kind::Folder;
            let Some(taken) = self.taken.get_mut(&key) else {
                self.taken.insert(key, Taken { path: index, bytes: end, folder, explicit: last });
                continue;
            };
            let (this, other) = (&path[..end], &self.accepted[taken.path][..taken.bytes]);
            if this != other {
                return Err(format!(
                    "`{}` and `{}` are one name where case or Unicode form does not count; rename one of them",
                    shown(this.as_bytes()),
                    shown(other.as_bytes())
                ));
            }
            if folder != taken.folder {
                return Err(format!(
                    "`{}` is both a file and a folder; rename one of them",
                    shown(this.as_bytes())
                ));
            }
            if last && std::mem::replace(&mut taken.explicit, true) {
                return Err(format!("`{}` is in the archive twice; leave one out", shown(this.as_bytes())));
            }
        }
        Ok(())
    }
}

/// The form in which names are equal on file systems that ignore case, Unicode form or invisible characters.
fn fold(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    // Upper-casing first makes one of letters that have one capital, such as the two forms of sigma.
    let plain = path.nfd().filter(|c| !is_ignorable(*c));
    plain.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfd().collect()
}

/// Characters that change the order in which others are shown.
fn is_invisible_order(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Characters that some file systems leave out when they compare names.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem.as_str())
        || numbered.is_some_and(|digit| {
            matches!(digit, "¹" | "²" | "³") || digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit()
        })
}

#[cfg(test)]
mod tests;
