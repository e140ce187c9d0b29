//! What is known of a package once its archive was found good.

use std::collections::BTreeMap;

use cratekeep_types::{Checksum, CrateName, VersionNum};
use cratekeep_wire::DependencyKind;

/// A good package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Name, as in the manifest.
    pub name: CrateName,
    /// Version, as in the manifest.
    pub version: VersionNum,
    /// What the manifest says.
    pub manifest: ManifestFacts,
    /// Every file in the order of the archive. Folders are left out.
    pub entries: Vec<Entry>,
    /// Length of the unpacked tar stream, headers included.
    pub unpacked_bytes: u64,
    /// Text of the readme.
    pub readme: Option<String>,
    /// Where in version control the package comes from.
    pub vcs: Option<VcsInfo>,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path below `name-version/`.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub checksum: Checksum,
}

/// What cargo noted in `.cargo_vcs_info.json`. The packager wrote it; nothing proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VcsInfo {
    /// Commit id.
    pub sha1: String,
    /// Whether files differed from that commit.
    pub dirty: bool,
    /// Folder of the package inside its repository; empty for the root.
    pub path_in_vcs: String,
}

/// The manifest, with every rule of cargo about missing keys applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestFacts {
    /// One or two sentences.
    pub description: Option<String>,
    /// SPDX expression, as written.
    pub license: Option<String>,
    /// Path of a licence text.
    pub license_file: Option<String>,
    /// Address of the project's site.
    pub homepage: Option<String>,
    /// Address of the documentation.
    pub documentation: Option<String>,
    /// Address of the source repository.
    pub repository: Option<String>,
    /// Words to be found by.
    pub keywords: Vec<String>,
    /// Category slugs.
    pub categories: Vec<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// The `[features]` table. Features that optional dependencies imply are not in it, as in an index line.
    pub features: BTreeMap<String, Vec<String>>,
    /// Dependencies of every kind and for every target.
    pub dependencies: Vec<ManifestDependency>,
    /// The native library it links.
    pub links: Option<String>,
    /// Oldest Rust that can build it: one to three numbers.
    pub rust_version: Option<String>,
    /// Edition; `2015` when the manifest has none.
    pub edition: String,
    /// Path of the readme.
    pub readme_path: Option<String>,
    /// Whether it has a library.
    pub has_lib: bool,
    /// Name of the library as code writes it.
    pub lib_name: Option<String>,
    /// Names of its programs, sorted.
    pub bin_names: Vec<String>,
}

/// One dependency, as the manifest writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestDependency {
    /// The key in the manifest.
    pub name_in_toml: String,
    /// The crate's own name, when the key is another one.
    pub package: Option<String>,
    /// Version requirement in the form that cargo prints; `*` when the manifest has none.
    pub req: String,
    /// Features asked for.
    pub features: Vec<String>,
    /// Whether it is optional.
    pub optional: bool,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Target triple or `cfg(…)` it is limited to, as written.
    pub target: Option<String>,
    /// What it is needed for.
    pub kind: DependencyKind,
    /// Index address of its registry; nothing means crates.io.
    pub registry_index: Option<String>,
    /// Whether its types show in the interface of this crate.
    pub public: bool,
}

impl ManifestDependency {
    /// The name of the crate depended on.
    #[must_use]
    pub fn crate_name(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.name_in_toml)
    }
}
