//! Whether two lines tell a resolver the same.

use std::collections::{BTreeMap, BTreeSet};

use semver::VersionReq;

use super::{IndexDep, IndexEntry};

/// Compares two lines for what a resolver makes of them. Not compared: `yanked` and `pubtime`, which belong to the
/// registry, and form (order, which of the two maps holds a feature, spelling of requirements and targets, `v`, and
/// `public`, which crates.io never writes).
///
/// # Errors
/// Every difference, each with both values.
pub fn same_meaning(a: &IndexEntry, b: &IndexEntry) -> Result<(), String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, left: String, right: String| {
        if left != right {
            found.push(format!("{what}: `{left}` against `{right}`"));
        }
    };
    compare("name", a.name.clone(), b.name.clone());
    compare("vers", a.vers.clone(), b.vers.clone());
    compare("cksum", a.cksum.clone(), b.cksum.clone());
    compare("links", format!("{:?}", a.links), format!("{:?}", b.links));
    compare("rust_version", format!("{:?}", a.rust_version), format!("{:?}", b.rust_version));
    let (left, right) = (features(a), features(b));
    for feature in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        let show = |side: &BTreeMap<String, BTreeSet<String>>| format!("{:?}", side.get(feature));
        compare(&format!("feature {feature}"), show(&left), show(&right));
    }
    let (left, right) = (dependencies(a), dependencies(b));
    compare("only the first has", only(&left, &right), String::new());
    compare("only the second has", only(&right, &left), String::new());
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

fn features(entry: &IndexEntry) -> BTreeMap<String, BTreeSet<String>> {
    entry
        .all_features()
        .into_iter()
        .map(|(feature, values)| (feature, values.into_iter().collect()))
        .collect()
}

/// Each dependency written in one form, with how often it is there.
fn dependencies(entry: &IndexEntry) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for dep in &entry.deps {
        *counts.entry(plain(dep)).or_default() += 1;
    }
    counts
}

fn plain(dep: &IndexDep) -> String {
    let req = VersionReq::parse(&dep.req).map_or_else(|_| dep.req.clone(), |req| req.to_string());
    let features: BTreeSet<_> = dep.features.iter().filter(|feature| !feature.is_empty()).collect();
    let target: Option<String> =
        dep.target.as_ref().map(|target| target.chars().filter(|c| !c.is_whitespace()).collect());
    format!(
        "{} {} of {} ({}) optional={} default={} {features:?} for {target:?} from {:?}",
        dep.kind.word(),
        dep.name,
        dep.crate_name(),
        req,
        dep.optional,
        dep.default_features,
        dep.registry
    )
}

fn only(these: &BTreeMap<String, usize>, those: &BTreeMap<String, usize>) -> String {
    let more = |(dep, count): &(&String, &usize)| those.get(*dep) < Some(*count);
    these.iter().filter(more).map(|(dep, _)| dep.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> IndexEntry {
        IndexEntry::from_line(line).expect("a good line")
    }

    #[test]
    fn form_does_not_matter() {
        let a = r#"{"name":"a","vers":"1.0.0","deps":[
            {"name":"x","req":"1","features":["","f"],"target":"cfg(any(unix, windows))","kind":"normal"},
            {"name":"y","req":"^2.0","kind":"dev"}],"cksum":"0","features":{"p":["q"],"q":["dep:x"]}}"#;
        let b = r#"{"name":"a","vers":"1.0.0","deps":[
            {"name":"y","req":"^2.0","kind":"dev","package":"y"},
            {"name":"x","req":"^1","features":["f"],"target":"cfg(any(unix,windows))","kind":"normal"}],
            "cksum":"0","features":{},"features2":{"q":["dep:x"],"p":["q"]},"v":2,"yanked":true}"#;
        assert_eq!(same_meaning(&entry(a), &entry(b)), Ok(()));
    }

    #[test]
    fn every_difference_is_named() {
        let a =
            r#"{"name":"a","vers":"1.0.0","deps":[{"name":"x","req":"1"}],"cksum":"0","features":{"p":[]}}"#;
        let b = r#"{"name":"a","vers":"1.0.1","deps":[{"name":"x","req":"1"},{"name":"x","req":"1"}],"cksum":"0","links":"z"}"#;
        let said = same_meaning(&entry(a), &entry(b)).expect_err("they differ");
        for word in ["vers", "feature p", "links", "only the second has"] {
            assert!(said.contains(word), "{word} in {said}");
        }
        assert!(!said.contains("only the first has"));
    }
}
