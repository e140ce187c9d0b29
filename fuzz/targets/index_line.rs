//! An index line. What is read prints to a line that reads the same, a yank and its undoing give the line back, and
//! cargo's own reader takes each line that it took before.
#![no_main]

use cargo_util_schemas::index::IndexPackage;
use cratekeep_wire::{IndexEntry, IndexHead, same_meaning, set_yanked};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(entry) = IndexEntry::from_line(text) else { return };
    let line = entry.to_line();
    assert!(!line.contains('\n'));
    let again = IndexEntry::from_line(&line).expect("our own line");
    assert_eq!(again, entry);
    assert_eq!(again.to_line(), line);

    let yanked = set_yanked(&line, !entry.yanked).expect("our own line");
    assert_eq!(set_yanked(&yanked, entry.yanked).expect("our own line"), line);
    let mut head = IndexHead::empty();
    head.append(&line);
    let before = head;
    head.replace(&line, &yanked);
    assert_ne!(head.etag(), before.etag());
    head.replace(&yanked, &line);
    assert_eq!(head, before);

    let arranged = entry.clone().arranged();
    assert_eq!(arranged.clone().arranged(), arranged);
    assert_eq!(same_meaning(&entry, &arranged), Ok(()));

    if serde_json::from_str::<IndexPackage<'_>>(text).is_ok() {
        serde_json::from_str::<IndexPackage<'_>>(&line).expect("cargo reads what it read before");
        serde_json::from_str::<IndexPackage<'_>>(&arranged.to_line()).expect("cargo reads it in our order");
    }
});
