//! A manifest. Its index line is the same each time, cargo's own reader of index lines takes it, and it says what the
//! manifest says.
#![no_main]

use cargo_util_schemas::index::IndexPackage;
use cratekeep_fuzz::{gzip, opened, tar};
use cratekeep_package::{Package, index_entry};
use cratekeep_policy::{MetadataLimits, UploadFacts, house_rules};
use cratekeep_types::{Checksum, Timestamp, UploadRules};
use cratekeep_wire::IndexEntry;
use libfuzzer_sys::fuzz_target;

fn line(package: &Package) -> String {
    index_entry(package, Checksum::of(b""), Timestamp(0), &|known| known.registry_index.clone()).to_line()
}

fuzz_target!(|data: &[u8]| {
    let archive = gzip(&tar(&[("Cargo.toml", data), ("src/lib.rs", b""), ("src/main.rs", b"")]));
    let Some(package) = opened(&archive) else { return };
    let line_now = line(&package);
    assert_eq!(line(&opened(&archive).expect("opened before")), line_now);
    assert!(!line_now.contains('\n'));

    let theirs: IndexPackage<'_> = serde_json::from_str(&line_now).expect("cargo reads the line");
    assert_eq!(theirs.deps.len(), package.manifest.dependencies.len());
    let ours = IndexEntry::from_line(&line_now).expect("our own line");
    assert_eq!(ours.all_features(), package.manifest.features);
    assert_eq!(ours.clone().arranged(), ours);

    for rules in [UploadRules::CratesIo, UploadRules::Relaxed] {
        let facts = UploadFacts {
            rules,
            stands_for_crates_io: rules == UploadRules::Relaxed,
            own_index_urls: vec!["sparse+https://r.example/index/".to_owned()],
            sibling_index_urls: Vec::new(),
            allowed_index_urls: Vec::new(),
        };
        if let Ok(resolved) = house_rules(&package, &facts, &MetadataLimits::default()) {
            assert_eq!(resolved.len(), package.manifest.dependencies.len());
        }
    }
});
