//! Rules for what a crate says about itself.

use cratekeep_package::ManifestFacts;
use cratekeep_types::UploadRules;
use spdx::{Expression, ParseMode};
use url::Url;

use super::MetadataLimits;

/// Editions that stable cargo knows.
const EDITIONS: &[&str] = &["2015", "2018", "2021", "2024"];

/// What crates.io takes as a licence: `/` for OR and old names, but no invented ones.
const LICENSES: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

pub(super) fn judge(
    manifest: &ManifestFacts,
    rules: UploadRules,
    limits: &MetadataLimits,
    problems: &mut Vec<String>,
) {
    if rules == UploadRules::CratesIo {
        required(manifest, problems);
        license(manifest, problems);
        if !EDITIONS.contains(&manifest.edition.as_str()) {
            let (edition, known) = (&manifest.edition, EDITIONS.join(", "));
            problems.push(format!("the edition `{edition}` is not one of {known}"));
        }
    }
    lengths(manifest, limits, problems);
    addresses(manifest, problems);
    words("keyword", &manifest.keywords, limits.keywords_max, limits.keyword_bytes_max, problems);
    words("category", &manifest.categories, limits.categories_max, limits.text_bytes_max, problems);
    if rules == UploadRules::CratesIo {
        let bad = manifest.keywords.iter().filter(|word| !is_keyword(word));
        problems.extend(bad.map(|word| {
            format!("\"{word}\" is an invalid keyword; write letters, digits, `-`, `_` and `+`, a letter or digit first")
        }));
    }
}

fn required(manifest: &ManifestFacts, problems: &mut Vec<String>) {
    let is_missing = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    let mut missing = Vec::new();
    if is_missing(&manifest.description) {
        missing.push("description");
    }
    if is_missing(&manifest.license) && is_missing(&manifest.license_file) {
        missing.push("license");
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        problems.push(format!(
            "missing or empty metadata fields: {missing}; write them into `[package]` of `Cargo.toml`"
        ));
    }
}

fn license(manifest: &ManifestFacts, problems: &mut Vec<String>) {
    let Some(text) = manifest.license.as_deref().filter(|text| !text.trim().is_empty()) else { return };
    if let Err(error) = Expression::parse_mode(text, LICENSES) {
        problems.push(format!(
            "unknown or invalid license expression `{text}`: {}; write names of the SPDX list, such as `MIT OR Apache-2.0`, \
             or use `license-file`",
            error.reason
        ));
    }
}

fn lengths(manifest: &ManifestFacts, limits: &MetadataLimits, problems: &mut Vec<String>) {
    let max = limits.text_bytes_max;
    let texts = [
        ("description", &manifest.description, limits.description_bytes_max),
        ("license", &manifest.license, max),
        ("license-file", &manifest.license_file, max),
        ("homepage", &manifest.homepage, max),
        ("documentation", &manifest.documentation, max),
        ("repository", &manifest.repository, max),
        ("links", &manifest.links, max),
    ];
    for (field, text, max) in texts {
        let bytes = text.as_ref().map_or(0, String::len);
        if bytes > max {
            problems.push(format!("the `{field}` is too long: it has {bytes} bytes, the limit is {max}"));
        }
    }
}

fn addresses(manifest: &ManifestFacts, problems: &mut Vec<String>) {
    let fields = [
        ("homepage", &manifest.homepage),
        ("documentation", &manifest.documentation),
        ("repository", &manifest.repository),
    ];
    for (field, address) in fields {
        let Some(address) = address.as_deref().filter(|address| !address.is_empty()) else { continue };
        if !address.starts_with("http://") && !address.starts_with("https://") {
            problems.push(format!(
                "URL for field `{field}` must begin with http:// or https:// (url: {address})"
            ));
        } else if let Err(error) = Url::parse(address) {
            problems.push(format!("`{field}` is not a valid url: `{address}` ({error})"));
        }
    }
}

fn words(what: &str, words: &[String], count_max: usize, bytes_max: usize, problems: &mut Vec<String>) {
    if words.len() > count_max {
        let plural = if what == "category" { "categories" } else { "keywords" };
        problems.push(format!("expected at most {count_max} {plural} per crate, found {}", words.len()));
    }
    for word in words {
        if word.is_empty() || word.len() > bytes_max {
            problems.push(format!("\"{word}\" is an invalid {what} (1 to {bytes_max} characters)"));
        }
    }
}

fn is_keyword(word: &str) -> bool {
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(rest)
}
