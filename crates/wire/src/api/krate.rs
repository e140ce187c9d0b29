//! Bodies of the web API that tell about crates and versions, in crates.io's shapes.
//!
//! Every key is always there, also those that crates.io calls deprecated: readers insist on one or another of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{LicenseFileBody, LineCountsBody};

/// `GET /crates/{name}`
#[derive(Clone, Debug, Serialize)]
pub struct CrateReply {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: CrateBody,
    /// Its versions, the last published first, or the default one alone; `null` when not asked for.
    pub versions: Option<Vec<VersionBody>>,
    /// Its keywords; `null` when not asked for.
    pub keywords: Option<Vec<KeywordBody>>,
    /// Its categories; `null` when not asked for.
    pub categories: Option<Vec<CategoryBody>>,
}

/// `GET /crates`
#[derive(Clone, Debug, Serialize)]
pub struct CratesReply {
    /// The crates of this page.
    pub crates: Vec<CrateBody>,
    /// How many there are, and where the pages beside this one are.
    pub meta: PageMeta,
}

/// `GET /suggestions`: our own addition, for what is shown while somebody types.
#[derive(Clone, Debug, Serialize)]
pub struct SuggestionsReply {
    /// Names that begin so, then those near it.
    pub suggestions: Vec<SuggestionBody>,
}

/// A name that somebody may mean.
#[derive(Clone, Debug, Serialize)]
pub struct SuggestionBody {
    /// The name as published.
    pub name: String,
    /// The beginning of its description; empty when there is none.
    pub description: String,
}

/// How many there are on all pages, and where the pages beside this one are.
#[derive(Clone, Debug, Serialize)]
pub struct PageMeta {
    /// On all pages.
    pub total: u64,
    /// Query string of the next page, beginning with `?`.
    pub next_page: Option<String>,
    /// Query string of the page before, beginning with `?`; only for pages with a number.
    pub prev_page: Option<String>,
}

/// `PATCH /crates/{name}`
#[derive(Clone, Debug, Deserialize)]
pub struct CratePatch {
    /// What is to change.
    #[serde(rename = "crate")]
    pub krate: CrateChange,
}

/// What owners change about a crate. What is absent stays as it is.
#[derive(Clone, Debug, Deserialize)]
pub struct CrateChange {
    /// Whether only trusted builds publish it.
    #[serde(default)]
    pub trustpub_only: Option<bool>,
}

/// A crate.
#[derive(Clone, Debug, Serialize)]
pub struct CrateBody {
    /// The name again.
    pub id: String,
    /// Name as published.
    pub name: String,
    /// Last change.
    pub updated_at: String,
    /// Row ids of the versions, when they were asked for.
    pub versions: Option<Vec<i64>>,
    /// Keywords, when asked for.
    pub keywords: Option<Vec<String>>,
    /// Category slugs, when asked for.
    pub categories: Option<Vec<String>>,
    /// Always empty; long gone, and still read.
    pub badges: [(); 0],
    /// First publish.
    pub created_at: String,
    /// Downloads of all versions.
    pub downloads: u64,
    /// Downloads of the last 90 days.
    pub recent_downloads: Option<u64>,
    /// The version to show first.
    pub default_version: Option<String>,
    /// How many versions there are, yanked ones too.
    pub num_versions: u64,
    /// Whether every version is yanked.
    pub yanked: bool,
    /// Highest version that is not yanked.
    pub max_version: String,
    /// Version published last that is not yanked.
    pub newest_version: String,
    /// Highest release that is not yanked.
    pub max_stable_version: Option<String>,
    /// What it is. Never `null`: some readers do not accept that.
    pub description: String,
    /// Address of the project's site.
    pub homepage: Option<String>,
    /// Address of the documentation.
    pub documentation: Option<String>,
    /// Address of the source repository.
    pub repository: Option<String>,
    /// Paths of more about it.
    pub links: CrateLinks,
    /// Whether a search asked for exactly this name.
    pub exact_match: bool,
    /// Whether only trusted publishing may add versions.
    pub trustpub_only: bool,
}

/// Paths of more about a crate.
#[derive(Clone, Debug, Serialize)]
pub struct CrateLinks {
    /// Downloads by day.
    pub version_downloads: String,
    /// Versions; `null` when their ids stand in the crate.
    pub versions: Option<String>,
    /// Owners.
    pub owners: String,
    /// Owners that are teams.
    pub owner_team: String,
    /// Owners that are users.
    pub owner_user: String,
    /// Crates that depend on it.
    pub reverse_dependencies: String,
}

