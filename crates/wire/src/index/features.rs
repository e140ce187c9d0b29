//! Which features a line keeps in `features` and which in `features2`.

use std::collections::{BTreeMap, BTreeSet};

type Features = BTreeMap<String, Vec<String>>;

/// Parts the features into those that every cargo can read and those that only newer ones can: a feature with a
/// `dep:` or `?/` value, and every feature that enables such a one, directly or not.
pub(super) fn split(all: Features) -> (Features, Features) {
    let mut enabled_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (feature, values) in &all {
        for value in values {
            enabled_by.entry(value).or_default().push(feature);
        }
        if values.iter().any(|value| value.starts_with("dep:") || value.contains("?/")) {
            waiting.push(feature.as_str());
        }
    }
    let mut new_syntax = BTreeSet::new();
    while let Some(feature) = waiting.pop() {
        if new_syntax.insert(feature.to_owned()) {
            waiting.extend(enabled_by.get(feature).into_iter().flatten());
        }
    }
    all.into_iter().partition(|(feature, _)| !new_syntax.contains(feature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_syntax_is_contagious_upwards_and_ends_on_cycles() {
        let all: Features = [
            ("a", vec!["b"]),
            ("b", vec!["dep:x"]),
            ("c", vec!["x?/y", "c"]),
            ("d", vec!["x/y"]),
            ("e", vec!["d", "e"]),
            ("f", vec![]),
        ]
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .collect();
        let (old, new) = split(all);
        assert_eq!(old.keys().collect::<Vec<_>>(), ["d", "e", "f"]);
        assert_eq!(new.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
