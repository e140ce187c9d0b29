//! Archives of every kind that must not pass, made byte by byte. The names of the attacks are those of the threat
//! list: framing, bombs, floods, types, differing readers.

use insta::assert_snapshot;

use crate::ArchiveLimits;
use crate::sample::*;

fn sole_problem(parts: &[Vec<u8>]) -> String {
    let problems = problems_of(parts);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.concat()
}

fn refused(tar: &[u8]) -> String {
    opened(tar).expect_err("the archive is bad").concat()
}

#[test]
fn a_good_archive_passes_with_every_file_in_it() {
    let long = format!("src/{}.rs", "l".repeat(150));
    let parts = [
        Header::gnu(&format!("{ROOT}/docs/"), 0).flag(b'5').mode(0o755).block(),
        file("docs/a.md", b"text"),
        file(&long, &[7; 513]),
        Header::gnu(&format!("{ROOT}/ustar.txt"), 0).ustar().block(),
        Header::gnu("b.txt", 0).ustar().with(345, format!("{ROOT}/prefix").as_bytes()).block(),
        pax(&[("path", &format!("{ROOT}/p")), ("size", "2")]),
        file("p", b"pp"),
    ];
    let package = opened(&package_with(&parts)).expect("a good archive");
    let paths: Vec<_> = package.entries.iter().map(|entry| (entry.path.as_str(), entry.size)).collect();
    let manifest_bytes = GOOD_MANIFEST.len() as u64;
    let expected = [
        ("Cargo.toml", manifest_bytes),
        ("src/lib.rs", 0),
        ("docs/a.md", 4),
        (long.as_str(), 513),
        ("ustar.txt", 0),
        ("prefix/b.txt", 0),
        ("p", 2),
    ];
    assert_eq!(paths, expected);
    assert_eq!(package.entries[2].checksum, cratekeep_types::Checksum::of(b"text"));
    assert_eq!(package.unpacked_bytes, package_with(&parts).len() as u64);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let limits = ArchiveLimits { unpacked_bytes_max: 1 << 20, ..ArchiveLimits::default() };
    let bomb = gzip(&package_with(&[file("zeros", &vec![0; 64 << 20])]));
    assert!(bomb.len() < 1 << 20);
    let mut found = crate::problems::Found::default();
    let mut paths = crate::path::Paths::new(ROOT.to_owned(), &limits);
    let contents = super::read(bomb.as_slice(), 1 << 20, &mut paths, &limits, &|_| None, &mut found);
    assert!(contents.unpacked_bytes <= (1 << 20) + 64 * 1024, "{}", contents.unpacked_bytes);
    assert_snapshot!(
        found.finish().expect_err("a bomb"),
        @"the archive unpacks to more than 1048576 bytes; exclude files that users do not need"
    );
}

#[test]
fn past_what_cargo_always_unpacks_the_ratio_counts() {
    let limits = ArchiveLimits { unpacked_bytes_max: 4 << 30, ..ArchiveLimits::default() };
    assert_eq!(limits.unpacked_bytes_max_of(1000), 512 << 20);
    assert_eq!(limits.unpacked_bytes_max_of(100 << 20), 2000 << 20);
    assert_eq!(limits.unpacked_bytes_max_of(u64::MAX), 4 << 30);
    assert_eq!(ArchiveLimits::default().unpacked_bytes_max_of(100 << 20), 512 << 20);
}

#[test]
fn a_flood_of_entries_is_stopped() {
    let limits = ArchiveLimits { entries_max: 5, ..ArchiveLimits::default() };
    let files = |count: usize| (0..count).map(|n| file(&format!("f{n}"), b"")).collect::<Vec<_>>();
    assert!(opened_with(&gzip(&package_with(&files(3))), &limits).is_ok());
    let problems = opened_with(&gzip(&package_with(&files(4))), &limits).expect_err("one too many");
    assert_snapshot!(problems.concat(), @"the archive has more than 5 entries; exclude files that users do not need");
}

