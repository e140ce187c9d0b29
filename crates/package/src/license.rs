//! Which files of a package are licence texts, and which licence each is.

/// Most licence texts of a package that are looked at.
pub const LICENSE_FILES_MAX: usize = 20;
/// Longest licence text that is looked at, in bytes.
pub const LICENSE_BYTES_MAX: u64 = 128 << 10;

/// Whether a path is that of a licence text: by its name at the root or in `LICENSES`, or because the manifest says so.
#[must_use]
pub fn is_license_file(path: &str, said: Option<&str>) -> bool {
    if said == Some(path) {
        return true;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    let is_named =
        ["license", "licence", "copying", "unlicense", "copyright"].iter().any(|word| name.starts_with(word));
    let is_code = name.ends_with(".rs") || name.ends_with(".toml") || name.ends_with(".json");
    match folder {
        "" => is_named && !is_code,
        "LICENSES" | "licenses" | "LICENSE" => !is_code,
        _ => false,
    }
}

/// The SPDX id of a licence text, as far as its words, its name or the manifest's expression tell. A guess: nobody
/// should decide anything by it alone.
#[must_use]
pub fn guess_license(path: &str, text: &str, expression: Option<&str>) -> Option<String> {
    by_words(text).map(str::to_owned).or_else(|| by_name(path, expression)).or_else(|| only_one(expression))
}

/// How far into a text its title is looked for, in characters.
const TITLE_CHARS: usize = 400;

/// Words of titles, each row after those whose words contain it. All words of a row must be there.
const TITLES: &[(&str, &[&str])] = &[
    ("Apache-2.0", &["apache license", "version 2.0"]),
    ("MPL-2.0", &["mozilla public license", "2.0"]),
    ("AGPL-3.0", &["gnu affero general public license", "version 3"]),
    ("LGPL-3.0", &["gnu lesser general public license", "version 3"]),
    ("LGPL-2.1", &["gnu lesser general public license", "version 2.1"]),
    ("GPL-3.0", &["gnu general public license", "version 3"]),
    ("GPL-2.0", &["gnu general public license", "version 2"]),
    ("EUPL-1.2", &["european union public licence", "1.2"]),
    ("CC0-1.0", &["cc0 1.0 universal"]),
    ("BSL-1.0", &["boost software license"]),
    ("Unlicense", &["free and unencumbered software"]),
    ("Unicode-3.0", &["unicode license v3"]),
];

/// Words of texts that often have no title.
const WORDS: &[(&str, &[&str])] = &[
    (
        "ISC",
        &[
            "permission to use, copy, modify, and",
            "distribute this software",
            "provided that the above copyright",
        ],
    ),
    ("0BSD", &["permission to use, copy, modify, and", "distribute this software"]),
    ("BSD-3-Clause", &["redistribution and use in source and binary forms", "endorse or promote"]),
    ("BSD-2-Clause", &["redistribution and use in source and binary forms"]),
    ("Zlib", &["this software is provided 'as-is'", "altered source versions"]),
    (
        "MIT-0",
        &["permission is hereby granted, free of charge", "!above copyright notice and this permission"],
    ),
    ("MIT", &["permission is hereby granted, free of charge", "above copyright notice and this permission"]),
];

fn by_words(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let title: String = text.chars().take(TITLE_CHARS).collect();
    let find = |rows: &'static [(&'static str, &'static [&'static str])], text: &str| {
        let has = |word: &&str| match word.strip_prefix('!') {
            Some(absent) => !text.contains(absent),
            None => text.contains(*word),
        };
        rows.iter().find(|(_, words)| words.iter().all(has)).map(|(id, _)| *id)
    };
    find(TITLES, &title).or_else(|| find(WORDS, &text))
}

/// `LICENSE-MIT` where `MIT` stands in the expression.
fn by_name(path: &str, expression: Option<&str>) -> Option<String> {
    let name = path.to_ascii_lowercase();
    let is_in_name = |id: &&str| {
        let id = id.to_ascii_lowercase();
        name.contains(&id) || id.split_once('-').is_some_and(|(family, _)| name.contains(family))
    };
    ids(expression?).find(is_in_name).map(str::to_owned)
}

fn only_one(expression: Option<&str>) -> Option<String> {
    let mut ids = ids(expression?);
    ids.next().filter(|_| ids.next().is_none()).map(str::to_owned)
}

fn ids(expression: &str) -> impl Iterator<Item = &str> {
    let parts = expression.split(|sign: char| sign.is_whitespace() || matches!(sign, '(' | ')' | '/'));
    parts.filter(|part| !matches!(*part, "" | "AND" | "OR" | "WITH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_their_place_and_name() {
        for path in ["LICENSE", "LICENSE-MIT", "licence.txt", "COPYING", "LICENSES/X.txt", "UNLICENSE"] {
            assert!(is_license_file(path, None), "{path}");
        }
        for path in ["src/license.rs", "license.rs", "docs/LICENSE", "README.md", "licenses.toml"] {
            assert!(!is_license_file(path, None), "{path}");
        }
        assert!(is_license_file("docs/terms", Some("docs/terms")));
    }

    #[test]
    fn the_licence_is_told_by_words_then_name_then_expression() {
        let mit = "Permission is hereby granted, free of\ncharge, … The above copyright notice and this permission notice";
        assert_eq!(guess_license("x", mit, None).as_deref(), Some("MIT"));
        assert_eq!(
            guess_license("x", "Apache License\n  Version 2.0, January 2004", None).as_deref(),
            Some("Apache-2.0")
        );
        assert_eq!(
            guess_license("LICENSE-APACHE", "?", Some("MIT OR Apache-2.0")).as_deref(),
            Some("Apache-2.0")
        );
        assert_eq!(guess_license("LICENSE", "?", Some("MPL-2.0")).as_deref(), Some("MPL-2.0"));
        assert_eq!(guess_license("LICENSE", "?", Some("MIT OR Apache-2.0")), None);
    }
}
