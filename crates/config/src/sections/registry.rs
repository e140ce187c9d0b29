//! `[registry]`: what new registries start with, and which foreign registries uploads may depend on.

use std::marker::PhantomData;

use cratekeep_types::{Access, UnknownDependencies, UploadRules};

use crate::kinds::{Choice, List, Switch};
use crate::table::{Reader, section};

section! {
    /// What new registries start with, `main` among them at the first start, and which registries uploads may depend
    /// on. An existing registry keeps what it has.
    shown struct RegistryDefaults in "registry" {
        /// Who may read: everybody, whoever has an account, or only members.
        access: Access = Choice { default: "open", allowed: "open, internal, closed", of: PhantomData },
        /// Whether an upload may depend on a crate that its registry does not have.
        unknown_dependencies: UnknownDependencies =
            Choice { default: "refuse", allowed: "allow, refuse", of: PhantomData },
        /// How much metadata an upload must carry: as on crates.io (description and licence), or only what cargo needs.
        upload_rules: UploadRules = Choice { default: "crates-io", allowed: "crates-io, relaxed", of: PhantomData },
        /// Whether the categories that crates may name are those of crates.io. Others are warned about and passed over.
        standard_categories: bool = Switch { default: "true" },
        /// Categories of this server besides, each as `slug`, `slug | name` or `slug | name | description`; the slug of
        /// one that stands under another begins with that one's and `::`.
        categories: Vec<String> = List {
            example: "team-tools | Team tools | What only we use",
            allowed: "lines of the form slug | name | description",
            check: check_category,
        },
        /// Index URLs of other registries that uploads may depend on, besides crates.io and the registries of this
        /// server.
        allowed_dependency_indexes: Vec<String> = List {
            example: "sparse+https://crates.example.org/index/",
            allowed: "index URLs, each starting with sparse+https://, sparse+http:// or https://",
            check: check_index,
        },
    }
}

impl RegistryDefaults {
    /// Reads and checks the section. Two index URLs that differ only by `.git` are one too many: cargo has sent the
    /// token of one to the other.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let registry = Self::read(reader)?;
        let mut bare: Vec<&str> = registry.allowed_dependency_indexes.iter().map(|url| bare(url)).collect();
        bare.sort_unstable();
        if let Some(twice) = bare.windows(2).find(|pair| pair[0] == pair[1]) {
            reader.conflict(format!(
                "registry.allowed_dependency_indexes names `{}` twice, or once more with `.git`; keep one",
                twice[0]
            ));
        }
        Some(registry)
    }
}

fn bare(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

fn check_category(line: &str) -> Result<(), String> {
    let slug = line.split('|').next().unwrap_or_default().trim();
    let is_sign =
        |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || matches!(sign, '-' | ':');
    match !slug.is_empty() && slug.chars().all(is_sign) {
        true => Ok(()),
        false => Err(format!("`{slug}` is no slug: lower-case letters, digits and `-`")),
    }
}

fn check_index(text: &str) -> Result<(), String> {
    let url = text.strip_prefix("sparse+").unwrap_or(text);
    let parsed = url::Url::parse(url).map_err(|error| format!("`{text}` is no URL: {error}"))?;
    let is_sparse = text.starts_with("sparse+");
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if is_sparse => Ok(()),
        other => Err(format!("`{text}` has the scheme `{other}`")),
    }
}
