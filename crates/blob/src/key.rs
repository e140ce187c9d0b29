//! Names of objects, the same for every backend. No other crate knows them.

use cratekeep_types::Checksum;

use crate::BlobError;

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
