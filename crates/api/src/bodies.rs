//! Crates, versions and dependencies as bodies of the web API. The same for every handler.

use cratekeep_app::{Category, CountedCategory, Keyword, Krate, RegistryView, Version};
use cratekeep_types::{Timestamp, UserId, UserName};
use cratekeep_wire::api::{
    AuditActionBody, CategoryBody, CrateBody, CrateLinks, KeywordBody, UserBody, VersionBody, VersionLinks,
};

/// Hosts whose addresses are not handed on: they are dead, or others have taken them over. crates.io has the same list.
const GONE_HOSTS: [&str; 6] =
    ["rust-ci.org", "rustless.org", "ironframework.io", "nebulanet.cc", "esp-rs.org", "ncollide.org"];

/// When categories were made: they come with the program, and readers want a time.
const ALWAYS: &str = "1970-01-01T00:00:00.000000Z";

/// Which parts of a crate go into its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) versions: bool,
    pub(crate) keywords: bool,
    pub(crate) categories: bool,
    pub(crate) downloads: bool,
}

/// A crate.
pub(crate) fn crate_body(krate: &Krate, parts: Parts, versions: Option<&[VersionBody]>) -> CrateBody {
    let row = &krate.row;
    let name = row.name.to_string();
    let api = |what: &str| format!("/api/v1/crates/{name}/{what}");
    let ids = parts.versions.then(|| versions.unwrap_or_default().iter().map(|one| one.id).collect());
    let or_none = |num: &Option<_>| num.as_ref().map_or_else(|| "0.0.0".to_owned(), ToString::to_string);
    CrateBody {
        id: name.clone(),
        updated_at: row.updated_at.to_micros_text(),
        created_at: row.created_at.to_micros_text(),
        keywords: parts.keywords.then(|| krate.keywords.clone()),
        categories: parts.categories.then(|| krate.categories.clone()),
        badges: [],
        downloads: row.downloads.max(row.recent_downloads),
        recent_downloads: parts.downloads.then_some(row.recent_downloads),
        default_version: row.default_version.as_ref().map(ToString::to_string),
        num_versions: row.versions,
        yanked: row.yanked,
        max_version: or_none(&row.max_version),
        newest_version: or_none(&row.newest_version),
        max_stable_version: row.max_stable_version.as_ref().map(ToString::to_string),
        description: row.description.clone().unwrap_or_default(),
        homepage: shown_url(krate.metadata.homepage.as_deref()),
        documentation: shown_url(krate.metadata.documentation.as_deref()),
        repository: shown_url(krate.metadata.repository.as_deref()),
        links: CrateLinks {
            version_downloads: api("downloads"),
            versions: ids.is_none().then(|| api("versions")),
            owners: api("owners"),
            owner_team: api("owner_team"),
            owner_user: api("owner_user"),
            reverse_dependencies: api("reverse_dependencies"),
        },
        versions: ids,
        exact_match: false,
        trustpub_only: row.trustpub_only,
        name,
    }
}

/// A version.
pub(crate) fn version_body(version: Version, registry: &RegistryView) -> VersionBody {
    let Version { row, metadata, facts, acts } = version;
    let (krate, num) = (row.krate.to_string(), row.num.to_string());
    let api = |what: &str| format!("/api/v1/crates/{krate}/{num}/{what}");
    let changed_at = acts.last().map_or(row.published_at, |act| act.at.max(row.published_at));
    let audit_actions = acts.iter().map(|act| AuditActionBody {
        action: act.action.clone(),
        user: user_body(act.user, &act.name, act.display_name.as_deref(), registry),
        time: act.at.to_micros_text(),
    });
    VersionBody {
        id: row.id.0,
        dl_path: api("download"),
        readme_path: api("readme"),
        updated_at: changed_at.to_micros_text(),
        created_at: row.published_at.to_micros_text(),
        downloads: row.downloads,
        features: metadata.features,
        yanked: row.yanked,
        yank_message: row.yank_message,
        lib_links: metadata.links,
        license: metadata.license.or_else(|| metadata.license_file.map(|_| "non-standard".to_owned())),
        links: VersionLinks {
            dependencies: api("dependencies"),
            version_downloads: api("downloads"),
            authors: api("authors"),
        },
        crate_size: row.size,
        published_by: row
            .published_by
            .map(|by| user_body(by.id, &by.name, by.display_name.as_deref(), registry)),
        audit_actions: audit_actions.collect(),
        checksum: row.checksum.to_string(),
        rust_version: metadata.rust_version,
        edition: Some(metadata.edition).filter(|edition| !edition.is_empty()),
        has_lib: metadata.has_lib,
        bin_names: metadata.bin_names,
        description: metadata.description,
        homepage: shown_url(metadata.homepage.as_deref()),
        documentation: shown_url(metadata.documentation.as_deref()),
        repository: shown_url(metadata.repository.as_deref()),
        trustpub_data: row.built_by.and_then(|text| serde_json::from_str(&text).ok()),
        unpacked_size: metadata.unpacked_bytes,
        license_files: facts.as_ref().map(|facts| facts.license_files.clone()),
        linecounts: facts.map(|facts| facts.linecounts),
        krate,
        num,
    }
}

/// A user as everybody sees it.
pub(crate) fn user_body(
    id: UserId,
    name: &UserName,
    display_name: Option<&str>,
    registry: &RegistryView,
) -> UserBody {
    UserBody {
        id: id.0,
        login: name.to_string(),
        name: display_name.map(str::to_owned),
        avatar: None,
        url: format!("{}/users/{name}", registry.address),
        github_username_matches: true,
        created_at: None,
    }
}

/// A keyword.
pub(crate) fn keyword_body(keyword: &Keyword) -> KeywordBody {
    KeywordBody {
        id: keyword.keyword.clone(),
        keyword: keyword.keyword.clone(),
        created_at: keyword.since.to_micros_text(),
        crates_cnt: keyword.crates,
    }
}

/// A keyword of a crate, of which only the word is at hand.
pub(crate) fn bare_keyword(word: &str, since: Timestamp) -> KeywordBody {
    KeywordBody {
        id: word.to_owned(),
        keyword: word.to_owned(),
        created_at: since.to_micros_text(),
        crates_cnt: 0,
    }
}

/// A category with its count.
pub(crate) fn category_body(counted: &CountedCategory) -> CategoryBody {
    let Category { slug, name, description } = counted.category.clone();
    CategoryBody {
        id: slug.clone(),
        category: name,
        slug,
        description,
        created_at: ALWAYS.to_owned(),
        crates_cnt: counted.crates,
        subcategories: None,
        parent_categories: None,
    }
}

/// An address that a page may link to.
fn shown_url(text: Option<&str>) -> Option<String> {
    let text = text?;
    let url: url::Url = text.parse().ok()?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
    let is_gone = |gone: &str| host == gone || host.strip_suffix(gone).is_some_and(|sub| sub.ends_with('.'));
    (!GONE_HOSTS.into_iter().any(is_gone)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_worth_following_are_shown() {
        for good in ["https://example.org/a", "http://sub.example.org"] {
            assert_eq!(shown_url(Some(good)).as_deref(), Some(good));
        }
        for bad in ["", "example.org", "javascript:alert(1)", "https://", "https://www.rust-ci.org/x"] {
            assert_eq!(shown_url(Some(bad)), None, "{bad}");
        }
        assert!(shown_url(Some("https://notrust-ci.org")).is_some());
    }
}
