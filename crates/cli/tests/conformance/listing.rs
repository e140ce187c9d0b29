//! `docs/conformance.md` against the tests: every item of cargo's contract stands in it once, every test it names is
//! there, and every test is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The numbered items: those of cargo's own tests, and ours beyond them with an `X`.
const ITEMS: u32 = 159;
const BEYOND: u32 = 28;

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of every row in the tables of the page whose first cell begins with an item.
fn rows() -> Vec<Vec<String>> {
    let path = crate_folder().join("../../docs/conformance.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let rows = rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    rows.filter(|cells| cells[0].trim_start_matches('X').starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// `3, 5–7, X2` one by one.
fn items(cell: &str) -> Vec<String> {
    let one_or_more = |part: &str| {
        let part = part.trim();
        let (kind, numbers) = part.strip_prefix('X').map_or(("", part), |numbers| ("X", numbers));
        let (first, last) = numbers.split_once('–').unwrap_or((numbers, numbers));
        let number = |text: &str| -> u32 { text.parse().unwrap_or_else(|_| panic!("`{part}` in `{cell}`")) };
        (number(first)..=number(last)).map(|number| format!("{kind}{number}")).collect::<Vec<_>>()
    };
    cell.split(',').flat_map(one_or_more).collect()
}

/// Every test of a test program as `module::name`, for those in `main.rs` with the program's own name.
fn tests_of(program: &str) -> BTreeSet<String> {
    let folder = crate_folder().join("tests").join(program);
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the tests are there").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a test file is text");
        let name = entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        let module = if name == "main" { program.to_owned() } else { name };
        for part in text.split("#[test]\nfn ").skip(1) {
            let name = part.split('(').next().expect("a function has a name");
            found.insert(format!("{module}::{name}"));
        }
    }
    found
}

#[test]
fn every_item_stands_in_the_page_once() {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for item in rows().iter().flat_map(|cells| items(&cells[0])) {
        *counts.entry(item).or_default() += 1;
    }
    let numbers = (1..=ITEMS).map(|number| number.to_string());
    let expected = numbers.chain((1..=BEYOND).map(|number| format!("X{number}")));
    let expected: BTreeMap<_, _> = expected.map(|item| (item, 1)).collect();
    let wrong: Vec<_> =
        expected.keys().chain(counts.keys()).filter(|item| counts.get(*item) != Some(&1)).collect();
    assert!(wrong.is_empty() && counts == expected, "not once in the page: {wrong:?}");
}

#[test]
fn the_page_and_the_tests_name_each_other() {
    let own: BTreeSet<_> =
        tests_of("conformance").into_iter().filter(|name| !name.starts_with("listing::")).collect();
    let known: BTreeSet<_> =
        own.iter().cloned().chain(tests_of("kill")).chain(tests_of("real_input")).collect();
    let named: BTreeSet<String> = rows()
        .iter()
        .flat_map(|cells| {
            cells.last().map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        })
        .flatten()
        .filter(|name| name.contains("::"))
        .collect();
    let gone: Vec<_> = named.difference(&known).collect();
    assert!(gone.is_empty(), "the page names tests that are not there: {gone:?}");
    let page =
        std::fs::read_to_string(crate_folder().join("../../docs/conformance.md")).expect("the page is there");
    let silent: Vec<_> = own.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(silent.is_empty(), "the page does not name {silent:?}");
}
