//! Where a crate's file lies in an index.

/// Longest crate name in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The path of a crate's file: `se/rd/serde`. `name` must be a crate name; its case does not matter.
#[must_use]
pub fn sparse_path(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.len() {
        0..=2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", name.get(..1).unwrap_or_default()),
        _ => format!("{}/{}/{name}", name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default()),
    }
}

/// The lower-case crate name that `path` (without a leading slash) belongs to; nothing unless every byte of the path
/// is as [`sparse_path`] writes it.
#[must_use]
pub fn name_of_sparse_path(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let bytes = name.as_bytes();
    let allowed = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if bytes.len() > NAME_BYTES_MAX || !bytes.first()?.is_ascii_lowercase() || !bytes.iter().all(allowed) {
        return None;
    }
    let matches = match bytes.len() {
        1 => folder == "1",
        2 => folder == "2",
        3 => folder.strip_prefix("3/") == name.get(..1),
        _ => folder.split_once('/') == Some((&name[..2], &name[2..4])),
    };
    matches.then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_length_has_its_folder() {
        for (name, path) in [
            ("a", "1/a"),
            ("ab", "2/ab"),
            ("Abc", "3/a/abc"),
            ("abcd", "ab/cd/abcd"),
            ("Se_rde", "se/_r/se_rde"),
        ] {
            assert_eq!(sparse_path(name), path);
            assert_eq!(name_of_sparse_path(path), Some(name.to_ascii_lowercase().as_str()));
        }
    }

    #[test]
    fn only_the_exact_path_names_a_crate() {
        for wrong in [
            "",
            "a",
            "/1/a",
            "1//a",
            "1/a/",
            "2/a",
            "1/ab",
            "1/A",
            "3/b/abc",
            "3/abc",
            "ab/ce/abcd",
            "AB/cd/abcd",
            "ab/cd/../abcd",
            "ab/cd/abcd%20",
            "ab/cd/ab/cd",
            "1/9",
            "1/_",
            "2/a.",
            "config.json",
            "ab/cd/abcdé",
            "../../etc",
            "1/\u{e9}",
            "3/\u{e9}/\u{e9}a",
        ] {
            assert_eq!(name_of_sparse_path(wrong), None, "{wrong}");
        }
        let long = "x".repeat(65);
        assert_eq!(name_of_sparse_path(&sparse_path(&long)), None);
    }

    #[test]
    fn a_text_that_is_no_name_does_no_harm() {
        for odd in ["", "é", "ééé", "a\u{301}bcd"] {
            assert_eq!(name_of_sparse_path(&sparse_path(odd)), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn names_and_paths_are_one_to_one(name in "[a-z][a-z0-9_-]{0,63}") {
            let path = sparse_path(&name);
            prop_assert_eq!(name_of_sparse_path(&path), Some(name.as_str()));
        }

        #[test]
        fn a_path_that_names_a_crate_is_that_crates_path(path in "[a-z0-9/_.-]{0,12}") {
            if let Some(name) = name_of_sparse_path(&path) {
                prop_assert_eq!(sparse_path(name), path);
            }
        }
    }
}
