//! The layer of environment variables: `CRATEKEEP_SECTION__KEY`, and `CRATEKEEP_SECTION__KEY__FILE` for secrets.

use std::ffi::OsString;

use super::{Found, Layer, Origin};
use crate::problem::Problem;
use crate::sections;
use crate::table::Raw;

/// Names the settings file.
pub(crate) const CONFIG_VARIABLE: &str = "CRATEKEEP_CONFIG";
const PREFIX: &str = "CRATEKEEP_";

/// The settings among the variables. An empty variable counts as not set.
pub(crate) fn layer(variables: &[(OsString, OsString)], problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX) && *name != CONFIG_VARIABLE)
        else {
            continue;
        };
        let Some(key) = key_of(&name[PREFIX.len()..], name, problems) else { continue };
        match value.to_str() {
            Some("") => {}
            Some(text) => {
                let origin = Origin::Environment(name.to_owned());
                layer.push((key, Found { raw: Raw::Text(text.to_owned()), origin }));
            }
            None => problems.push(Problem::Conflict(format!("the environment variable {name} is not UTF-8"))),
        }
    }
    layer.sort_by(|(left, _), (right, _)| left.cmp(right));
    layer
}

/// `SECTION__KEY` as `section.key`. A name without `__` is somebody else's (Kubernetes sets `CRATEKEEP_PORT` for a
/// service called cratekeep) unless it spells a setting with one underscore too few.
fn key_of(rest: &str, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let rest = rest.to_ascii_lowercase();
    if let Some(stem) = rest.strip_suffix("__file") {
        return Some(format!("{}_file", stem.replacen("__", ".", 1)));
    }
    if rest.contains("__") {
        return Some(rest.replacen("__", ".", 1));
    }
    if let Some(key) = sections::all_keys().find(|key| key.replace('.', "_") == rest) {
        problems.push(Problem::UnknownKey {
            key: name.to_owned(),
            origin: "environment".to_owned(),
            hint: format!("; did you mean `{}`?", variable_of(&key)),
        });
    }
    None
}

/// The environment variable that sets a key.
pub(crate) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}
