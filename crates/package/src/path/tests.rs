//! Paths in every encoding, and names that are one name somewhere.

use insta::assert_snapshot;

use super::*;
use crate::sample::*;

/// The same path in each way that a tar header can hold one.
fn encodings(path: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let blank = || Header::gnu("", 0);
    let begin = path[..path.len().min(100)].split(|byte| *byte == 0).next().unwrap_or_default();
    let mut forms = vec![("long name", [long_name(path), blank().with(0, begin).block()].concat())];
    if path.len() <= 100 {
        forms.push(("v7", blank().with(0, path).with(257, &[0; 8]).block()));
        forms.push(("gnu", blank().with(0, path).block()));
        forms.push(("ustar", blank().ustar().with(0, path).block()));
    }
    if let Some(slash) = path.iter().position(|byte| *byte == b'/') {
        let (prefix, name) = (&path[..slash], &path[slash + 1..]);
        if prefix.len() <= 155 && name.len() <= 100 {
            forms.push(("prefix", blank().ustar().with(0, name).with(345, prefix).block()));
        }
    }
    if let Ok(text) = std::str::from_utf8(path) {
        forms.push((
            "pax",
            [pax(&[("path", text)]), Header::gnu(&format!("{ROOT}/fine"), 0).block()].concat(),
        ));
    }
    forms
}

/// Whole paths that are none below the root.
const BAD_PATHS: &[&str] = &[
    "../x",
    "..",
    "/etc/passwd",
    "//x",
    "x",
    "demo-1.0.1/x",
    "demo-1.0.0",
    "demo-1.0.0/",
    "demo-1.0.0x/y",
    "Demo-1.0.0/x",
    "./demo-1.0.0/x",
    "C:/x",
    "C:\\x",
];

/// Paths that are bad below the root.
const BAD_BELOW: &[&str] = &[
    "..",
    "../..",
    "a/../../x",
    "a/..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "/a",
    "a/",
    "\\a",
    "a\\b",
    "..\\a",
    "c:a",
    "a:b",
    "a.",
    "a ",
    "a. ",
    "a./b",
    "a /b",
    "...",
    "con",
    "CON",
    "Con.txt",
    "con .txt",
    "aux.rs",
    "a/nul",
    "nul.tar.gz",
    "COM1",
    "com0",
    "lpt9.c",
    "com¹",
    "conin$",
    "a<b",
    "a>b",
    "a\"b",
    "a|b",
    "a?b",
    "a*b",
    "a\0b",
    "a\nb",
    "a\x1b[1mb",
    "a\x7fb",
    "a\u{85}b",
    "a\u{202e}b",
    "a\u{2066}b",
    "a\u{200f}b",
    "a\u{2028}b",
    "a\u{feff}b",
    ".cargo-ok",
    ".Cargo-OK",
    ".cargo-ok/x",
];

#[test]
fn bad_paths_are_refused_in_every_encoding() {
    let mut bad: Vec<Vec<u8>> = BAD_PATHS.iter().map(|path| path.as_bytes().to_vec()).collect();
    bad.extend(BAD_BELOW.iter().map(|path| format!("{ROOT}/{path}").into_bytes()));
    bad.push([ROOT.as_bytes(), b"/\xff"].concat());
    bad.push([ROOT.as_bytes(), b"/\xc3\x28"].concat());
    bad.push([ROOT.as_bytes(), b"/\xed\xa0\x80"].concat());
    bad.push(format!("{ROOT}/{}", "a/".repeat(32) + "b").into_bytes());
    bad.push(format!("{ROOT}/{}", "a".repeat(256)).into_bytes());
    bad.push(format!("{ROOT}/{}", ["a".repeat(200).as_str(); 6].join("/")).into_bytes());
    for path in bad {
        for (encoding, bytes) in encodings(&path) {
            let result = opened(&package_with(&[bytes]));
            assert!(result.is_err(), "{} as {encoding}", shown(&path));
        }
    }
}

#[test]
fn paths_in_use_pass() {
    for path in [
        "a",
        "a.b",
        ".gitignore",
        "a b",
        "a+b",
        "über.rs",
        "日本.txt",
        "a~1",
        "console.rs",
        "com10",
        "auxiliary",
        "lpt",
        "nulls",
        "-x",
        "#a",
        "a(b)",
        "a'b",
        "a@b",
        "a,b",
        "a=b",
        "{a}",
        "[a]",
        "a%b",
        "$a",
        "a&b",
        "a;b",
        "cargo-ok",
        "x/.cargo-ok",
        "emoji-❤\u{fe0f}",
    ] {
        let result = opened(&package_with(&[file(path, b"")]));
        assert!(result.is_ok(), "{path}: {result:?}");
    }
    let deep = ["a".repeat(30).as_str(); 32].join("/");
    assert!(opened(&package_with(&[file(&deep, b"")])).is_ok());
}

