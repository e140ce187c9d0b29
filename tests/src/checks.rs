//! What must hold after every test, whatever it did.

use std::collections::BTreeSet;

use cratekeep_app::VerifyDepth;
use cratekeep_blob::{BlobClass, Verdict};
use cratekeep_store::event;
use cratekeep_types::EventNumber;
use cratekeep_wire::{IndexHead, sparse_path};

use crate::TestApp;
use crate::footprint::Kept;

/// Longer than a stored object without a name is left alone, in seconds.
const ORPHANS_ARE_OLD_SECS: i64 = 3 * 86_400;
/// More events than any test makes in one go.
const EVENTS_MAX: u32 = 1_000;

impl TestApp {
    /// Checks that rows, index files and stored objects agree, that the sweep leaves exactly what is named, that
    /// events are numbered without gaps, and that no upload left a temporary file; then stops the server.
    ///
    /// # Panics
    /// One of them does not hold.
    pub async fn finish(self) {
        let kept = self.everything_kept().await;
        for kept in &kept {
            self.check_index_file(kept).await;
            self.check_objects(kept).await;
        }
        self.check_events().await;
        let report = self.app().verify(VerifyDepth::Blobs).await.expect("the data can be verified");
        assert!(report.findings.is_empty(), "verify found: {:#?}", report.findings);
        self.check_sweep(&kept).await;

        let Self { node, shared, .. } = self;
        let drained = node.stop().await;
        assert_eq!(drained.cut_off, 0, "requests that never ended");
        let left = shared.world.spool_files();
        assert!(left.is_empty(), "uploads left temporary files: {left:?}");
    }

    /// The file that is served and the head that is stored are what the version rows make.
    async fn check_index_file(&self, kept: &Kept) {
        let Kept { registry, krate, versions } = kept;
        let mut head = IndexHead::empty();
        versions.iter().for_each(|version| head.append(&version.line));
        let rebuilt = (head.fold, head.length, head.etag());
        let stored = (krate.head.fold, krate.head.length, krate.head.etag.clone());
        assert_eq!(rebuilt, stored, "the stored head of {} is not that of its lines", krate.name);

        let lines: String = versions.iter().map(|version| format!("{}\n", version.line)).collect();
        let mut reader = self.administrator().await;
        if !registry.is_default {
            reader = reader.at(registry.name.as_str());
        }
        let served =
            reader.fetch(&format!("/index/{}", sparse_path(krate.name.as_str()))).await.expect_status(200);
        assert_eq!(served.text(), lines, "the index file of {} is not its lines", krate.name);
        assert_eq!(served.header("etag"), head.etag(), "the ETag of {}", krate.name);
    }

    /// The bytes of every version are there, and they are the right ones.
    async fn check_objects(&self, kept: &Kept) {
        for version in &kept.versions {
            let verdict = self.node.blobs().verify(BlobClass::Hosted, &version.checksum).await;
            let verdict = verdict.expect("the object can be read");
            assert_eq!(verdict, Verdict::Good { size: version.size }, "{} {}", kept.krate.name, version.num);
        }
    }

    async fn check_events(&self) {
        let mut conn = self.node.store().read().await.expect("a connection");
        let last = event::head(&mut conn).await.expect("the number of the last event").0;
        let mut expected = 1;
        while expected <= last {
            let cursor = EventNumber(expected - 1);
            let events = event::after(&mut conn, cursor, EVENTS_MAX).await.expect("the events are listed");
            assert!(!events.is_empty(), "event {expected} of {last} is missing");
            for event in events {
                assert_eq!(event.number.0, expected, "events are numbered without gaps");
                expected += 1;
            }
        }
    }

    /// A sweep removes what nothing names and nothing else.
    async fn check_sweep(&self, kept: &[Kept]) {
        let versions = kept.iter().flat_map(|kept| &kept.versions);
        let named: BTreeSet<_> = versions.map(|version| version.checksum.to_string()).collect();
        self.clock().advance_secs(ORPHANS_ARE_OLD_SECS);
        self.app().sweep().await.expect("the sweep works");
        assert_eq!(self.objects().await, named, "stored objects against checksums of versions");
    }
}