#[test]
fn headers_about_headers_have_a_budget() {
    let limits = ArchiveLimits { header_bytes_max: 2048, ..ArchiveLimits::default() };
    let long = |n: usize| file(&format!("{}{n}", "x".repeat(120)), b"");
    assert!(opened_with(&gzip(&package_with(&[long(1), long(2)])), &limits).is_ok());
    let problems =
        opened_with(&gzip(&package_with(&[long(1), long(2), long(3)])), &limits).expect_err("one too many");
    assert_snapshot!(problems.concat(), @"the archive has more than 2048 bytes of long names; shorten paths");
}

#[test]
fn a_giant_header_record_is_refused_before_it_is_read() {
    for flag in [b'L', b'x'] {
        let huge = Header::gnu("h", 512 << 20).flag(flag).block();
        let said = sole_problem(&[huge]);
        assert!(said.contains("record of 536870912 bytes"), "{said}");
    }
}

#[test]
fn records_stand_alone_and_directly_before_their_entry() {
    let name = format!("{ROOT}/{}", "n".repeat(120));
    let record = || long_name(name.as_bytes());
    let same = || pax(&[("path", &name)]);
    for parts in [
        vec![record(), record(), raw_file(&name, b"")],
        vec![record(), same(), raw_file(&name, b"")],
        vec![same(), raw_file(&name, b"")],
        vec![same(), same(), raw_file(&name, b"")],
    ] {
        let said = sole_problem(&parts);
        assert!(said.contains("it follows another record about the same entry"), "{said}");
    }
    assert_snapshot!(
        sole_problem(&[record()]),
        @"the archive ends with a record about an entry that is missing"
    );
}

#[test]
fn only_files_and_folders_pass_of_all_types() {
    for flag in 0..=u8::MAX {
        let header = Header::gnu(&format!("{ROOT}/entry"), 0).flag(flag).mode(0o755);
        let result = opened(&package_with(&[header.block()]));
        assert_eq!(result.is_ok(), matches!(flag, 0 | b'0' | b'5'), "type {flag}: {result:?}");
    }
}

#[test]
fn a_file_that_some_readers_take_for_a_folder_is_refused() {
    for flag in [0, b'0'] {
        let said = sole_problem(&[Header::gnu(&format!("{ROOT}/entry/"), 0).flag(flag).block()]);
        assert!(said.contains("has the part ``"), "{said}");
    }
}

