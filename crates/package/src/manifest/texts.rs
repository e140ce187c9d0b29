//! Every text of a manifest goes to databases, terminals and pages, so none may hold control characters.

use crate::ManifestFacts;
use crate::problems::{Found, shown};

/// Tells each text that has a control character. Only descriptions and author lists may have line ends and tabs.
pub(super) fn check(facts: &ManifestFacts, found: &mut Found) {
    let may_break = ["description", "authors"];
    for (field, text) in texts(facts) {
        let is_bad =
            |c: char| c.is_control() && !(may_break.contains(&field) && matches!(c, '\n' | '\r' | '\t'));
        if text.chars().any(is_bad) {
            let text = shown(text.as_bytes());
            found.add(format!("`{field}` in `Cargo.toml` has a control character: `{text}`; remove it"));
        }
    }
}

fn texts(facts: &ManifestFacts) -> impl Iterator<Item = (&'static str, &str)> {
    let single = [
        ("description", &facts.description),
        ("license", &facts.license),
        ("license-file", &facts.license_file),
        ("homepage", &facts.homepage),
        ("documentation", &facts.documentation),
        ("repository", &facts.repository),
        ("links", &facts.links),
        ("readme", &facts.readme_path),
        ("lib", &facts.lib_name),
    ];
    let lists = [
        ("keywords", &facts.keywords),
        ("categories", &facts.categories),
        ("authors", &facts.authors),
        ("bin", &facts.bin_names),
    ];
    let single = single.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?)));
    let listed =
        lists.into_iter().flat_map(|(field, list)| list.iter().map(move |text| (field, text.as_str())));
    let features = facts.features.values().flatten().map(|value| ("features", value.as_str()));
    let dependencies = facts.dependencies.iter().flat_map(|dependency| {
        let options = dependency.target.iter().chain(&dependency.registry_index);
        options.chain(&dependency.features).map(|text| ("dependencies", text.as_str()))
    });
    single.chain(listed).chain(features).chain(dependencies)
}
