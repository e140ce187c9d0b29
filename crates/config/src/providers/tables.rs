//! The tables as they are written: keys with values and lines, nothing checked yet.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PROVIDERS_MAX;
use crate::layers::{Origin, line_of, raw_of};
use crate::problem::Problem;
use crate::table::Raw;

/// One `[[provider]]` table as it is written.
#[derive(Clone, Debug)]
pub(crate) struct ProviderTable {
    /// Where it begins.
    pub(crate) origin: Origin,
    /// Its keys with values.
    pub(crate) values: Vec<(String, Raw, Origin)>,
    /// Its table `groups`: what each group gives.
    pub(crate) groups: Vec<(String, Raw, Origin)>,
    /// Where a relative path starts.
    pub(crate) folder: Option<PathBuf>,
}

/// Says where the byte at an offset stands.
pub(crate) type Locate<'a> = &'a dyn Fn(usize) -> Origin;

/// Takes the tables out of the value of `provider`.
pub(crate) fn take(
    value: &Spanned<DeValue<'_>>,
    folder: Option<&Path>,
    locate: Locate<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<ProviderTable> {
    let origin = locate(value.span().start);
    let DeValue::Array(items) = value.get_ref() else {
        problems.push(Problem::Conflict(format!(
            "{origin}: provider is no list of tables; begin each with [[provider]]"
        )));
        return Vec::new();
    };
    if items.len() > PROVIDERS_MAX {
        problems.push(Problem::Conflict(format!(
            "{origin}: there are {} [[provider]] tables; at most {PROVIDERS_MAX} are allowed",
            items.len()
        )));
    }
    let mut tables = Vec::new();
    for item in items.iter().take(PROVIDERS_MAX) {
        let origin = locate(item.span().start);
        let DeValue::Table(table) = item.get_ref() else {
            problems.push(Problem::Conflict(format!("{origin}: a provider is a table; write [[provider]]")));
            continue;
        };
        let mut read = ProviderTable {
            origin,
            values: Vec::new(),
            groups: Vec::new(),
            folder: folder.map(Path::to_owned),
        };
        read.fill(table, locate, problems);
        tables.push(read);
    }
    tables
}

/// The tables in a text of their own; nothing else may stand in it.
pub(crate) fn from_text(text: &str, origin: &Origin, problems: &mut Vec<Problem>) -> Vec<ProviderTable> {
    let (file, folder) = match origin {
        Origin::SecretFile { path, .. } => (Some(path.clone()), path.parent()),
        _ => (None, None),
    };
    let locate = |offset: usize| match &file {
        Some(path) => Origin::File { path: path.clone(), line: line_of(text, offset) },
        None => origin.clone(),
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let at = locate(error.span().map_or(0, |span| span.start));
            problems.push(Problem::Unreadable(format!("auth.providers ({at}): {}", error.message())));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for (name, value) in &table {
        if name.get_ref() == "provider" {
            found.extend(take(value, folder, &locate, problems));
        } else {
            problems.push(Problem::UnknownKey {
                key: name.get_ref().to_string(),
                origin: locate(name.span().start).to_string(),
                hint: "; auth.providers has [[provider]] tables only".to_owned(),
            });
        }
    }
    found
}

impl ProviderTable {
    fn fill(&mut self, table: &DeTable<'_>, locate: Locate<'_>, problems: &mut Vec<Problem>) {
        for (name, value) in table {
            let origin = locate(name.span().start);
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("groups", DeValue::Table(groups)) => {
                    for (group, gives) in groups {
                        let origin = locate(group.span().start);
                        match raw_of(gives.get_ref()) {
                            Some(raw) => self.groups.push((group.get_ref().to_string(), raw, origin)),
                            None => problems.push(no_list(&origin, group.get_ref())),
                        }
                    }
                }
                (key, value) => match raw_of(value) {
                    Some(raw) => self.values.push((key.to_owned(), raw, origin)),
                    None => problems.push(Problem::Conflict(format!(
                        "{origin}: {key} is a {}; write a text, true, false or a list of texts",
                        value.type_str()
                    ))),
                },
            }
        }
    }
}

fn no_list(origin: &Origin, group: &str) -> Problem {
    Problem::Conflict(format!(
        "{origin}: groups.\"{group}\" is no list; write what the group gives, as in [\"team:core\", \"reader@main\"]"
    ))
}
