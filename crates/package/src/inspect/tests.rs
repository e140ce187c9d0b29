//! Whole packages: what comes out, and that trouble with the storage is nobody's bad archive.

use std::io::Cursor;

use insta::assert_snapshot;

use super::*;
use crate::VcsInfo;
use crate::sample::*;

fn manifest_with(more: &str) -> Vec<u8> {
    file("Cargo.toml", format!("{GOOD_MANIFEST}{more}").as_bytes())
}

#[test]
fn readme_and_version_control_note_come_out() {
    let note = br#"{"git":{"sha1":"0af"},"path_in_vcs":"crates/demo"}"#;
    let parts = [file(".cargo_vcs_info.json", note), file("README.md", "Grüße".as_bytes())];
    let package = opened(&package_with(&parts)).expect("a good archive");
    assert_eq!(package.readme.as_deref(), Some("Grüße"));
    assert_eq!(
        package.vcs,
        Some(VcsInfo { sha1: "0af".into(), dirty: false, path_in_vcs: "crates/demo".into() })
    );
}

#[test]
fn a_readme_is_found_wherever_the_manifest_says() {
    for (line, file_name) in [
        ("readme = \"docs/front.md\"\n", "docs/front.md"),
        ("readme = \"./docs/../docs/front.md\"\n", "docs/front.md"),
        ("readme = true\n", "README.md"),
        ("", "README.txt"),
        ("", "README"),
    ] {
        let parts = [manifest_with(line), file("src/lib.rs", b""), file(file_name, b"hello")];
        let package = opened(&tar(&parts)).expect("a good archive");
        assert_eq!(package.readme.as_deref(), Some("hello"), "{line}{file_name}");
    }
    let without = tar(&[manifest_with("readme = false\n"), file("src/lib.rs", b""), file("README.md", b"x")]);
    assert_eq!(opened(&without).expect("a good archive").readme, None);
    let missing = tar(&[manifest_with("readme = \"gone.md\"\n"), file("src/lib.rs", b"")]);
    assert_eq!(opened(&missing).expect("a good archive").readme, None);
}

#[test]
fn kept_texts_have_limits() {
    let limits = ArchiveLimits { manifest_bytes_max: 200, readme_bytes_max: 10, ..ArchiveLimits::default() };
    let long = manifest_with(&format!("# {}\n", "x".repeat(200)));
    let problems = opened_with(&gzip(&tar(&[long, file("README.md", b"0123456789a")])), &limits);
    assert_snapshot!(problems.expect_err("both too long").join("\n"), @"
    `demo-1.0.0/Cargo.toml` has 296 bytes, the limit is 200
    `demo-1.0.0/README.md` has 11 bytes, the limit is 10
    ");
    let odd = tar(&[manifest_with("readme = \"d/front\"\n"), file("d/front", b"0123456789a")]);
    let problems = opened_with(&gzip(&odd), &limits).expect_err("too long in the second pass too");
    assert_snapshot!(problems.join("\n"), @"`demo-1.0.0/d/front` has 11 bytes, the limit is 10");
}

#[test]
fn there_is_exactly_one_manifest() {
    let lib = || file("src/lib.rs", b"");
    let said = |parts: &[Vec<u8>]| opened(&tar(parts)).expect_err("a bad archive").join("\n");
    assert_snapshot!(
        said(&[lib()]),
        @"the archive has no manifest; `Cargo.toml` must lie directly in its folder"
    );
    assert_snapshot!(
        said(&[lib(), file("cargo.toml", GOOD_MANIFEST.as_bytes())]),
        @"the manifest is called `cargo.toml`; it must be called `Cargo.toml`"
    );
    assert_snapshot!(
        said(&[lib(), manifest_with(""), file("CARGO.TOML", b"")]),
        @"`CARGO.TOML` and `Cargo.toml` are one name where case or Unicode form does not count; rename one of them"
    );
    let below = [lib(), manifest_with(""), file("tests/fixture/Cargo.toml", b"]")];
    assert!(opened(&tar(&below)).is_ok(), "manifests below are none of ours");
}

#[test]
fn every_kind_of_problem_is_told_at_once() {
    let bad = "[package]\nname = \"other\"\nversion = \"2.0.0\"\nedition = \"soon\"\n[patch.crates-io]\na = \"1\"\n";
    let parts = [
        file("Cargo.toml", bad.as_bytes()),
        file("a:b", b""),
        Header::gnu(&format!("{ROOT}/link"), 0).flag(b'2').block(),
        Header::gnu(&format!("{ROOT}/free"), 0).mode(0o666).block(),
    ];
    assert_snapshot!(opened(&tar(&parts)).expect_err("a bad archive").join("\n"), @"
    invalid path found: `demo-1.0.0/a:b` has the character `:`; rename the file
    `demo-1.0.0/link` is a symbolic link; only regular files and folders are allowed, so put a copy there
    `demo-1.0.0/free` has the mode 666; use 644, or 755 for programs
    metadata name `demo` does not match manifest name `other`; they must be the same
    metadata version `1.0.0` does not match manifest version `2.0.0`; they must be the same
    `Cargo.toml` has a `[patch]` table, which works only in the root of a build; remove it
    `package.edition` is `soon`; editions are years, such as 2024
    ");
}

#[test]
fn problems_without_end_are_cut_short() {
    let many: Vec<_> = (0..80).map(|n| file(&format!("a:{n}"), b"")).collect();
    let problems = problems_of(&many);
    assert_eq!(problems.len(), 51);
    assert_snapshot!(problems[50], @"30 more problems are not listed");
}

/// A file on a disk that fails at some byte.
struct Failing(Cursor<Vec<u8>>, u64);

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(io::Error::other("bad sector"));
        }
        let left = usize::try_from(self.1 - self.0.position()).expect("a small file");
        let take = into.len().min(left);
        self.0.read(&mut into[..take])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_failing_disk_is_not_a_bad_archive() {
    let archive = gzip(&package_with(&[]));
    let expected = ("demo".parse().expect("a name"), "1.0.0".parse().expect("a version"));
    for at in [0, 5, 40, archive.len() as u64 - 1] {
        let failing = Failing(Cursor::new(archive.clone()), at);
        let result = inspect(failing, (&expected.0, &expected.1), &ArchiveLimits::default());
        let Err(InspectError::Unreadable(error)) = result else { panic!("at {at}: {result:?}") };
        assert_eq!(error.to_string(), "bad sector");
    }
}

#[test]
fn reading_starts_at_the_beginning_whatever_was_read_before() {
    let mut archive = Cursor::new(gzip(&package_with(&[])));
    archive.set_position(7);
    let expected = ("demo".parse().expect("a name"), "1.0.0".parse().expect("a version"));
    assert!(inspect(&mut archive, (&expected.0, &expected.1), &ArchiveLimits::default()).is_ok());
}
