//! Small packages written to disk for cargo.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A package in the making: complete from the start, so that a test says only what matters to it.
#[derive(Clone, Debug)]
pub struct PackageText {
    folder: PathBuf,
    fields: Vec<(String, String)>,
    sections: Vec<(String, String)>,
    files: Vec<(String, String)>,
}

impl PackageText {
    /// A library `name` at `version` in `folder`, with a licence and a description.
    #[must_use]
    pub fn new(folder: PathBuf, name: &str, version: &str) -> Self {
        let text = |value: &str| format!("{value:?}");
        let fields = [
            ("name", text(name)),
            ("version", text(version)),
            ("edition", text("2021")),
            ("license", text("MIT OR Apache-2.0")),
            ("description", text("A package for a test")),
        ];
        let library = format!("//! A library.\npub const NAME: &str = {name:?};\n");
        Self {
            folder,
            fields: fields.map(|(key, value)| (key.to_owned(), value)).to_vec(),
            sections: Vec::new(),
            files: vec![("src/lib.rs".to_owned(), library)],
        }
    }

    /// Puts the package into another folder.
    #[must_use]
    pub fn at(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = folder.as_ref().to_owned();
        self
    }

    /// Sets a field of `[package]`; `value` is TOML (`"\"MIT\""`, `"[\"cli\"]"`).
    #[must_use]
    pub fn field(mut self, key: &str, value: &str) -> Self {
        self.fields.retain(|(present, _)| present != key);
        self.fields.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a field of `[package]` out.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.fields.retain(|(present, _)| present != key);
        self
    }

    /// Adds a dependency; `value` is TOML (`"\"1\""`, `"{ version = \"1\", registry = \"x\" }"`).
    #[must_use]
    pub fn dependency(self, key: &str, value: &str) -> Self {
        self.line("dependencies", key, value)
    }

    /// Adds a line to any section: `line("features", "full", "[]")`, `line("dev-dependencies", …)`.
    #[must_use]
    pub fn line(mut self, section: &str, key: &str, value: &str) -> Self {
        let line = format!("{key} = {value}\n");
        match self.sections.iter_mut().find(|(present, _)| present == section) {
            Some((_, lines)) => lines.push_str(&line),
            None => self.sections.push((section.to_owned(), line)),
        }
        self
    }

    /// Adds or replaces a file; the path is relative to the package.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.retain(|(present, _)| present != path);
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// The text of its `Cargo.toml`.
    #[must_use]
    pub fn manifest(&self) -> String {
        let mut text = String::from("[package]\n");
        for (key, value) in &self.fields {
            let _ = writeln!(text, "{key} = {value}");
        }
        for (section, lines) in &self.sections {
            let _ = write!(text, "\n[{section}]\n{lines}");
        }
        text
    }

    /// Writes everything and gives the package's folder. Files of an earlier writing stay.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self) -> Result<PathBuf> {
        let manifest = ("Cargo.toml".to_owned(), self.manifest());
        for (path, text) in self.files.iter().chain([&manifest]) {
            let path = self.folder.join(path);
            let parent = path.parent().context("a file of the package has a folder")?;
            std::fs::create_dir_all(parent)
                .with_context(|| format!("could not make {}", parent.display()))?;
            std::fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
        }
        Ok(self.folder.clone())
    }
}