/// A version.
#[derive(Clone, Debug, Serialize)]
pub struct VersionBody {
    /// Its row.
    pub id: i64,
    /// Its crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Its number.
    pub num: String,
    /// Path of its file.
    pub dl_path: String,
    /// Path of its readme.
    pub readme_path: String,
    /// Last change.
    pub updated_at: String,
    /// When it was published.
    pub created_at: String,
    /// How often it was downloaded.
    pub downloads: u64,
    /// Features, old and new syntax together.
    pub features: BTreeMap<String, Vec<String>>,
    /// Whether it is yanked.
    pub yanked: bool,
    /// What was said when it was yanked.
    pub yank_message: Option<String>,
    /// The native library it links.
    pub lib_links: Option<String>,
    /// Licence.
    pub license: Option<String>,
    /// Paths of more about it.
    pub links: VersionLinks,
    /// Length of its file in bytes.
    pub crate_size: u64,
    /// Who published it.
    pub published_by: Option<UserBody>,
    /// What was done with it.
    pub audit_actions: Vec<AuditActionBody>,
    /// SHA-256 of its file.
    pub checksum: String,
    /// Oldest Rust that can build it.
    pub rust_version: Option<String>,
    /// Edition.
    pub edition: Option<String>,
    /// Whether it has a library.
    pub has_lib: bool,
    /// Names of its programs.
    pub bin_names: Vec<String>,
    /// What it is.
    pub description: Option<String>,
    /// Address of the project's site.
    pub homepage: Option<String>,
    /// Address of the documentation.
    pub documentation: Option<String>,
    /// Address of the source repository.
    pub repository: Option<String>,
    /// Who built it, when that was proved: an object with `provider` and what goes with it.
    pub trustpub_data: Option<Value>,
    /// Lines of code, when they were counted.
    pub linecounts: Option<LineCountsBody>,
    /// Length of its unpacked archive in bytes.
    pub unpacked_size: u64,
    /// Licence texts in its archive, when they were looked for.
    pub license_files: Option<Vec<LicenseFileBody>>,
}

/// Paths of more about a version.
#[derive(Clone, Debug, Serialize)]
pub struct VersionLinks {
    /// What it depends on.
    pub dependencies: String,
    /// Downloads by day.
    pub version_downloads: String,
    /// Authors; long gone, and still read.
    pub authors: String,
}

/// Something done with a version.
#[derive(Clone, Debug, Serialize)]
pub struct AuditActionBody {
    /// `publish`, `yank` or `unyank`.
    pub action: String,
    /// Who did it.
    pub user: UserBody,
    /// When.
    pub time: String,
}

/// A user as everybody sees it.
#[derive(Clone, Debug, Serialize)]
pub struct UserBody {
    /// Number of the account.
    pub id: i64,
    /// Name of the account.
    pub login: String,
    /// Name of the person.
    pub name: Option<String>,
    /// Address of a picture.
    pub avatar: Option<String>,
    /// Address of the account's page.
    pub url: String,
    /// Always true here: accounts are this server's own.
    pub github_username_matches: bool,
    /// When the account was made; only where it is shown by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
}

/// A keyword.
#[derive(Clone, Debug, Serialize)]
pub struct KeywordBody {
    /// The word again.
    pub id: String,
    /// The word.
    pub keyword: String,
    /// When it was first used.
    pub created_at: String,
    /// How many crates have it.
    pub crates_cnt: u64,
}

/// A category.
#[derive(Clone, Debug, Serialize)]
pub struct CategoryBody {
    /// The slug again.
    pub id: String,
    /// Its name.
    pub category: String,
    /// Its slug.
    pub slug: String,
    /// What belongs in it.
    pub description: String,
    /// When it was first used.
    pub created_at: String,
    /// How many crates are in it, or below it.
    pub crates_cnt: u64,
    /// Those directly below it; only where it is asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcategories: Option<Vec<CategoryBody>>,
    /// Those above it, the topmost first; only where it is asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_categories: Option<Vec<CategoryBody>>,
}

/// `GET /categories`
#[derive(Clone, Debug, Serialize)]
pub struct CategoriesReply {
    /// The topmost categories of this page.
    pub categories: Vec<CategoryBody>,
    /// How many there are.
    pub meta: TotalMeta,
}

/// `GET /categories/{slug}`
#[derive(Clone, Debug, Serialize)]
pub struct CategoryReply {
    /// The category.
    pub category: CategoryBody,
}

/// `GET /category_slugs`
#[derive(Clone, Debug, Serialize)]
pub struct CategorySlugsReply {
    /// Every one, by slug.
    pub category_slugs: Vec<CategorySlugBody>,
}

/// A category that a manifest may name.
#[derive(Clone, Debug, Serialize)]
pub struct CategorySlugBody {
    /// The slug again.
    pub id: String,
    /// Its slug.
    pub slug: String,
    /// What belongs in it.
    pub description: String,
}

/// `GET /summary`
#[derive(Clone, Debug, Serialize)]
pub struct SummaryReply {
    /// Downloads of all crates.
    pub num_downloads: u64,
    /// How many crates there are.
    pub num_crates: u64,
    /// Those made last.
    pub new_crates: Vec<CrateBody>,
    /// Those downloaded most.
    pub most_downloaded: Vec<CrateBody>,
    /// Those downloaded most in the last 90 days.
    pub most_recently_downloaded: Vec<CrateBody>,
    /// Those changed last.
    pub just_updated: Vec<CrateBody>,
    /// Keywords that most crates have.
    pub popular_keywords: Vec<KeywordBody>,
    /// Categories that most crates are in.
    pub popular_categories: Vec<CategoryBody>,
}

