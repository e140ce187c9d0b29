//! What `cargo publish` sends: the JSON it makes of a manifest, and the frame around JSON and archive. Written apart
//! from the program's own reading of it, so that the two can disagree.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};
use toml::Table;

use crate::archive::ArchiveBuilder;

/// How a manifest names crates.io in publish JSON.
const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";
/// Tables of dependencies, each in its two spellings, and what cargo calls their kind.
const DEPENDENCY_TABLES: [(&str, &str, &str); 3] = [
    ("dependencies", "dependencies", "normal"),
    ("dev-dependencies", "dev_dependencies", "dev"),
    ("build-dependencies", "build_dependencies", "build"),
];

/// The registry that is published to, as cargo sees it. It decides what `registry` says for each dependency.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// crates.io itself, or a registry that stands for it.
    CratesIo,
    /// Another registry, by its index URL.
    Registry(&'a str),
}

/// One publish, ready to be sent or to be spoiled first.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The JSON block.
    pub json: Value,
    /// The `.crate` file.
    pub archive: Vec<u8>,
}

impl Upload {
    /// What cargo sends for the crate that `built` describes.
    ///
    /// # Errors
    /// The manifest of `built` is no TOML or has no package.
    pub fn of(built: &ArchiveBuilder, target: Target<'_>) -> Result<Self> {
        let json = publish_json(&built.manifest_text(), built.readme_text().as_deref(), target)?;
        Ok(Self { json, archive: built.build() })
    }

    /// What cargo would send for a finished `.crate` file.
    ///
    /// # Errors
    /// The file cannot be read as one.
    pub fn of_crate_file(archive: Vec<u8>, target: Target<'_>) -> Result<Self> {
        let manifest = text_in(&archive, "Cargo.toml")?.context("the archive has no Cargo.toml")?;
        let parsed: Table = manifest.parse().context("Cargo.toml is no TOML")?;
        let readme = match parsed.get("package").and_then(|package| package.get("readme")?.as_str()) {
            Some(path) => text_in(&archive, path)?,
            None => None,
        };
        Ok(Self { json: publish_json(&manifest, readme.as_deref(), target)?, archive })
    }

    /// The body of the request.
    ///
    /// # Panics
    /// When a block has 4 GiB or more.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        frame(self.json.to_string().as_bytes(), &self.archive)
    }
}

/// The body of a publish request: each block led by its length as a little-endian `u32`.
///
/// # Panics
/// When a block has 4 GiB or more.
#[must_use]
pub fn frame(json: &[u8], archive: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(8 + json.len() + archive.len());
    for block in [json, archive] {
        let len = u32::try_from(block.len()).expect("a block of a publish is shorter than 4 GiB");
        body.extend_from_slice(&len.to_le_bytes());
        body.extend_from_slice(block);
    }
    body
}

/// The JSON that cargo makes of a normalised manifest.
///
/// # Errors
/// The manifest is no TOML, or has no package with a name and a version.
pub fn publish_json(manifest: &str, readme: Option<&str>, target: Target<'_>) -> Result<Value> {
    let manifest: Table = manifest.parse().context("the manifest is no TOML")?;
    let package = table(&manifest, "package").or_else(|| table(&manifest, "project"));
    let package = package.context("the manifest has no [package]")?;
    ensure!(
        package.contains_key("name") && package.contains_key("version"),
        "the package lacks name or version"
    );
    let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
    let list = |key: &str| package.get(key).map_or_else(|| json!([]), to_json);
    let license_file = text("license-file").or_else(|| text("license_file"));
    Ok(json!({
        "name": text("name"),
        "vers": text("version"),
        "deps": dependencies(&manifest, target)?,
        "features": manifest.get("features").map_or_else(|| json!({}), to_json),
        "authors": list("authors"),
        "description": text("description"),
        "documentation": text("documentation"),
        "homepage": text("homepage"),
        "readme": readme,
        "readme_file": text("readme"),
        "keywords": list("keywords"),
        "categories": list("categories"),
        "license": text("license"),
        "license_file": license_file,
        "repository": text("repository"),
        "badges": {},
        "links": text("links"),
        "rust_version": text("rust-version"),
    }))
}

fn dependencies(manifest: &Table, target: Target<'_>) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut places = vec![(None, manifest)];
    for (platform, tables) in table(manifest, "target").into_iter().flatten() {
        places.extend(tables.as_table().map(|tables| (Some(platform.as_str()), tables)));
    }
    for (platform, tables) in places {
        for (dashed, underscored, kind) in DEPENDENCY_TABLES {
            let Some(entries) = table(tables, dashed).or_else(|| table(tables, underscored)) else {
                continue;
            };
            for (name, entry) in entries {
                found.push(
                    dependency(name, entry, kind, platform, target)
                        .with_context(|| format!("in `{name}`"))?,
                );
            }
        }
    }
    Ok(found)
}

