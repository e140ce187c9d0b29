//! Builds of GitHub Actions. Claims: <https://docs.github.com/en/actions/reference/security/oidc>.

use cratekeep_wire::trusted_publishing::{BuiltBy, GithubFields};

use super::{BuildClaims, environment_fits, narrow};

/// Events that run the code of somebody who may not write to the repository, with its rights.
const REFUSED_EVENTS: [&str; 2] = ["pull_request_target", "workflow_run"];

/// What GitHub claims about a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubBuild {
    repository: String,
    owner_id: String,
    workflow: String,
    environment: Option<String>,
    run_id: String,
    sha: String,
}

impl GithubBuild {
    /// Reads the claims.
    ///
    /// # Errors
    /// A claim is missing or odd, or the event is one that must not publish.
    pub fn read(claims: &BuildClaims) -> Result<Self, String> {
        let event = claims.must("event_name")?;
        if REFUSED_EVENTS.contains(&event.as_str()) {
            return Err(format!(
                "Trusted Publishing is not possible from the event `{event}`: it runs code that others may have \
                 written; publish from a push, a tag or a release"
            ));
        }
        let (repository, workflow_ref) = (claims.must("repository")?, claims.must("workflow_ref")?);
        let workflow = file_of(&workflow_ref, &repository).ok_or_else(|| {
            format!("the claim `workflow_ref` names no workflow of `{repository}`: `{workflow_ref}`")
        })?;
        Ok(Self {
            owner_id: claims.must("repository_owner_id")?,
            workflow: workflow.to_owned(),
            repository,
            environment: claims.find("environment").map(str::to_owned),
            run_id: claims.must("run_id")?,
            sha: claims.must("sha")?,
        })
    }

    /// By what the rules for it are found.
    #[must_use]
    pub fn subject(&self) -> String {
        self.repository.to_lowercase()
    }

    /// By what a rule is found.
    #[must_use]
    pub fn subject_of(fields: &GithubFields) -> String {
        format!("{}/{}", fields.repository_owner, fields.repository_name).to_lowercase()
    }

    /// The rules that this build fits.
    ///
    /// # Errors
    /// None; the sentence says what is different.
    pub fn fitting<T>(&self, rules: Vec<(T, GithubFields)>) -> Result<Vec<(T, GithubFields)>, String> {
        let repository = &self.repository;
        let rules = narrow(
            rules,
            |(_, rule)| Self::subject_of(rule) == self.subject(),
            |(_, rule)| Self::subject_of(rule),
            |_| format!("No Trusted Publishing config found for repository `{repository}`."),
        )?;
        let rules = narrow(
            rules,
            |(_, rule)| rule.repository_owner_id.to_string() == self.owner_id,
            |(_, rule)| rule.repository_owner_id.to_string(),
            |wanted| {
                format!(
                    "The Trusted Publishing config for repository `{repository}` is for the owner with the number \
                     {wanted}, this build is of the owner `{}`. If the repository's owner changed on purpose, make the \
                     config anew.",
                    self.owner_id
                )
            },
        )?;
        let rules = narrow(
            rules,
            |(_, rule)| rule.workflow_filename == self.workflow,
            |(_, rule)| rule.workflow_filename.clone(),
            |wanted| {
                format!(
                    "The Trusted Publishing config for repository `{repository}` is for the workflow file {wanted}, \
                     this build runs `{}`.",
                    self.workflow
                )
            },
        )?;
        narrow(
            rules,
            |(_, rule)| environment_fits(rule.environment.as_deref(), self.environment.as_deref()),
            |(_, rule)| rule.environment.clone().unwrap_or_default(),
            |wanted| {
                format!(
                    "The Trusted Publishing config for repository `{repository}` is for the environment {wanted}, this \
                     job is in {}.",
                    self.environment.as_ref().map_or("none".to_owned(), |name| format!("`{name}`"))
                )
            },
        )
    }

    /// Who builds. `site` is the address of GitHub's pages.
    #[must_use]
    pub fn built_by(&self, site: &str) -> BuiltBy {
        BuiltBy {
            provider: "github".to_owned(),
            repository: Some(self.repository.clone()),
            run_id: Some(self.run_id.clone()),
            sha: Some(self.sha.clone()),
            workflow: Some(self.workflow.clone()),
            environment: self.environment.clone(),
            run_url: super::check::page(site, &format!("{}/actions/runs/{}", self.repository, self.run_id)),
            ..BuiltBy::default()
        }
    }
}

/// `publish.yml` of `owner/repo/.github/workflows/publish.yml@refs/tags/v1`, when that is the build's own repository. The
/// ref begins at the first `@refs/`: names of branches and tags may hold anything, also another path.
fn file_of<'r>(workflow_ref: &'r str, repository: &str) -> Option<&'r str> {
    let (path, _) = workflow_ref.split_once("@refs/")?;
    let (home, file) = path.split_once("/.github/workflows/")?;
    let is_yaml = file.ends_with(".yml") || file.ends_with(".yaml");
    (is_yaml && !file.contains('/') && home.eq_ignore_ascii_case(repository)).then_some(file)
}
