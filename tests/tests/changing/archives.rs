//! Bad archives as publishers may send them: one of each kind through the whole server. The package room has the long
//! list.

use cratekeep_testkit::archive::{ArchiveBuilder, RawEntry, gzip};
use cratekeep_testkit::publish::{Upload, frame};
use cratekeep_tests::{Spec, TestApp, on_both_engines};

use crate::refused::{Before, sentences};

on_both_engines![
    a_broken_stream_is_refused,
    a_bad_entry_is_refused,
    a_bad_manifest_is_refused,
    several_problems_are_told_at_once,
    a_bomb_is_refused_while_it_is_read,
];
on_both_engines![cramped => limits_of_archives_hold];

fn built() -> ArchiveBuilder {
    ArchiveBuilder::new("packed", "1.0.0")
}

/// Small limits, so that small archives pass them.
fn cramped(spec: Spec) -> Spec {
    spec.options(|options| {
        options.archive.entries_max = 10;
        options.archive.unpacked_bytes_max = 100_000;
        options.archive.path_bytes_max = 200;
    })
}

/// What is wrong, an archive with it, and a word of the sentence about it.
type Bad = (&'static str, Vec<u8>, &'static str);

async fn refuse_each(app: &TestApp, all: Vec<Bad>) {
    let owner = app.owner().await;
    let good = owner.upload(&built());
    let before = Before::look(app).await;
    for (what, archive, word) in all {
        let upload = Upload { archive, ..good.clone() };
        before.refused(what, owner.send_upload(&upload).await, 400, &[word]).await;
    }
}

async fn a_broken_stream_is_refused(app: &TestApp) {
    let good = built().build();
    let half = good[..good.len() / 2].to_vec();
    let mut crc = good.clone();
    let at = crc.len() - 6;
    crc[at] ^= 1;
    let all = vec![
        ("no gzip", b"PK\x03\x04 this is a zip".to_vec(), "gzip"),
        ("a bare tar", built().tar(), "gzip"),
        ("half of it", half, "cut off"),
        ("a wrong check sum", crc, "checksum"),
        ("gzip of nothing", gzip(b"", "x"), "zero blocks"),
        ("gzip of text", gzip(b"hello", "x"), "inside a block"),
        ("bytes behind", built().gzip_trailer(b"more").build(), "bytes follow"),
        ("a second member", built().gzip_trailer(&gzip(b"x", "x")).build(), "exactly one stream"),
        ("no end", built().end_blocks(0).build(), "zero blocks"),
    ];
    refuse_each(app, all).await;
}

async fn a_bad_entry_is_refused(app: &TestApp) {
    let inside = |path: &str| built().path(path);
    let file = |path: &str| RawEntry::file(inside(path), "x");
    let with = |entry: RawEntry| built().raw_entry(entry).build();
    let renamed = built().raw_entry(RawEntry::pax("path", "packed-1.0.0/b")).raw_entry(file("a"));
    let all = vec![
        ("another folder", built().root("packed-1.0.1").build(), "is not below `packed-1.0.0/`"),
        ("no folder", with(RawEntry::file("loose", "x")), "`loose`"),
        ("an absolute path", with(RawEntry::file("/etc/cron", "x")), "/etc/cron"),
        ("dots", with(file("../../up")), "`..`"),
        ("a symbolic link", with(RawEntry::symlink(inside("link"), "/etc/passwd")), "symbolic link"),
        ("a hard link", with(RawEntry::hard_link(inside("link"), inside("src/lib.rs"))), "hard link"),
        ("a device", with(RawEntry::special(inside("dev"), b'3')), "device"),
        ("a pipe", with(RawEntry::special(inside("pipe"), b'6')), "pipe"),
        ("a global header", with(RawEntry { type_flag: b'g', ..RawEntry::pax("comment", "x") }), "type `g`"),
        ("a renaming header", renamed.build(), "PAX"),
        ("the same twice", with(file("src/lib.rs")), "twice"),
        ("another case", with(file("SRC/LIB.rs")), "`SRC` and `src`"),
        ("file and folder", with(file("src")), "both a file and a folder"),
        ("no UTF-8", with(RawEntry::file(b"packed-1.0.0/\xff", "x")), "UTF-8"),
        ("a backslash", with(file("a\\b")), "character"),
        ("a Windows device", with(file("aux.rs")), "Windows"),
        ("a wrong header sum", with(RawEntry { checksum_is_right: false, ..file("a") }), "checksum is wrong"),
        ("a size that lies", with(RawEntry { claimed_size: Some(1 << 30), ..file("a") }), "malformed"),
    ];
    refuse_each(app, all).await;
}

async fn a_bad_manifest_is_refused(app: &TestApp) {
    let without = || built().without_file("Cargo.toml");
    let all = vec![
        ("no manifest", without().build(), "no manifest"),
        ("a manifest in lower case", without().file("cargo.toml", "x").build(), "`cargo.toml`"),
        ("two manifests", built().file("cargo.TOML", "x").build(), "`cargo.TOML` and `Cargo.toml`"),
        ("no TOML", built().manifest("[package").build(), "line 1"),
        ("no package", built().manifest("[workspace]\n").build(), "`[package]`"),
        ("no version", built().manifest("[package]\nname = \"packed\"\n").build(), "version"),
    ];
    refuse_each(app, all).await;
}

async fn several_problems_are_told_at_once(app: &TestApp) {
    let owner = app.owner().await;
    let bad = built()
        .raw_entry(RawEntry::symlink(built().path("link"), "x"))
        .raw_entry(RawEntry::file("outside", "x"))
        .file("con.rs", "x");
    let upload = Upload { archive: bad.build(), ..owner.upload(&built()) };
    let before = Before::look(app).await;
    let reply = owner.send_upload(&upload).await;
    assert!(sentences(&reply).len() >= 3, "{:#?}", sentences(&reply));
    before
        .refused("a link, a stray file, a device", reply, 400, &["symbolic link", "`outside`", "con.rs"])
        .await;
}

async fn a_bomb_is_refused_while_it_is_read(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    // A gigabyte of zeroes behind an honest head: about a megabyte packed, and never unpacked to its end.
    let entry = RawEntry { claimed_size: Some(1 << 30), ..RawEntry::file(built().path("zeroes"), "") };
    let bomb = bomb_of(&built().raw_entry(entry).end_blocks(0).tar(), 1 << 30);
    let upload = owner.upload(&built());
    let body = frame(upload.json.to_string().as_bytes(), &bomb);
    before.refused("a bomb", owner.send_frame(body).await, 400, &["536870912"]).await;
}

/// Packs `head` and then so many zeroes, as one gzip stream.
fn bomb_of(head: &[u8], zeroes: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(head).expect("a Vec takes all bytes");
    let block = vec![0; 1 << 20];
    for _ in 0..zeroes / block.len() {
        encoder.write_all(&block).expect("a Vec takes all bytes");
    }
    encoder.finish().expect("a Vec takes all bytes")
}

async fn limits_of_archives_hold(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    let many = (0..20).fold(built(), |built, n| built.file(&format!("src/m{n}.rs"), "x"));
    before.refused("many files", owner.publish(&many).await, 400, &["10"]).await;
    let large = built().file("zeroes", vec![0; 200_000]);
    before.refused("a large file", owner.publish(&large).await, 400, &["100000"]).await;
    let long = built().file(&format!("{}x", "d/".repeat(110)), "x");
    before.refused("a long path", owner.publish(&long).await, 400, &["235 bytes"]).await;
    let _ = owner.publish(&built()).await.expect_status(200);
}
