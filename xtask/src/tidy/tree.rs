//! The files of the project as text, with paths from the root.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold nothing we wrote.
const SKIPPED: &[&str] = &[".git", "corpus", "artifacts", "cratekeep-data", "node_modules"];
/// Endings of files that are read.
const READ: &[&str] = &["rs", "toml", "md", "sql", "txt", "sh", "html", "css", "js", "yml", "run"];

/// A file of the project.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// Every file we wrote, sorted by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// The files that are read.
    pub(crate) files: Vec<SourceFile>,
    /// The paths of all files and folders, also of those that are not read.
    pub(crate) paths: Vec<String>,
}

impl SourceFile {
    /// The room a file belongs to: `types` for `crates/types/src/…`, `tests` for `tests/…`.
    pub(crate) fn room(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(first) if self.path.contains('/') => first,
            _ => "",
        }
    }

    /// Whether the whole file is test code: an integration test, or a sibling file that holds a module's tests.
    pub(crate) fn is_test(&self) -> bool {
        let parts: Vec<_> = self.path.split('/').collect();
        parts.first() == Some(&"tests") || parts.iter().any(|part| *part == "tests" || *part == "tests.rs")
    }

    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

impl Tree {
    /// Reads the project under `root`.
    ///
    /// # Errors
    /// A folder or file cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder)
                .with_context(|| format!("could not read the folder {}", folder.display()))?;
            for entry in entries {
                let path = entry.context("could not read a folder")?.path();
                if !is_skipped(&path) {
                    tree.add(root, path, &mut folders)?;
                }
            }
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.paths.sort();
        Ok(tree)
    }

    /// A tree made by a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
        let files: Vec<_> = files.iter().map(file).collect();
        let paths = files.iter().map(|file| file.path.clone()).collect();
        Self { files, paths }
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust())
    }

    fn add(&mut self, root: &Path, path: PathBuf, folders: &mut Vec<PathBuf>) -> Result<()> {
        let short = path.strip_prefix(root).expect("found under the root").to_string_lossy().into_owned();
        self.paths.push(short.clone());
        if path.is_dir() {
            folders.push(path);
            return Ok(());
        }
        let ending = short.rsplit(['.', '/']).next().unwrap_or_default();
        if READ.contains(&ending) {
            let bytes = std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.files.push(SourceFile { path: short, text });
        }
        Ok(())
    }
}

fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    SKIPPED.contains(&&*name) || (path.is_dir() && (name == "target" || name.starts_with("target-")))
}
