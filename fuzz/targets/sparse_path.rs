//! A path below an index, and a name. Paths and lower-case names are one to one; nothing else has a meaning.
#![no_main]

use cratekeep_types::CrateName;
use cratekeep_wire::{name_of_sparse_path, sparse_path};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(name) = name_of_sparse_path(text) {
        assert_eq!(sparse_path(name), text);
        assert_eq!(name.to_ascii_lowercase(), name);
        name.parse::<CrateName>().expect("a path names only what can be a crate");
    }
    let path = sparse_path(text);
    match text.parse::<CrateName>() {
        Ok(name) => assert_eq!(name_of_sparse_path(&path), Some(name.as_str().to_ascii_lowercase().as_str())),
        Err(_) => assert_eq!(name_of_sparse_path(&path), None),
    }
});
