//! Where the dependencies of an upload live, and whether they are there.

use std::collections::BTreeSet;

use cratekeep_package::ManifestDependency;
use cratekeep_policy::{DependencyHome, ResolvedDependency, UploadFacts};
use cratekeep_store::dependency::{DependencyRow, Source};
use cratekeep_types::{CRATES_IO_INDEX_GIT, CanonName, UnknownDependencies};

use super::Admitted;
use crate::{App, AppError, Caller, RegistryView};

impl App {
    /// What the rules need to know of the registry that is published to.
    pub(super) fn upload_facts(&self, registry: &RegistryView) -> UploadFacts {
        let siblings = self.all_registries();
        UploadFacts {
            rules: registry.registry.upload_rules,
            stands_for_crates_io: registry.registry.stands_for_crates_io,
            own_index_urls: registry.index_urls.clone(),
            sibling_index_urls: siblings
                .iter()
                .filter(|other| other.registry.id != registry.registry.id)
                .map(|other| (other.index_url(), other.registry.name.clone()))
                .collect(),
            allowed_index_urls: self.options.allowed_dependency_indexes.clone(),
        }
    }

    /// One sentence for each dependency on this registry that it does not have, if the registry minds.
    pub(super) async fn unknown_dependencies(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        admitted: &Admitted,
        dependencies: &[ResolvedDependency],
    ) -> Result<Vec<String>, AppError> {
        if registry.registry.unknown_dependencies == UnknownDependencies::Allow {
            return Ok(Vec::new());
        }
        let wanted: BTreeSet<_> = dependencies
            .iter()
            .filter(|dependency| dependency.home == DependencyHome::Own)
            .map(|dependency| dependency.krate.clone())
            .filter(|krate| *krate != admitted.name)
            .collect();
        let canons: Vec<_> = wanted.iter().map(|krate| CanonName::of(krate.as_str())).collect();
        let mut known = {
            let mut conn = self.store.read().await?;
            cratekeep_store::krate::existing(&mut conn, registry.registry.id, &canons).await?
        };
        for canon in &canons {
            if known.contains(canon) && !self.sees(caller, registry, canon).await? {
                known.retain(|there| there != canon);
            }
        }
        Ok(wanted
            .iter()
            .filter(|krate| !known.contains(&krate.canon()))
            .map(|krate| format!("no known crate named `{krate}`; publish it first"))
            .collect())
    }

    /// The rows of the dependencies. Those on this server's own registries are stored by their row, so that they
    /// can be rendered for whichever registry serves them.
    pub(super) fn dependency_rows(
        &self,
        registry: &RegistryView,
        resolved: &[ResolvedDependency],
    ) -> Vec<DependencyRow> {
        let source = |home: &DependencyHome| match home {
            DependencyHome::Own => Source::Registry(registry.registry.id),
            DependencyHome::CratesIo => Source::Index(CRATES_IO_INDEX_GIT.to_owned()),
            DependencyHome::Listed { url } => Source::Index(url.clone()),
            DependencyHome::Sibling { url, registry } => self
                .registry(registry.as_str())
                .map_or_else(|| Source::Index(url.clone()), |view| Source::Registry(view.registry.id)),
        };
        resolved.iter().map(|known| row(known, source(&known.home))).collect()
    }
}

/// How the index line of this registry names the registry of each dependency.
pub(super) fn index_registry_of(
    resolved: &[ResolvedDependency],
) -> impl Fn(&ManifestDependency) -> Option<String> + use<'_> {
    |dependency| {
        let home = resolved.iter().find(|known| known.dependency == *dependency).map(|known| &known.home);
        home.and_then(index_registry)
    }
}

fn index_registry(home: &DependencyHome) -> Option<String> {
    match home {
        DependencyHome::Own => None,
        DependencyHome::CratesIo => Some(CRATES_IO_INDEX_GIT.to_owned()),
        DependencyHome::Sibling { url, .. } | DependencyHome::Listed { url } => Some(url.clone()),
    }
}

fn row(known: &ResolvedDependency, source: Source) -> DependencyRow {
    let dependency = &known.dependency;
    DependencyRow {
        name: known.krate.clone(),
        name_in_toml: dependency.name_in_toml.clone(),
        req: dependency.req.clone(),
        kind: dependency.kind.word().to_owned(),
        target: dependency.target.clone(),
        optional: dependency.optional,
        default_features: dependency.default_features,
        features: dependency.features.clone(),
        public: dependency.public,
        source,
    }
}