#[test]
fn all_two_byte_names_are_judged_without_a_crash() {
    let limits = ArchiveLimits::default();
    for name in 0..=u16::MAX {
        let path = [ROOT.as_bytes(), b"/", &name.to_be_bytes()].concat();
        let accepted = Paths::new(ROOT.to_owned(), &limits).accept(&path, Kind::File).is_ok();
        let text = std::str::from_utf8(&path[ROOT.len() + 1..]);
        let fine = |c: char| !c.is_control() && !SPECIAL.contains(&c) && !matches!(c, '/' | '\u{61c}');
        let expected = text.is_ok_and(|text| text.chars().all(fine) && !text.ends_with(['.', ' ']));
        assert_eq!(accepted, expected, "{name:04x}");
    }
}

#[test]
fn names_that_are_one_name_somewhere_collide() {
    for (one, other) in [
        ("src/A.rs", "src/a.rs"),
        ("SRC/x", "src/y"),
        ("\u{e9}.rs", "e\u{301}.rs"),
        ("É/a", "e\u{301}/b"),
        ("straße", "STRASSE"),
        ("ſ", "s"),
        ("K", "k"),
        ("ς", "σ"),
        ("ﬁ", "FI"),
        ("a\u{200d}b", "ab"),
        ("a\u{ad}b", "ab"),
        ("\u{1e9b}\u{323}", "\u{1e69}"),
    ] {
        for parts in [[file(one, b""), file(other, b"")], [file(other, b""), file(one, b"")]] {
            let problems = opened(&package_with(&parts)).expect_err(one);
            assert!(problems.concat().contains("are one name"), "{one} {other}: {problems:?}");
        }
    }
}

#[test]
fn twins_are_told() {
    let raw_folder = |path: &str| Header::gnu(&format!("{path}/"), 0).flag(b'5').block();
    let folder = |path: &str| raw_folder(&format!("{ROOT}/{path}"));
    let parts = [
        file("twice", b"1"),
        file("twice", b"1"),
        file("both", b""),
        file("both/a", b""),
        file("later/a", b""),
        file("later", b""),
        folder("folder"),
        folder("folder"),
        file("folder/a", b""),
        folder("src"),
        folder("twice"),
        raw_folder(ROOT),
        raw_folder(ROOT),
    ];
    assert_snapshot!(problems_of(&parts).join("\n"), @"
    `twice` is in the archive twice; leave one out
    `both` is both a file and a folder; rename one of them
    `later` is both a file and a folder; rename one of them
    `folder` is in the archive twice; leave one out
    `twice` is both a file and a folder; rename one of them
    `demo-1.0.0` is in the archive twice; leave one out
    ");
}

#[test]
fn problems_say_which_path_and_why() {
    let parts = [
        raw_file("other/x", b""),
        file("a/../b", b""),
        file("a:b", b""),
        file("x\u{202e}y", b""),
        file("dot.", b""),
        file("aux.rs", b""),
        file(".cargo-ok", b""),
        file(&"l".repeat(300), b""),
    ];
    assert_snapshot!(problems_of(&parts).join("\n").replace(&"l".repeat(50), "l…"), @r"
    invalid path found: `other/x` is not below `demo-1.0.0/`
    invalid path found: `demo-1.0.0/a/../b` has the part `..`, which no path in a package may have
    invalid path found: `demo-1.0.0/a:b` has the character `:`; rename the file
    invalid path found: `demo-1.0.0/x\u{202e}y` has the character `\u{202e}`; rename the file
    invalid path found: `demo-1.0.0/dot.` has a part that ends with a dot or a space, which Windows drops; rename the file
    invalid path found: `demo-1.0.0/aux.rs` has a part that Windows gives to a device; rename the file
    invalid path found: `demo-1.0.0/.cargo-ok` is a name that cargo uses for itself; leave the file out
    invalid path found: `demo-1.0.0/l…l…l…lllllllllllllllllllllllllllllllllllllll…` has a part longer than 255 bytes
    ");
}
