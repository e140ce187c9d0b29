//! Reads `Cargo.toml` as cargo does, and tells what a packaged manifest may not hold.

use cargo_util_schemas::manifest::{InheritableField, StringOrBool, TomlManifest, TomlPackage};
use cratekeep_types::{CrateName, VersionNum};

use crate::problems::Found;
use crate::{ArchiveLimits, Entry, ManifestFacts};

mod dependencies;
mod shape;
mod targets;
mod texts;

/// Longest part of a parser's message that is repeated, in characters.
const REASON_CHARS_MAX: usize = 300;
/// Readmes that cargo finds without being told.
const README_NAMES: &[&str] = &["README.md", "README.txt", "README"];

/// Everything the manifest says; nothing when it cannot be parsed or has no package.
pub(crate) fn read(
    bytes: &[u8],
    expected: (&CrateName, &VersionNum),
    files: &[Entry],
    limits: &ArchiveLimits,
    found: &mut Found,
) -> Option<ManifestFacts> {
    let manifest = parse(bytes, limits).map_err(|sentence| found.add(sentence)).ok()?;
    let Some(package) = manifest.package() else {
        found.add("`Cargo.toml` has no `[package]` table; a workspace alone cannot be published");
        return None;
    };
    check_identity(package, expected, found);
    if manifest.patch.as_ref().is_some_and(|patch| !patch.is_empty()) {
        found.add("`Cargo.toml` has a `[patch]` table, which works only in the root of a build; remove it");
    }
    let mut facts = metadata(package, found);
    facts.readme_path = readme_path(package, files, found);
    dependencies::collect(&manifest, &mut facts, found);
    targets::find(&manifest, expected.0, files, &mut facts, found);
    texts::check(&facts, found);
    Some(facts)
}

fn parse(bytes: &[u8], limits: &ArchiveLimits) -> Result<Box<TomlManifest>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "`Cargo.toml` is not UTF-8".to_owned())?;
    shape::check(text, limits.manifest_values_max)?;
    toml::from_str(text).map(Box::new).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        let reason: String = error.message().chars().take(REASON_CHARS_MAX).collect();
        format!("failed to parse `Cargo.toml`, line {line}: {reason}")
    })
}

fn check_identity(package: &TomlPackage, (name, version): (&CrateName, &VersionNum), found: &mut Found) {
    match package.name.as_ref().map(|name| name.as_str()) {
        None => found.add("`Cargo.toml` has no `package.name`"),
        Some(other) if other != name.as_str() => {
            found.add(format!(
                "metadata name `{name}` does not match manifest name `{other}`; they must be the same"
            ));
        }
        Some(_) => {}
    }
    match own(package.version.as_ref(), "version", found) {
        None => found.add("`Cargo.toml` has no `package.version`"),
        Some(other) if other != version.semver() => found.add(format!(
            "metadata version `{version}` does not match manifest version `{other}`; they must be the same"
        )),
        Some(_) => {}
    }
}

fn metadata(package: &TomlPackage, found: &mut Found) -> ManifestFacts {
    let edition =
        own(package.edition.as_ref(), "edition", found).map_or_else(|| "2015".to_owned(), Clone::clone);
    if !(edition.len() == 4 && edition.bytes().all(|byte| byte.is_ascii_digit())) {
        found.add(format!("`package.edition` is `{edition}`; editions are years, such as 2024"));
    }
    ManifestFacts {
        description: own(package.description.as_ref(), "description", found).cloned(),
        license: own(package.license.as_ref(), "license", found).cloned(),
        license_file: own(package.license_file.as_ref(), "license-file", found).cloned(),
        homepage: own(package.homepage.as_ref(), "homepage", found).cloned(),
        documentation: own(package.documentation.as_ref(), "documentation", found).cloned(),
        repository: own(package.repository.as_ref(), "repository", found).cloned(),
        keywords: own(package.keywords.as_ref(), "keywords", found).cloned().unwrap_or_default(),
        categories: own(package.categories.as_ref(), "categories", found).cloned().unwrap_or_default(),
        authors: own(package.authors.as_ref(), "authors", found).cloned().unwrap_or_default(),
        rust_version: own(package.rust_version.as_ref(), "rust-version", found).map(ToString::to_string),
        links: package.links.clone(),
        edition,
        ..ManifestFacts::default()
    }
}

fn readme_path(package: &TomlPackage, files: &[Entry], found: &mut Found) -> Option<String> {
    let is_there = |path: &str| files.iter().any(|file| file.path == path);
    match own(package.readme.as_ref(), "readme", found) {
        Some(StringOrBool::String(path)) => Some(plain_path(path)),
        Some(StringOrBool::Bool(true)) => Some(README_NAMES[0].to_owned()),
        Some(StringOrBool::Bool(false)) => None,
        None => README_NAMES.iter().find(|name| is_there(name)).map(|name| (*name).to_owned()),
    }
}

/// A path with `.` and `..` worked out.
fn plain_path(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The value of a field, unless it is left to a workspace that is not in the archive.
fn own<'m, T>(field: Option<&'m InheritableField<T>>, key: &str, found: &mut Found) -> Option<&'m T> {
    let value = field.map(InheritableField::normalized)?;
    value
        .map_err(|_| {
            found
                .add(format!("`package.{key}` is left to a workspace; package with cargo, which fills it in"))
        })
        .ok()
}

#[cfg(test)]
mod tests;
