//! The layer of the settings file, in TOML, each value with its line.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Found, Layer, Origin, is_path, read_text};
use crate::problem::Problem;
use crate::providers::{self, ProviderTable};
use crate::table::Raw;

/// Everything the file sets, and its `[[provider]]` tables. A relative path in it starts at the file's folder.
pub(crate) fn layer(path: &Path, problems: &mut Vec<Problem>) -> (Layer, Vec<ProviderTable>) {
    let text = match read_text(path) {
        Ok(text) => text,
        Err(reason) => {
            problems.push(Problem::Unreadable(format!("settings file {}: {reason}", path.display())));
            return (Layer::new(), Vec::new());
        }
    };
    let table = match DeTable::parse(&text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            problems.push(Problem::Unreadable(format!("{}:{line}: {}", path.display(), error.message())));
            return (Layer::new(), Vec::new());
        }
    };
    let mut file = File { path, text: &text, problems, layer: Layer::new() };
    let mut found = Vec::new();
    for (name, value) in &table {
        match value.get_ref() {
            _ if name.get_ref() == "provider" => {
                let locate = |offset| Origin::File { path: path.to_owned(), line: line_of(&text, offset) };
                found = providers::take(value, path.parent(), &locate, file.problems);
            }
            DeValue::Table(section) => file.section(name.get_ref(), section),
            _ => file.take(name.get_ref(), name.span().start, value),
        }
    }
    (file.layer, found)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
    layer: Layer,
}

impl File<'_> {
    fn section(&mut self, section: &str, keys: &DeTable<'_>) {
        for (name, value) in keys {
            self.take(&format!("{section}.{}", name.get_ref()), name.span().start, value);
        }
    }

    fn take(&mut self, key: &str, offset: usize, value: &Spanned<DeValue<'_>>) {
        let origin = Origin::File { path: self.path.to_owned(), line: line_of(self.text, offset) };
        match raw_of(value.get_ref()) {
            Some(Raw::Text(text)) if is_path(key) => {
                let raw = Raw::Text(self.beside(&text).to_string_lossy().into_owned());
                self.layer.push((key.to_owned(), Found { raw, origin }));
            }
            Some(raw) => self.layer.push((key.to_owned(), Found { raw, origin })),
            None => self.problems.push(Problem::Conflict(format!(
                "{origin}: {key} is a {}; write a text, a number, true, false or a list of texts",
                value.get_ref().type_str()
            ))),
        }
    }

    fn beside(&self, text: &str) -> PathBuf {
        self.path.parent().map_or_else(|| PathBuf::from(text), |folder| folder.join(text))
    }
}

/// A scalar as the text it was written as, or a list of such texts.
pub(crate) fn raw_of(value: &DeValue<'_>) -> Option<Raw> {
    let DeValue::Array(items) = value else { return scalar_of(value).map(Raw::Text) };
    items.iter().map(|item| scalar_of(item.get_ref())).collect::<Option<_>>().map(Raw::List)
}

fn scalar_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// The line of a byte, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
