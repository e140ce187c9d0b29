//! Which library and programs a package has, by cargo's rules for finding them.

use std::collections::BTreeSet;

use cargo_util_schemas::manifest::{TomlManifest, TomlTarget};
use cratekeep_types::CrateName;

use crate::problems::Found;
use crate::{Entry, ManifestFacts};

use super::plain_path;

const LIB_FILE: &str = "src/lib.rs";

/// Fills in what `facts` says of targets.
pub(super) fn find(
    manifest: &TomlManifest,
    name: &CrateName,
    files: &[Entry],
    facts: &mut ManifestFacts,
    found: &mut Found,
) {
    facts.lib_name = lib(manifest, name, files, facts, found);
    facts.has_lib = facts.lib_name.is_some();
    facts.bin_names = bins(manifest, name, files, facts);
}

fn lib(
    manifest: &TomlManifest,
    name: &CrateName,
    files: &[Entry],
    facts: &ManifestFacts,
    found: &mut Found,
) -> Option<String> {
    let is_there = |path: &str| files.iter().any(|file| file.path == path);
    let may_look = manifest.package().and_then(|package| package.autolib).unwrap_or(true);
    let underscored = || name.as_str().replace('-', "_");
    let Some(lib) = &manifest.lib else {
        return (may_look && is_there(LIB_FILE)).then(underscored);
    };
    let lib_name = lib.name.clone().unwrap_or_else(underscored);
    let path = lib.path.as_ref().map(|path| plain_path(&path.0.to_string_lossy()));
    let old_place = format!("src/{lib_name}.rs");
    let is_findable = match &path {
        Some(path) => is_there(path),
        None => is_there(LIB_FILE) || facts.edition == "2015" && is_there(&old_place),
    };
    if !is_findable {
        let path = path.as_deref().unwrap_or(LIB_FILE);
        found.add(format!("`Cargo.toml` has a `[lib]`, but its file `{path}` is not in the archive"));
    }
    Some(lib_name.replace('-', "_"))
}

fn bins(manifest: &TomlManifest, name: &CrateName, files: &[Entry], facts: &ManifestFacts) -> Vec<String> {
    let listed = manifest.bin.as_deref().unwrap_or_default();
    let may_look = manifest.package().and_then(|package| package.autobins);
    // Since 2018 cargo looks for programs also when the manifest lists some.
    let looks = may_look.unwrap_or(listed.is_empty() || facts.edition != "2015");
    let mut names: BTreeSet<_> = listed.iter().filter_map(|bin| bin.name.clone()).collect();
    if looks {
        let path_of = |bin: &TomlTarget| bin.path.as_ref().map(|path| plain_path(&path.0.to_string_lossy()));
        let paths: BTreeSet<_> = listed.iter().filter_map(path_of).collect();
        let discovered = files.iter().filter(|file| !paths.contains(&file.path));
        names.extend(discovered.filter_map(|file| bin_of_file(&file.path, name)));
    }
    names.into_iter().collect()
}

/// The program that a file makes by lying where it lies.
fn bin_of_file(path: &str, name: &CrateName) -> Option<String> {
    if path == "src/main.rs" {
        return Some(name.to_string());
    }
    let rest = path.strip_prefix("src/bin/")?;
    let stem = match rest.split_once('/') {
        None => rest.strip_suffix(".rs")?,
        Some((folder, "main.rs")) => folder,
        Some(_) => return None,
    };
    Some(stem.to_owned())
}
