//! `[limits]`: every bound of every room, by name.

use std::marker::PhantomData;
use std::time::Duration;

use crate::kinds::{GIB, KIB, MIB, Size, Span, Whole};
use crate::table::{Reader, section};

section! {
    /// Bounds on what clients may send and on what the server keeps in memory. Sizes are bytes, or carry a unit.
    shown struct Limits in "limits" {
        /// Largest `.crate` file of an upload.
        archive_bytes_max: u64 = Size { default: "10MiB", min: KIB, max: 4 * GIB - 1 },
        /// Largest JSON part of an upload.
        json_bytes_max: u64 = Size { default: "1MiB", min: KIB, max: 64 * MIB },
        /// Largest size of all files of an archive together, unpacked. More than 512 MiB is refused by cargo itself
        /// unless the archive is at least a twentieth of it.
        unpacked_bytes_max: u64 = Size { default: "512MiB", min: KIB, max: 64 * GIB },
        /// Past the 512 MiB that cargo unpacks of any archive, how many times its packed size an archive may grow to.
        unpacked_ratio_max: u64 = Whole { default: "20", min: 1, max: 1_000, of: PhantomData },
        /// Most files and folders in an archive.
        entries_max: u64 = Whole { default: "10000", min: 1, max: 1_000_000, of: PhantomData },
        /// Largest total of long names and other headers about headers in an archive.
        archive_header_bytes_max: u64 = Size { default: "4MiB", min: KIB, max: GIB },
        /// Longest path in an archive.
        path_bytes_max: usize = Whole { default: "1024", min: 100, max: 65_536, of: PhantomData },
        /// Longest part of a path between two slashes.
        path_part_bytes_max: usize = Whole { default: "255", min: 64, max: 65_536, of: PhantomData },
        /// Most parts of a path.
        path_parts_max: usize = Whole { default: "32", min: 2, max: 10_000, of: PhantomData },
        /// Largest `Cargo.toml` in an archive.
        manifest_bytes_max: u64 = Size { default: "1MiB", min: KIB, max: 64 * MIB },
        /// Most keys and values of a `Cargo.toml`, counted roughly.
        manifest_values_max: usize = Whole { default: "24000", min: 100, max: 10_000_000, of: PhantomData },
        /// Largest readme in an archive.
        readme_bytes_max: u64 = Size { default: "1MiB", min: KIB, max: 64 * MIB },
        /// Longest description of a crate.
        description_bytes_max: usize = Whole { default: "1000", min: 1, max: 1_000_000, of: PhantomData },
        /// Longest of any other single text of a manifest: a name, an address, a requirement, a licence.
        text_bytes_max: usize = Whole { default: "1024", min: 64, max: 1_000_000, of: PhantomData },
        /// Most keywords of a crate.
        keywords_max: usize = Whole { default: "5", min: 0, max: 1_000, of: PhantomData },
        /// Longest keyword.
        keyword_bytes_max: usize = Whole { default: "20", min: 1, max: 1_000, of: PhantomData },
        /// Most categories of a crate.
        categories_max: usize = Whole { default: "5", min: 0, max: 1_000, of: PhantomData },
        /// Most features of a crate.
        features_max: usize = Whole { default: "5000", min: 0, max: 100_000, of: PhantomData },
        /// Most things that one feature enables.
        feature_values_max: usize = Whole { default: "5000", min: 0, max: 100_000, of: PhantomData },
        /// Most dependencies of a crate, of all kinds and targets together.
        dependencies_max: usize = Whole { default: "500", min: 0, max: 100_000, of: PhantomData },
        /// Longest line of the index that an upload may come to.
        index_line_bytes_max: usize = Whole { default: "262144", min: 1_024, max: 67_108_864, of: PhantomData },
        /// Longest time an upload may take to arrive.
        upload_secs_max: Duration = Span { default: "10m", min_secs: 1, max_secs: 86_400 },
        /// Archives inspected at once; further uploads wait for their turn.
        inspections_max: usize = Whole { default: "2", min: 1, max: 256, of: PhantomData },
        /// Most versions a crate may have.
        versions_per_crate: u64 = Whole { default: "10000", min: 1, max: 1_000_000, of: PhantomData },
        /// Most owners that one request may name.
        owners_per_request_max: usize = Whole { default: "10", min: 1, max: 1_000, of: PhantomData },
        /// Most results on one page of a search.
        search_results_max: u32 = Whole { default: "100", min: 1, max: 1_000, of: PhantomData },
        /// Memory for index files.
        index_cache_bytes: u64 = Size { default: "64MiB", min: 0, max: 64 * GIB },
        /// Memory for crate files.
        file_cache_bytes: u64 = Size { default: "64MiB", min: 0, max: 64 * GIB },
        /// A larger crate file is never kept in memory.
        file_cache_object_bytes_max: u64 = Size { default: "1MiB", min: 0, max: 64 * MIB },
        /// An object in the storage that no row names is removed when it is older than this.
        orphan_secs_min: Duration = Span { default: "1d", min_secs: 60, max_secs: 31_536_000 },
        /// How often such objects are looked for.
        sweep_secs: Duration = Span { default: "1d", min_secs: 60, max_secs: 31_536_000 },
        /// How often counts of downloads and uses of tokens, which are held in memory, are written down.
        flush_secs: Duration = Span { default: "10s", min_secs: 1, max_secs: 3_600 },
        /// Longest time a change waits until every node has seen it. Matters with PostgreSQL and several nodes only.
        settle_secs_max: Duration = Span { default: "500ms", min_secs: 0, max_secs: 60 },
        /// Connections open at once; further ones wait until one closes.
        connections_max: usize = Whole { default: "4096", min: 1, max: 1_000_000, of: PhantomData },
        /// Requests worked on at once; further ones are answered with 503.
        requests_max: usize = Whole { default: "1024", min: 1, max: 1_000_000, of: PhantomData },
        /// Largest head of a request.
        head_bytes_max: u64 = Size { default: "64KiB", min: 8 * KIB, max: MIB },
        /// Longest time a client may take to send the head of a request, and to leave a connection unused.
        head_secs_max: Duration = Span { default: "30s", min_secs: 1, max_secs: 3_600 },
        /// Longest time in which a client takes nothing of what is sent to it.
        stall_secs_max: Duration = Span { default: "60s", min_secs: 1, max_secs: 3_600 },
        /// Requests at once on one HTTP/2 connection.
        streams_max: u32 = Whole { default: "256", min: 128, max: 10_000, of: PhantomData },
    }
}

impl Limits {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let limits = Self::read(reader)?;
        if limits.unpacked_bytes_max < limits.archive_bytes_max {
            reader.conflict(format!(
                "limits.unpacked_bytes_max ({} bytes) is less than limits.archive_bytes_max ({} bytes)",
                limits.unpacked_bytes_max, limits.archive_bytes_max
            ));
        }
        Some(limits)
    }
}
