//! Names of objects, the same for every backend. No other crate knows them.

use cratekeep_types::Checksum;

use crate::BlobError;

/// The object that says whose volume this is.
pub(crate) const MARKER: &str = "cratekeep-volume";

/// First line of the marker object. The number counts layouts, should there ever be another.
const MARKER_HEAD: &str = "cratekeep-volume 1\n";
/// Longest id of an instance, in bytes.
const INSTANCE_BYTES_MAX: usize = 128;

/// Longest part of a derived key, in bytes.
const DERIVED_PART_BYTES_MAX: usize = 128;

/// Classes of content-addressed objects. Each has its own prefix, so that it can have its own backup and eviction.
/// The third class, derived objects, is named by [`DerivedKey`] instead of by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlobClass {
    /// Published here: irreplaceable.
    Hosted,
    /// Fetched from an upstream registry: can be fetched again.
    Mirror,
}

impl BlobClass {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Hosted, Self::Mirror];

    /// The first part of the keys of this class.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hosted => "hosted",
            Self::Mirror => "mirror",
        }
    }

    /// Folder or prefix of all objects of this class.
    pub(crate) fn prefix(self) -> String {
        format!("{}/sha256", self.as_str())
    }

    /// The key of one object: `hosted/sha256/ab/cd/<hex>`.
    pub(crate) fn key(self, checksum: &Checksum) -> String {
        let hex = checksum.to_string();
        format!("{}/sha256/{}/{}/{hex}", self.as_str(), &hex[..2], &hex[2..4])
    }
}

/// The name of something computed from other bytes: `derived/<kind>/<version>/<input>`. The version changes with the
/// program that computes, the input names what it was computed from; so an entry is never wrong, at worst useless.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DerivedKey {
    kind: String,
    version: String,
    input: String,
}

impl DerivedKey {
    /// Checks the three parts: letters, digits, `.`, `_`, `-`, at most 128 bytes, not beginning with a dot.
    ///
    /// # Errors
    /// [`BlobError::Options`] naming the part that does not fit.
    pub fn new(kind: &str, version: &str, input: &str) -> Result<Self, BlobError> {
        for (part, text) in [("kind", kind), ("version", version), ("input", input)] {
            let fits = !text.is_empty()
                && text.len() <= DERIVED_PART_BYTES_MAX
                && !text.starts_with('.')
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
            if !fits {
                return Err(BlobError::Options(format!(
                    "the {part} `{text}` of a derived object must be 1 to {DERIVED_PART_BYTES_MAX} letters, digits, \
                     `.`, `_` or `-`, and not begin with a dot"
                )));
            }
        }
        Ok(Self { kind: kind.to_owned(), version: version.to_owned(), input: input.to_owned() })
    }

    /// The whole key.
    pub(crate) fn key(&self) -> String {
        format!("derived/{}/{}/{}", self.kind, self.version, self.input)
    }

    /// The folders above the object, outermost first, below `derived`.
    pub(crate) fn folders(&self) -> [&str; 2] {
        [&self.kind, &self.version]
    }
}

/// What the marker of the server `instance` says.
pub(crate) fn marker_text(instance: &str) -> String {
    format!("{MARKER_HEAD}{instance}\n")
}

/// Checks that `instance` can stand in a marker.
pub(crate) fn check_instance(instance: &str) -> Result<(), BlobError> {
    if instance.is_empty()
        || instance.len() > INSTANCE_BYTES_MAX
        || !instance.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err(BlobError::Options(format!(
            "the instance id `{instance}` must be 1 to {INSTANCE_BYTES_MAX} visible ASCII characters"
        )));
    }
    Ok(())
}

/// Compares a marker that was found at `place` with the one of the server `instance`.
pub(crate) fn check_marker_text(found: &[u8], instance: &str, place: &str) -> Result<(), BlobError> {
    if found == marker_text(instance).as_bytes() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(found);
    Err(BlobError::Volume(match text.strip_prefix(MARKER_HEAD).map(str::trim) {
        Some(other) => format!(
            "{place} belongs to another server: its `{MARKER}` names the instance `{other}`, this one is `{instance}`"
        ),
        None => format!(
            "{place} holds a `{MARKER}` that this program does not understand: it may come from a newer version"
        ),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fan_out_by_the_first_two_bytes() {
        let checksum = Checksum::from_bytes([0xab; 32]);
        let hex = "ab".repeat(32);
        assert_eq!(BlobClass::Hosted.key(&checksum), format!("hosted/sha256/ab/ab/{hex}"));
        assert_eq!(BlobClass::Mirror.key(&checksum), format!("mirror/sha256/ab/ab/{hex}"));
    }

    #[test]
    fn derived_keys_cannot_leave_their_folder() {
        let key = DerivedKey::new("readme-html", "3", "ab_C.1").expect("a good key");
        assert_eq!(key.key(), "derived/readme-html/3/ab_C.1");
        for bad in ["", ".", "..", ".hidden", "a/b", "a b", "ä", &"x".repeat(129)] {
            assert!(DerivedKey::new(bad, "1", "x").is_err(), "{bad}");
            assert!(DerivedKey::new("x", bad, "x").is_err(), "{bad}");
            assert!(DerivedKey::new("x", "1", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn markers_tell_mine_from_yours_and_from_a_newer_one() {
        assert!(check_marker_text(marker_text("a").as_bytes(), "a", "here").is_ok());
        let other = check_marker_text(marker_text("b").as_bytes(), "a", "here").expect_err("another's");
        assert!(other.to_string().contains("`b`"), "{other}");
        let newer = check_marker_text(b"cratekeep-volume 2\na\n", "a", "here").expect_err("newer");
        assert!(newer.to_string().contains("newer"), "{newer}");
        assert!(check_instance("two words").is_err());
    }
}
