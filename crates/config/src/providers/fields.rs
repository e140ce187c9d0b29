//! Takes checked values out of one provider's table, noting every problem with its place.

use std::path::{Path, PathBuf};

use cratekeep_types::Secret;

use super::{KEYS, ProviderTable};
use crate::layers::{Origin, read_text};
use crate::nearest::nearest;
use crate::problem::Problem;
use crate::table::{Kind, KindFacts, Raw};

/// One table on its way to a [`super::Provider`].
pub(crate) struct Fields<'a> {
    table: &'a ProviderTable,
    called: String,
    pub(crate) problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(table: &'a ProviderTable, index: usize, problems: &'a mut Vec<Problem>) -> Self {
        let name = table.values.iter().find(|(key, ..)| key == "name");
        let called = match name {
            Some((_, Raw::Text(name), _)) => format!("provider.{name}"),
            _ => format!("provider {}", index + 1),
        };
        Self { table, called, problems }
    }

    /// What is written for a key.
    pub(crate) fn raw(&self, key: &str) -> Option<&'a (String, Raw, Origin)> {
        self.table.values.iter().find(|(written, ..)| written == key)
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// The checked value of a key that must be there.
    pub(crate) fn need<K: Kind + KindFacts>(&mut self, key: &str, kind: &K) -> Option<K::Value> {
        if !self.has(key) {
            let allowed = kind.allowed();
            self.wrong(format!("{key} is missing; allowed: {allowed}"));
            return None;
        }
        self.maybe(key, kind).flatten()
    }

    /// The checked value of a key that may be left out. `None` after a problem was noted.
    #[expect(clippy::option_option, reason = "a value that is wrong is not a value that is left out")]
    pub(crate) fn maybe<K: Kind + KindFacts>(&mut self, key: &str, kind: &K) -> Option<Option<K::Value>> {
        let Some((_, raw, origin)) = self.raw(key) else { return Some(None) };
        match kind.parse(raw) {
            Ok(value) => Some(Some(value)),
            Err(reason) => {
                let value = if kind.is_secret() { "***".to_owned() } else { raw.shown() };
                self.problems.push(Problem::BadValue {
                    key: format!("{}.{key}", self.called),
                    value,
                    origin: origin.to_string(),
                    reason,
                    allowed: kind.allowed(),
                });
                None
            }
        }
    }

    /// The checked value of a key, or a default.
    pub(crate) fn or<K: Kind + KindFacts>(
        &mut self,
        key: &str,
        kind: &K,
        default: impl FnOnce() -> K::Value,
    ) -> Option<K::Value> {
        self.maybe(key, kind).map(|value| value.unwrap_or_else(default))
    }

    /// A secret that stands in the table or in a file that the table names.
    #[expect(clippy::option_option, reason = "a secret that is wrong is not one that is left out")]
    pub(crate) fn secret(&mut self, key: &str) -> Option<Option<Secret<String>>> {
        let in_file = format!("{key}_file");
        let text = match (self.raw(key), self.raw(&in_file)) {
            (None, None) => return Some(None),
            (Some(_), Some(_)) => {
                self.wrong(format!("{key} and {in_file} are both set; keep one"));
                return None;
            }
            (Some((_, Raw::Text(text), _)), None) => text.clone(),
            (None, Some((_, Raw::Text(path), origin))) => match read_text(&self.beside(path)) {
                Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
                Err(reason) => {
                    self.problems.push(Problem::Unreadable(format!(
                        "{}.{in_file} = \"{path}\" ({origin}): {reason}",
                        self.called
                    )));
                    return None;
                }
            },
            _ => {
                self.wrong(format!("{key} is a list where one text is expected"));
                return None;
            }
        };
        if text.trim().is_empty() {
            self.wrong(format!("{key} is empty"));
            return None;
        }
        Some(Some(Secret::new(text)))
    }

    /// Notes keys that no provider has, or that one of this kind does not have.
    pub(crate) fn refuse_others(&mut self, kind: Option<&str>) {
        for (written, _, origin) in &self.table.values {
            let name =
                written.strip_suffix("_file").filter(|stem| *stem == "client_secret").unwrap_or(written);
            let known = KEYS.iter().find(|key| key.name == name);
            match (known, kind) {
                (None, _) => self.problems.push(Problem::UnknownKey {
                    key: format!("{}.{written}", self.called),
                    origin: origin.to_string(),
                    hint: nearest(written, KEYS.iter().map(|key| key.name))
                        .map(|near| format!("; did you mean `{near}`?"))
                        .unwrap_or_default(),
                }),
                (Some(key), Some(kind)) if !key.kinds.contains(&kind) => {
                    self.problems.push(Problem::Conflict(format!(
                        "{origin}: {}.{written} is not for a provider of kind `{kind}`, only for {}",
                        self.called,
                        key.kinds.join(", ")
                    )));
                }
                _ => {}
            }
        }
    }

    /// Notes what is wrong with the table as a whole.
    pub(crate) fn wrong(&mut self, sentence: String) {
        self.problems.push(Problem::Conflict(format!("{}: {}: {sentence}", self.table.origin, self.called)));
    }

    /// The rows of the table `groups`.
    pub(crate) fn groups(&self) -> &'a [(String, Raw, Origin)] {
        &self.table.groups
    }

    fn beside(&self, path: &str) -> PathBuf {
        self.table.folder.as_ref().map_or_else(|| PathBuf::from(path), |folder| folder.join(Path::new(path)))
    }
}