fn dependency(
    toml_name: &str,
    entry: &toml::Value,
    kind: &str,
    platform: Option<&str>,
    target: Target<'_>,
) -> Result<Value> {
    let version_only = Table::from_iter([("version".to_owned(), entry.clone())]);
    let entry = entry.as_table().unwrap_or(&version_only);
    let flag = |dashed: &str, underscored: &str| {
        entry.get(dashed).or_else(|| entry.get(underscored)).and_then(toml::Value::as_bool)
    };
    let version = entry.get("version").and_then(toml::Value::as_str).unwrap_or("*");
    let requirement: semver::VersionReq = version.parse().with_context(|| format!("version `{version}`"))?;
    let package = entry.get("package").and_then(toml::Value::as_str);
    let mut json = json!({
        "optional": flag("optional", "optional").unwrap_or(false),
        "default_features": flag("default-features", "default_features").unwrap_or(true),
        "name": package.unwrap_or(toml_name),
        "features": entry.get("features").map_or_else(|| json!([]), to_json),
        "version_req": requirement.to_string(),
        "target": platform,
        "kind": kind,
    });
    let keys = json.as_object_mut().context("the macro above makes an object")?;
    if package.is_some() {
        keys.insert("explicit_name_in_toml".to_owned(), toml_name.into());
    }
    let home = entry.get("registry-index").and_then(toml::Value::as_str).unwrap_or(CRATES_IO);
    let is_target = match target {
        Target::CratesIo => home == CRATES_IO,
        Target::Registry(url) => home == url,
    };
    if !is_target {
        keys.insert("registry".to_owned(), home.into());
    }
    Ok(json)
}

fn table<'a>(within: &'a Table, key: &str) -> Option<&'a Table> {
    within.get(key)?.as_table()
}

fn to_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(yes) => (*yes).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(to_json).collect(),
        toml::Value::Table(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// The text of a file in a `.crate`; the path is inside of the top folder.
fn text_in(archive: &[u8], path: &str) -> Result<Option<String>> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    for entry in archive.entries().context("the archive is no tar file")? {
        let mut entry = entry.context("the archive is broken")?;
        let inside = entry.path().context("a path")?.components().skip(1).collect::<std::path::PathBuf>();
        if inside == std::path::Path::new(path.trim_start_matches("./")) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).context("the archive is cut off")?;
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "sparse+http://127.0.0.1:1/index/";

    fn built() -> ArchiveBuilder {
        ArchiveBuilder::new("demo", "1.2.3+b")
            .readme("# Demo")
            .package_line("rust-version = \"1.70\"")
            .dependency("plain", "1")
            .table(&format!("[dependencies.alias]\nversion = \">=0.1.0, <0.2\"\npackage = \"real\"\nregistry-index = \"{HERE}\"\noptional = true\ndefault-features = false\nfeatures = [\"x\"]"))
            .table("[target.'cfg(unix)'.build-dependencies]\nother = \"=1.2.3\"")
            .table("[features]\nextra = [\"dep:alias\"]")
    }

    #[test]
    fn json_is_what_cargo_makes_of_the_manifest() {
        let upload = Upload::of(&built(), Target::Registry(HERE)).expect("a good manifest");
        let deps = upload.json["deps"].as_array().expect("a list");
        assert_eq!(
            deps[0],
            json!({"optional": true, "default_features": false, "name": "real", "features": ["x"],
                "version_req": ">=0.1.0, <0.2", "target": null, "kind": "normal", "explicit_name_in_toml": "alias"})
        );
        assert_eq!(
            deps[1],
            json!({"optional": false, "default_features": true, "name": "plain", "features": [],
                "version_req": "^1", "target": null, "kind": "normal", "registry": CRATES_IO})
        );
        assert_eq!((&deps[2]["target"], &deps[2]["kind"]), (&json!("cfg(unix)"), &json!("build")));
        assert_eq!(upload.json["features"], json!({"extra": ["dep:alias"]}));
        assert_eq!(
            (&upload.json["readme"], &upload.json["readme_file"]),
            (&json!("# Demo"), &json!("README.md"))
        );
        assert_eq!(upload.json["license_file"], Value::Null);
    }

    #[test]
    fn a_finished_crate_file_gives_the_same_json() {
        let built = built();
        let direct = Upload::of(&built, Target::CratesIo).expect("a good manifest");
        let read = Upload::of_crate_file(built.build(), Target::CratesIo).expect("a good archive");
        assert_eq!(direct.json, read.json);
        assert_eq!(read.json["deps"][1].get("registry"), None, "crates.io is the target");
        assert_eq!(read.json["deps"][0]["registry"], HERE);
    }

    #[test]
    fn the_frame_counts_its_blocks() {
        assert_eq!(frame(b"{}", b"abc"), b"\x02\0\0\0{}\x03\0\0\0abc");
    }
}
