//! How big an archive may be, in every direction.

/// Limits of one archive. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Longest unpacked archive.
    pub unpacked_bytes_max: u64,
    /// Past the 512 MiB that cargo unpacks of any archive, how many times its packed size it may grow to.
    pub ratio_max: u64,
    /// Most entries, folders included.
    pub entries_max: u64,
    /// Most bytes of long names and other headers about headers, over all entries.
    pub header_bytes_max: u64,
    /// Longest path.
    pub path_bytes_max: usize,
    /// Longest part of a path between two slashes.
    pub component_bytes_max: usize,
    /// Most parts of a path.
    pub components_max: usize,
    /// Longest `Cargo.toml`.
    pub manifest_bytes_max: u64,
    /// Most keys and values of `Cargo.toml`, counted roughly. The largest manifests in use come to some 7,000.
    pub manifest_values_max: usize,
    /// Longest readme.
    pub readme_bytes_max: u64,
}

/// What cargo unpacks of any archive, however small it is packed.
pub(crate) const CARGO_UNPACKED_BYTES: u64 = 512 << 20;

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            unpacked_bytes_max: CARGO_UNPACKED_BYTES,
            ratio_max: 20,
            entries_max: 10_000,
            header_bytes_max: 4 << 20,
            path_bytes_max: 1024,
            component_bytes_max: 255,
            components_max: 32,
            manifest_bytes_max: 1 << 20,
            manifest_values_max: 24_000,
            readme_bytes_max: 1 << 20,
        }
    }
}

impl ArchiveLimits {
    /// How far an archive of `packed_bytes` may unpack. Cargo refuses what goes past the second term.
    #[must_use]
    pub fn unpacked_bytes_max_of(&self, packed_bytes: u64) -> u64 {
        self.unpacked_bytes_max.min(CARGO_UNPACKED_BYTES.max(packed_bytes.saturating_mul(self.ratio_max)))
    }
}
