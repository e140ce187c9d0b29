//! `.crate` files as cargo writes them, and ways to spoil them one by one. What a registry should say about a spoiled
//! one is for the tests.

mod tar_bytes;

use std::collections::BTreeMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};

pub use tar_bytes::RawEntry;

/// What cargo puts before a manifest it has normalised, in our words.
const MANIFEST_HEAD: &str = "# This manifest was normalised for publishing.\n\n";

/// Builds a `.crate` file. As it comes from [`ArchiveBuilder::new`] it is valid: a library with a description and a
/// licence. A test changes the one thing it is about.
#[derive(Clone, Debug)]
pub struct ArchiveBuilder {
    name: String,
    version: String,
    root: String,
    package_lines: Vec<String>,
    tables: Vec<String>,
    manifest: Option<String>,
    files: BTreeMap<String, Vec<u8>>,
    raw_entries: Vec<RawEntry>,
    raw_tar: Vec<u8>,
    end_blocks: usize,
    gzip_trailer: Vec<u8>,
}

impl ArchiveBuilder {
    /// A valid library: `Cargo.toml`, `Cargo.toml.orig`, `src/lib.rs`.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        let files = [
            ("Cargo.toml.orig", "[package]\n# as its author wrote it\n"),
            ("src/lib.rs", "//! A library.\n"),
        ];
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            root: format!("{name}-{version}"),
            package_lines: [r#"edition = "2021""#, r#"description = "A library""#, r#"license = "MIT""#]
                .map(str::to_owned)
                .to_vec(),
            tables: Vec::new(),
            manifest: None,
            files: files.map(|(path, text)| (path.to_owned(), text.into())).into(),
            raw_entries: Vec::new(),
            raw_tar: Vec::new(),
            end_blocks: 2,
            gzip_trailer: Vec::new(),
        }
    }

    /// Sets a key of `[package]`: a whole line like `links = "z"`, in place of an earlier one for the same key.
    #[must_use]
    pub fn package_line(self, line: &str) -> Self {
        let mut this = self.without_package_line(key_of(line));
        this.package_lines.push(line.to_owned());
        this
    }

    /// Leaves a key of `[package]` out.
    #[must_use]
    pub fn without_package_line(mut self, key: &str) -> Self {
        self.package_lines.retain(|line| key_of(line) != key);
        self
    }

    /// Adds TOML behind `[package]` and `[lib]`, for instance a `[dependencies.x]` table.
    #[must_use]
    pub fn table(mut self, toml: &str) -> Self {
        self.tables.push(toml.to_owned());
        self
    }

    /// Adds a normal dependency.
    #[must_use]
    pub fn dependency(self, name: &str, requirement: &str) -> Self {
        self.table(&format!("[dependencies.{name}]\nversion = \"{requirement}\""))
    }

    /// Uses this text as the whole `Cargo.toml`, whatever the other calls say about it.
    #[must_use]
    pub fn manifest(mut self, toml: &str) -> Self {
        self.manifest = Some(toml.to_owned());
        self
    }

    /// Adds or replaces a file; the path is inside of the top folder.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), content.as_ref().to_owned());
        self
    }

    /// Adds a `Cargo.lock`.
    #[must_use]
    pub fn lock_file(self) -> Self {
        let text =
            format!("version = 4\n\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n", self.name, self.version);
        self.file("Cargo.lock", text)
    }

    /// Adds a readme and names it in the manifest.
    #[must_use]
    pub fn readme(self, text: &str) -> Self {
        self.file("README.md", text).package_line("readme = \"README.md\"")
    }

    /// Leaves a file out: `Cargo.toml`, `src/lib.rs`, …
    #[must_use]
    pub fn without_file(mut self, path: &str) -> Self {
        if path == "Cargo.toml" {
            self.manifest = Some(String::new());
        }
        self.files.remove(path);
        self
    }

    /// Puts everything into another top folder than `name-version`.
    #[must_use]
    pub fn root(mut self, root: &str) -> Self {
        self.root = root.to_owned();
        self
    }

    /// Adds any entry behind the files.
    #[must_use]
    pub fn raw_entry(mut self, entry: RawEntry) -> Self {
        self.raw_entries.push(entry);
        self
    }

    /// Adds any bytes behind the entries, before the two empty blocks that end a tar file.
    #[must_use]
    pub fn raw_tar(mut self, bytes: &[u8]) -> Self {
        self.raw_tar.extend_from_slice(bytes);
        self
    }

    /// Ends the tar file with this many empty blocks; two are right.
    #[must_use]
    pub fn end_blocks(mut self, blocks: usize) -> Self {
        self.end_blocks = blocks;
        self
    }

    /// Adds bytes behind the gzip stream.
    #[must_use]
    pub fn gzip_trailer(mut self, bytes: &[u8]) -> Self {
        self.gzip_trailer.extend_from_slice(bytes);
        self
    }

    /// The path of something inside of the top folder, for [`ArchiveBuilder::raw_entry`].
    #[must_use]
    pub fn path(&self, inside: &str) -> String {
        format!("{}/{inside}", self.root)
    }

    /// The text of `Cargo.toml`.
    #[must_use]
    pub fn manifest_text(&self) -> String {
        if let Some(manifest) = &self.manifest {
            return manifest.clone();
        }
        let (name, version) = (&self.name, &self.version);
        let lines = self.package_lines.join("\n");
        let lib = format!("[lib]\nname = \"{}\"\npath = \"src/lib.rs\"\n", name.replace('-', "_"));
        let tables: String = self.tables.iter().map(|table| format!("\n{table}\n")).collect();
        format!(
            "{MANIFEST_HEAD}[package]\nname = \"{name}\"\nversion = \"{version}\"\n{lines}\n\n{lib}{tables}"
        )
    }

    /// The text of the readme that the archive holds.
    #[must_use]
    pub fn readme_text(&self) -> Option<String> {
        self.files.get("README.md").map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The tar file, not compressed.
    #[must_use]
    pub fn tar(&self) -> Vec<u8> {
        let mut files = self.files.clone();
        let manifest = self.manifest_text();
        if !manifest.is_empty() {
            files.insert("Cargo.toml".to_owned(), manifest.into());
        }
        let mut tar = Vec::new();
        for (path, content) in &files {
            RawEntry::file(self.path(path), content).write(&mut tar);
        }
        for entry in &self.raw_entries {
            entry.write(&mut tar);
        }
        tar.extend_from_slice(&self.raw_tar);
        tar.resize(tar.len() + self.end_blocks * 512, 0);
        tar
    }

    /// The `.crate` file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut crate_file = gzip(&self.tar(), &format!("{}-{}.crate", self.name, self.version));
        crate_file.extend_from_slice(&self.gzip_trailer);
        crate_file
    }
}

