//! The raw layers and how they lie on each other: defaults < file < environment < flags. Nothing is checked here but
//! that every key is known.

mod environment;
pub(crate) use environment::variable_of;
mod file;
pub(crate) use file::{line_of, raw_of};

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::providers::{self, ProviderTable};
use crate::sections;
use crate::table::{Key, Raw};

/// Largest settings file or secret file in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing sets it.
    Default,
    /// A line of the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable of this name.
    Environment(String),
    /// A command-line flag of this name.
    Flag(&'static str),
    /// A file that holds a secret.
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What named the file.
        named_by: Box<Origin>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File { path, line } => write!(out, "{}:{line}", path.display()),
            Self::Environment(variable) => write!(out, "environment {variable}"),
            Self::Flag(flag) => write!(out, "flag {flag}"),
            Self::SecretFile { path, named_by } => {
                write!(out, "file {}, named by {named_by}", path.display())
            }
        }
    }
}

/// A setting given on the command line.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The key it sets, as `section.name`.
    pub key: &'static str,
    /// The flag as the user wrote it, with its dashes.
    pub flag: &'static str,
    /// Its value.
    pub value: String,
}

/// Where settings are read from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The settings file; without one, `cratekeep.toml` in the data folder is read if it is there.
    pub config_file: Option<PathBuf>,
    /// Environment variables; those that do not start with `CRATEKEEP_` are left alone.
    pub environment: Vec<(OsString, OsString)>,
    /// Command-line flags.
    pub flags: Vec<Flag>,
}

impl Sources {
    /// The process's environment and no flags. `CRATEKEEP_CONFIG` names the settings file.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_environment() -> Self {
        let environment: Vec<_> = std::env::vars_os().collect();
        let config_file = environment
            .iter()
            .find(|(name, value)| name == environment::CONFIG_VARIABLE && !value.is_empty())
            .map(|(_, value)| PathBuf::from(value));
        Self { config_file, environment, flags: Vec::new() }
    }
}

/// A value with where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) raw: Raw,
    pub(crate) origin: Origin,
}

/// The layers laid on each other: for each key that is set, the topmost value.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    values: BTreeMap<String, Found>,
    providers: Vec<ProviderTable>,
}

/// What one layer says: keys as written, without the secrets read from files.
type Layer = Vec<(String, Found)>;

impl Layers {
    /// Reads every layer. Problems are gathered; what could be read is returned with them.
    pub(crate) fn read(sources: &Sources) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let environment = environment::layer(&sources.environment, &mut problems);
        let flags: Layer = sources.flags.iter().map(flag_entry).collect();
        let mut layers = Self::default();
        let implied = implied_file(&environment, &flags);
        if let Some(path) = sources.config_file.as_ref().or(implied.as_ref()) {
            let (file, tables) = file::layer(path, &mut problems);
            layers.providers = tables;
            let moved =
                implied.as_ref() == Some(path) && file.iter().any(|(key, _)| key == "server.data_dir");
            if moved && sources.config_file.is_none() {
                problems.push(Problem::Conflict(format!(
                    "{} lies in the data folder and sets server.data_dir; move the file elsewhere and name it with --config",
                    path.display()
                )));
            }
            layers.lay(file, &mut problems);
        }
        layers.lay(environment, &mut problems);
        layers.lay(flags, &mut problems);
        if let Some(Found { raw: Raw::Text(text), origin }) = layers.values.get("auth.providers") {
            layers.providers.extend(providers::from_text(text, origin, &mut problems));
        }
        (layers, problems)
    }

    /// Every `[[provider]]` table, of the settings file first.
    pub(crate) fn providers(&self) -> &[ProviderTable] {
        &self.providers
    }

    /// The topmost value of a key.
    pub(crate) fn find(&self, key: &str) -> Option<&Found> {
        self.values.get(key)
    }

    /// Where the value of a key comes from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.values.get(key).map_or(Origin::Default, |found| found.origin.clone())
    }

    fn lay(&mut self, layer: Layer, problems: &mut Vec<Problem>) {
        let mut set_here: BTreeMap<String, String> = BTreeMap::new();
        for (written, found) in layer {
            let Some((key, is_secret_file)) = known_key(&written) else {
                problems.push(unknown(&written, &found.origin));
                continue;
            };
            if let Some(other) = set_here.insert(key.clone(), written.clone()) {
                problems.push(Problem::Conflict(format!(
                    "{other} and {written} are both set; keep one ({})",
                    found.origin
                )));
                continue;
            }
            let found =
                if is_secret_file { secret_from_file(&written, found, problems) } else { Some(found) };
            if let Some(found) = found {
                self.values.insert(key, found);
            }
        }
    }
}

fn flag_entry(flag: &Flag) -> (String, Found) {
    (flag.key.to_owned(), Found { raw: Raw::Text(flag.value.clone()), origin: Origin::Flag(flag.flag) })
}

/// `cratekeep.toml` in the data folder that flags, environment or default name, if there is such a file.
fn implied_file(environment: &Layer, flags: &Layer) -> Option<PathBuf> {
    let named = flags.iter().chain(environment).find(|(key, _)| key == "server.data_dir");
    let folder = match named.map(|(_, found)| &found.raw) {
        Some(Raw::Text(text)) => PathBuf::from(text),
        _ => PathBuf::from(sections::DATA_DIR_DEFAULT),
    };
    let path = folder.join("cratekeep.toml");
    path.is_file().then_some(path)
}

/// The key that a written key means, and whether it names a file that holds the secret.
fn known_key(written: &str) -> Option<(String, bool)> {
    if sections::find_key(written).is_some() {
        return Some((written.to_owned(), false));
    }
    let stem = written.strip_suffix("_file")?;
    sections::find_key(stem).filter(|key| key.kind.is_secret()).map(|_| (stem.to_owned(), true))
}

/// Whether a written key is known and its value is a path.
fn is_path(written: &str) -> bool {
    let is_path = |key: &Key| key.kind.is_path();
    sections::find_key(written).is_some_and(is_path) || known_key(written).is_some_and(|(_, is_file)| is_file)
}

fn unknown(written: &str, origin: &Origin) -> Problem {
    let known: Vec<String> = sections::all_keys().collect();
    let near = nearest(written, known.iter().map(String::as_str)).or_else(|| {
        let (_, name) = written.split_once('.')?;
        known
            .iter()
            .map(String::as_str)
            .find(|key| key.split_once('.').is_some_and(|(_, known)| known == name))
    });
    let hint = near.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default();
    Problem::UnknownKey { key: written.to_owned(), origin: origin.to_string(), hint }
}

fn secret_from_file(written: &str, found: Found, problems: &mut Vec<Problem>) -> Option<Found> {
    let Raw::Text(path) = &found.raw else {
        problems
            .push(Problem::Conflict(format!("{written} ({}) must be the path of one file", found.origin)));
        return None;
    };
    let path = PathBuf::from(path);
    match read_text(&path) {
        Ok(text) => {
            let raw = Raw::Text(text.trim_end_matches(['\r', '\n']).to_owned());
            Some(Found { raw, origin: Origin::SecretFile { path, named_by: Box::new(found.origin) } })
        }
        Err(reason) => {
            problems.push(Problem::Unreadable(format!(
                "{written} = \"{}\" ({}): {reason}",
                path.display(),
                found.origin
            )));
            None
        }
    }
}

/// Reads a whole text file of bounded size.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let facts = std::fs::metadata(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    if facts.len() > FILE_BYTES_MAX {
        return Err(format!("the file has {} bytes, more than {FILE_BYTES_MAX}", facts.len()));
    }
    std::fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"))
}
