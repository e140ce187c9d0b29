//! Every public function of a table module is called by this suite.

use std::fs;
use std::path::Path;

/// Names of the functions that a module offers.
fn functions(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("pub async fn "))
        .filter_map(|rest| rest.split('(').next())
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let module = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (module, fs::read_to_string(path).expect("a source"))
        })
        .collect()
}

#[test]
fn every_function_is_called() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests: String = sources(&room.join("tests/suite")).into_iter().map(|(_, text)| text).collect();
    let mut known = 0;
    let mut uncalled = Vec::new();
    for (module, text) in sources(&room.join("src")) {
        for function in functions(&text) {
            known += 1;
            let call = format!("{module}::{function}(");
            if !tests.contains(&call) {
                uncalled.push(call);
            }
        }
    }
    assert!(known > 60, "only {known} functions were found: the pattern no longer fits the sources");
    assert!(uncalled.is_empty(), "not called by any test: {uncalled:?}");
}