/// Compresses as cargo does: best compression, the file name in the header, no time.
///
/// # Panics
/// When `file_name` holds a NUL character.
#[must_use]
pub fn gzip(bytes: &[u8], file_name: &str) -> Vec<u8> {
    let mut encoder = GzBuilder::new().filename(file_name).write(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

fn key_of(line: &str) -> &str {
    line.split('=').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Paths, types and contents, as the `tar` library reads them.
    fn read(crate_file: &[u8]) -> Vec<(String, u8, String)> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(crate_file));
        let entries = archive.entries().expect("a tar file");
        entries
            .map(|entry| {
                let mut entry = entry.expect("an entry");
                let path = entry.path().expect("a path").display().to_string();
                let mut text = String::new();
                entry.read_to_string(&mut text).expect("text");
                (path, entry.header().entry_type().as_byte(), text)
            })
            .collect()
    }

    #[test]
    fn a_built_crate_is_what_cargo_would_write() {
        let long = format!("src/{}.rs", "x".repeat(120));
        let built = ArchiveBuilder::new("my-crate", "1.0.0").lock_file().file(&long, "// long");
        let entries = read(&built.build());
        let paths: Vec<_> = entries.iter().map(|(path, ..)| path.as_str()).collect();
        let expected = ["Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "src/lib.rs", &long]
            .map(|path| format!("my-crate-1.0.0/{path}"));
        assert_eq!(paths, expected);
        assert!(entries[1].2.contains("name = \"my_crate\""), "{}", entries[1].2);
        assert_eq!(
            &built.build()[..26],
            b"\x1f\x8b\x08\x08\0\0\0\0\x02\xffmy-crate-1.0.0.c",
            "as cargo's own header"
        );
    }

    #[test]
    fn entries_can_be_of_any_type() {
        let built = ArchiveBuilder::new("a", "1.0.0");
        let link = RawEntry::symlink(built.path("link"), "/etc/passwd");
        let entries = read(&built.raw_entry(RawEntry::pax("path", "a-1.0.0/other")).raw_entry(link).build());
        let last = entries.last().expect("entries");
        assert_eq!((last.0.as_str(), last.1), ("a-1.0.0/other", b'2'), "the PAX header renames the link");
    }

    #[test]
    fn a_line_of_the_manifest_replaces_an_earlier_one() {
        let built =
            ArchiveBuilder::new("a", "1.0.0").package_line("license = \"Apache-2.0\"").dependency("b", "2");
        let text = built.manifest_text();
        assert!(!text.contains("MIT") && text.contains("Apache-2.0"), "{text}");
        assert!(text.contains("[dependencies.b]\nversion = \"2\""), "{text}");
    }
}