/// `GET /crates/{name}/versions`
#[derive(Clone, Debug, Serialize)]
pub struct VersionsReply {
    /// The versions of this page.
    pub versions: Vec<VersionBody>,
    /// How many there are, and where the next page is.
    pub meta: VersionsMeta,
}

/// A page of the new versions of followed crates.
#[derive(Clone, Debug, Serialize)]
pub struct UpdatesReply {
    /// The versions of this page, the last published first.
    pub versions: Vec<VersionBody>,
    /// Whether there is another page.
    pub meta: UpdatesMeta,
}

/// Whether there is another page.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UpdatesMeta {
    /// Whether there is.
    pub more: bool,
}

/// Whether a crate is followed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FollowingReply {
    /// Whether it is.
    pub following: bool,
}

/// How many versions there are.
#[derive(Clone, Debug, Serialize)]
pub struct VersionsMeta {
    /// All of them.
    pub total: u64,
    /// Query string of the next page, beginning with `?`.
    pub next_page: Option<String>,
    /// The highest release of each track (`1`, `0.3`), when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_tracks: Option<BTreeMap<String, TrackBody>>,
}

/// A release track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackBody {
    /// Its highest release that is not yanked.
    pub highest: String,
}

/// `GET /crates/{name}/{version}`
#[derive(Clone, Debug, Serialize)]
pub struct VersionReply {
    /// The version.
    pub version: VersionBody,
}

/// A dependency.
#[derive(Clone, Debug, Serialize)]
pub struct DependencyBody {
    /// Its place in the version, made unique by the version's row.
    pub id: i64,
    /// The version that depends.
    pub version_id: i64,
    /// The *name* of the crate depended on.
    pub crate_id: String,
    /// The version requirement.
    pub req: String,
    /// Whether a feature must ask for it.
    pub optional: bool,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Its features that are asked for.
    pub features: Vec<String>,
    /// The platform it is for, if not all.
    pub target: Option<String>,
    /// `normal`, `build` or `dev`.
    pub kind: String,
    /// Downloads of the depending crate; zero except among reverse dependencies.
    pub downloads: u64,
}

/// `GET /crates/{name}/{version}/dependencies`
#[derive(Clone, Debug, Serialize)]
pub struct DependenciesReply {
    /// What the version depends on: what is always needed first, by name within each.
    pub dependencies: Vec<DependencyBody>,
}

/// `GET /crates/{name}/reverse_dependencies`
#[derive(Clone, Debug, Serialize)]
pub struct DependentsReply {
    /// One for each depending crate, the most downloaded first.
    pub dependencies: Vec<DependencyBody>,
    /// The versions that depend.
    pub versions: Vec<VersionBody>,
    /// How many there are.
    pub meta: TotalMeta,
}

/// How many there are in all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TotalMeta {
    /// On every page.
    pub total: u64,
}

/// Downloads of a version on a day.
#[derive(Clone, Debug, Serialize)]
pub struct VersionDownloadBody {
    /// The version's row.
    pub version: i64,
    /// How many.
    pub downloads: u64,
    /// `YYYY-MM-DD`
    pub date: String,
}

/// Downloads of all other versions on a day.
#[derive(Clone, Debug, Serialize)]
pub struct ExtraDownloadBody {
    /// `YYYY-MM-DD`
    pub date: String,
    /// How many.
    pub downloads: u64,
}

/// `GET /crates/{name}/downloads`
#[derive(Clone, Debug, Serialize)]
pub struct CrateDownloadsReply {
    /// Those of the highest versions.
    pub version_downloads: Vec<VersionDownloadBody>,
    /// Those versions, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<VersionBody>>,
    /// Those of all others.
    pub meta: ExtraDownloads,
}

/// The part of a crate's statistics that is summed.
#[derive(Clone, Debug, Serialize)]
pub struct ExtraDownloads {
    /// By day.
    pub extra_downloads: Vec<ExtraDownloadBody>,
}

/// `GET /downloads`: our own addition.
#[derive(Clone, Debug, Serialize)]
pub struct RegistryDownloadsReply {
    /// Those of all crates that everybody sees who reads the registry, by day.
    pub downloads: Vec<ExtraDownloadBody>,
}

/// `GET /crates/{name}/{version}/downloads`
#[derive(Clone, Debug, Serialize)]
pub struct VersionDownloadsReply {
    /// By day.
    pub version_downloads: Vec<VersionDownloadBody>,
}

/// `GET /keywords`
#[derive(Clone, Debug, Serialize)]
pub struct KeywordsReply {
    /// The keywords of this page.
    pub keywords: Vec<KeywordBody>,
    /// How many there are.
    pub meta: TotalMeta,
}

/// `GET /keywords/{keyword}`
#[derive(Clone, Debug, Serialize)]
pub struct KeywordReply {
    /// The keyword.
    pub keyword: KeywordBody,
}

/// `GET /crates/{name}/{version}/authors`: constant, and still read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuthorsReply {
    /// Always empty.
    pub users: Vec<()>,
    /// Always empty.
    pub meta: AuthorNames,
}

/// Names of authors.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuthorNames {
    /// Always empty.
    pub names: Vec<String>,
}