#[test]
fn links_and_devices_are_named_all_at_once() {
    let odd = |flag| Header::gnu(&format!("{ROOT}/odd{}", flag as char), 0).flag(flag).block();
    assert_snapshot!(problems_of(&[odd(b'1'), odd(b'2'), odd(b'3'), odd(b'6')]).join("\n"), @"
    `demo-1.0.0/odd1` is a hard link; only regular files and folders are allowed, so put a copy there
    `demo-1.0.0/odd2` is a symbolic link; only regular files and folders are allowed, so put a copy there
    `demo-1.0.0/odd3` is a device; only regular files and folders are allowed, so put a copy there
    `demo-1.0.0/odd6` is a pipe; only regular files and folders are allowed, so put a copy there
    ");
}

#[test]
fn an_entry_that_readers_could_skip_differently_is_refused() {
    for flag in [b'1', b'2', b'5', b'7', b'S', b'g', b'K'] {
        let parts = [Header::gnu(&format!("{ROOT}/x"), 512).flag(flag).block(), vec![b'a'; 512]];
        let said = sole_problem(&parts);
        assert!(said.contains("only regular files and folders are allowed"), "{said}");
    }
}

#[test]
fn pax_records_may_only_repeat() {
    let records: &[&[(&str, &str)]] = &[
        &[("path", "demo-1.0.0/other")],
        &[("path", "../../etc/passwd")],
        &[("size", "3")],
        &[("size", "02")],
        &[("size", "2"), ("path", "x")],
        &[("linkpath", "/etc/passwd")],
        &[("GNU.sparse.name", "x")],
        &[("mtime", "1.5")],
        &[("comment", "")],
    ];
    for record in records {
        let said = sole_problem(&[pax(record), file("p", b"pp")]);
        assert!(said.contains("has a PAX record that says something else"), "{record:?}: {said}");
    }
    for body in [
        &b"9 size=2\n"[..],
        b"9999999999999999999999 size=2\n",
        b"0 \n",
        b"-9 size=2\n",
        b"size=2",
        b"9 size=2",
    ] {
        let record = [Header::gnu("x", body.len() as u64).flag(b'x').block(), padded(body)].concat();
        let good = opened(&package_with(&[record, file("p", b"pp")])).is_ok();
        assert_eq!(good, body == b"9 size=2\n", "{body:?}");
    }
}

#[test]
fn a_long_name_must_fit_the_name_in_the_header() {
    let header = Header::gnu(&format!("{ROOT}/short"), 0).block();
    for name in ["demo-1.0.0/other", "demo-1.0.0/shor", "demo-1.0.0/short\0x", ""] {
        let record =
            [Header::gnu("l", name.len() as u64).flag(b'L').block(), padded(name.as_bytes())].concat();
        assert!(opened(&package_with(&[record, header.clone()])).is_err(), "{name:?}");
    }
    let nameless = [long_name(b"demo-1.0.0/short"), Header::gnu("", 0).block()].concat();
    assert!(opened(&package_with(&[nameless])).is_err());
    let fits = [long_name(b"demo-1.0.0/shorter"), header].concat();
    assert!(opened(&package_with(&[fits])).is_ok());
}

#[test]
fn numbers_are_written_in_one_way() {
    let size = |bytes: &[u8]| Header::gnu(&format!("{ROOT}/n"), 0).with(124, bytes).block();
    for bad in [
        &b"\x80\0\0\0\0\0\0\0\0\0\0\0"[..],
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"          0\0",
        b"-0000000000\0",
        b"0000000000x\0",
        b"0\x0000000000\0\0",
        b"000000000000",
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let said = sole_problem(&[size(bad)]);
        assert!(said.contains("a number in it is malformed"), "{bad:?}: {said}");
    }
    assert!(opened(&package_with(&[size(b"0 \0\0\0\0\0\0\0\0\0\0")])).is_ok());
}

#[test]
fn a_record_needs_no_mode_but_an_entry_does() {
    let body = b"9 size=2\n";
    let record = Header::gnu("x", body.len() as u64).flag(b'x').with(100, &[0; 8]).block();
    assert!(opened(&package_with(&[record, padded(body), file("p", b"pp")])).is_ok());
    let entry = Header::gnu(&format!("{ROOT}/p"), 0).with(100, &[0; 8]).block();
    assert!(sole_problem(&[entry]).contains("a number in it is malformed"));
}

#[test]
fn headers_that_readers_understand_differently_are_refused() {
    let header = || Header::gnu(&format!("{ROOT}/h"), 0);
    for (what, block) in [
        ("no magic", header().with(257, &[0; 8]).block()),
        ("star's magic", header().ustar().with(508, b"tar\0").block()),
        ("a GNU header with a prefix", header().with(345, b"pre").block()),
        ("a GNU header with sparse parts", header().with(386, b"0000001").block()),
        ("bytes after the name", header().with(50, b"hidden").block()),
        ("bytes after the prefix", header().ustar().with(345, b"a\0b").block()),
        ("an unknown version", header().with(257, b"ustar\x0001").block()),
    ] {
        let said = sole_problem(&[block]);
        assert!(said.contains("neither ustar nor GNU"), "{what}: {said}");
    }
    let mut wrong_sum = header().block();
    wrong_sum[0] ^= 1;
    assert!(sole_problem(&[wrong_sum]).contains("its checksum is wrong"));
}

#[test]
fn nothing_hides_between_or_behind_entries() {
    let mut in_padding = file("p", b"pp");
    *in_padding.last_mut().expect("a block") = b'x';
    assert_snapshot!(sole_problem(&[in_padding]), @"the archive hides bytes between its entries; package with cargo");

    let behind = [package_with(&[]), file("late", b"x"), vec![0; 1024]].concat();
    assert_snapshot!(
        refused(&behind),
        @"the archive goes on after its end; put nothing behind the two zero blocks"
    );
    let after_one_zero_block =
        [tar(&[file("Cargo.toml", GOOD_MANIFEST.as_bytes())])[..].to_vec(), file("late", b"")].concat();
    assert!(opened(&after_one_zero_block).is_err());
    assert!(opened(&[package_with(&[]), vec![0; 9 * 512]].concat()).is_ok(), "zeros behind the end are fine");
}

#[test]
fn an_archive_without_its_end_is_refused() {
    let whole = package_with(&[file("p", b"pp")]);
    let good_ends = [whole.len()];
    for length in (0..=whole.len()).step_by(64) {
        let result = opened(&whole[..length]);
        assert_eq!(result.is_ok(), good_ends.contains(&length), "{length} of {}: {result:?}", whole.len());
    }
}

#[test]
fn gzip_is_one_whole_stream_and_nothing_else() {
    let limits = ArchiveLimits::default();
    let good = gzip(&package_with(&[]));
    assert!(opened_with(&good, &limits).is_ok());
    let spoil = |at_from_end: usize| {
        let mut bytes = good.clone();
        let at = bytes.len() - at_from_end;
        bytes[at] ^= 1;
        bytes
    };
    let with_flags = |flags: u8| {
        let mut bytes = good.clone();
        bytes[3] |= flags;
        bytes
    };
    for (what, bytes) in [
        ("two streams", [good.clone(), good.clone()].concat()),
        ("an empty second stream", [good.clone(), gzip(b"")].concat()),
        ("bytes behind", [good.clone(), b"x".to_vec()].concat()),
        ("zeros behind", [good.clone(), vec![0; 512]].concat()),
        ("a wrong checksum", spoil(8)),
        ("a wrong length", spoil(1)),
        ("reserved flags", with_flags(0x80)),
        ("another method", [vec![0x1f, 0x8b, 7], good[3..].to_vec()].concat()),
        ("a bare tar", package_with(&[])),
        ("nothing", Vec::new()),
        ("an empty stream", gzip(b"")),
        ("text", b"not an archive at all".to_vec()),
        ("a split stream", [gzip(&package_with(&[])[..512]), gzip(&package_with(&[])[512..])].concat()),
    ] {
        let problems = opened_with(&bytes, &limits).expect_err(what);
        assert!(!problems.is_empty(), "{what}");
    }
    for length in 0..good.len() {
        assert!(opened_with(&good[..length], &limits).is_err(), "cut at {length}");
    }
}

#[test]
fn a_name_in_the_gzip_header_is_fine() {
    let mut encoder =
        flate2::GzBuilder::new().filename("demo-1.0.0.crate").write(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &package_with(&[])).expect("memory takes all");
    let archive = encoder.finish().expect("memory takes all");
    assert!(opened_with(&archive, &ArchiveLimits::default()).is_ok());
}

#[test]
fn modes_give_nothing_to_strangers_and_no_rights_of_others() {
    for mode in 0..=0o7777 {
        let header = Header::gnu(&format!("{ROOT}/m"), 0).mode(mode);
        assert_eq!(opened(&package_with(&[header.block()])).is_ok(), mode & !0o775 == 0, "{mode:o}");
    }
    for (mode, good) in
        [(0o100_664, true), (0o040_755, false), (0o120_777, false), (0o104_755, false), (0o200_644, false)]
    {
        let header = Header::gnu(&format!("{ROOT}/m"), 0).mode(mode);
        assert_eq!(opened(&package_with(&[header.block()])).is_ok(), good, "{mode:o}");
    }
    assert_snapshot!(
        sole_problem(&[Header::gnu(&format!("{ROOT}/m"), 0).mode(0o4777).block()]),
        @"`demo-1.0.0/m` has the mode 4777; use 644, or 755 for programs"
    );
}

#[test]
fn what_the_first_block_breaks_does_not_hide_what_came_before() {
    let parts = [file("bad:name", b""), file("CON", b""), vec![b'x'; 512]];
    let problems = problems_of(&parts);
    assert_eq!(problems.len(), 3, "{problems:#?}");
}
