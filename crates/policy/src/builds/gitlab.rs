//! Builds of GitLab CI. Claims: <https://docs.gitlab.com/ci/secrets/id_token_authentication/>.

use cratekeep_wire::trusted_publishing::{BuiltBy, GitlabFields};

use super::{BuildClaims, environment_fits, narrow};

/// What GitLab claims about a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitlabBuild {
    project_path: String,
    namespace_id: String,
    workflow: String,
    environment: Option<String>,
    job_id: String,
    sha: String,
}

impl GitlabBuild {
    /// Reads the claims.
    ///
    /// # Errors
    /// A claim is missing or odd.
    pub fn read(claims: &BuildClaims) -> Result<Self, String> {
        let project_path = claims.must("project_path")?;
        if !project_path.contains('/') {
            return Err(format!(
                "the claim `project_path` names no project in a namespace: `{project_path}`"
            ));
        }
        let config = claims.must("ci_config_ref_uri")?;
        let workflow = path_of(&config, &project_path)
            .ok_or_else(|| {
                format!("the claim `ci_config_ref_uri` names no file of `{project_path}`: `{config}`")
            })?
            .to_owned();
        Ok(Self {
            project_path,
            namespace_id: claims.must("namespace_id")?,
            workflow,
            environment: claims.find("environment").map(str::to_owned),
            job_id: claims.must("job_id")?,
            sha: claims.must("sha")?,
        })
    }

    /// By what the rules for it are found.
    #[must_use]
    pub fn subject(&self) -> String {
        self.project_path.to_lowercase()
    }

    /// By what a rule is found.
    #[must_use]
    pub fn subject_of(fields: &GitlabFields) -> String {
        format!("{}/{}", fields.namespace, fields.project).to_lowercase()
    }

    /// The number of the namespace, to be noted in rules that do not know it yet.
    #[must_use]
    pub fn namespace_id(&self) -> &str {
        &self.namespace_id
    }

    /// The rules that this build fits.
    ///
    /// # Errors
    /// None; the sentence says what is different.
    pub fn fitting<T>(&self, rules: Vec<(T, GitlabFields)>) -> Result<Vec<(T, GitlabFields)>, String> {
        let project = &self.project_path;
        let rules = narrow(
            rules,
            |(_, rule)| Self::subject_of(rule) == self.subject(),
            |(_, rule)| Self::subject_of(rule),
            |_| format!("No Trusted Publishing config found for project `{project}`."),
        )?;
        let rules = narrow(
            rules,
            |(_, rule)| rule.namespace_id.as_ref().is_none_or(|id| *id == self.namespace_id),
            |(_, rule)| rule.namespace_id.clone().unwrap_or_default(),
            |wanted| {
                format!(
                    "The Trusted Publishing config for project `{project}` is for the namespace with the number \
                     {wanted}, this build is of the namespace `{}`. If the namespace changed on purpose, make the \
                     config anew.",
                    self.namespace_id
                )
            },
        )?;
        let rules = narrow(
            rules,
            |(_, rule)| rule.workflow_filepath == self.workflow,
            |(_, rule)| rule.workflow_filepath.clone(),
            |wanted| {
                format!(
                    "The Trusted Publishing config for project `{project}` is for the pipeline file {wanted}, this \
                     build runs `{}`.",
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
                    "The Trusted Publishing config for project `{project}` is for the environment {wanted}, this job \
                     is in {}.",
                    self.environment.as_ref().map_or("none".to_owned(), |name| format!("`{name}`"))
                )
            },
        )
    }

    /// Who builds. `site` is the address of GitLab's pages.
    #[must_use]
    pub fn built_by(&self, site: &str) -> BuiltBy {
        BuiltBy {
            provider: "gitlab".to_owned(),
            project_path: Some(self.project_path.clone()),
            job_id: Some(self.job_id.clone()),
            sha: Some(self.sha.clone()),
            workflow: Some(self.workflow.clone()),
            environment: self.environment.clone(),
            run_url: super::check::page(site, &format!("{}/-/jobs/{}", self.project_path, self.job_id)),
            ..BuiltBy::default()
        }
    }
}

/// `ci/publish.yml` of `gitlab.com/group/project//ci/publish.yml@refs/heads/main`, when that is the build's own project.
/// The ref begins at the first `@refs/`: names of branches and tags may hold anything.
fn path_of<'c>(config: &'c str, project_path: &str) -> Option<&'c str> {
    let (path, _) = config.split_once("@refs/")?;
    let (home, file) = path.split_once("//")?;
    let (_, project) = home.split_once('/')?;
    // An address of GitLab may have a path of its own before the project.
    let is_own = project == project_path || project.ends_with(&format!("/{project_path}"));
    (is_own && !file.is_empty()).then_some(file)
}
