//! What a rule may say. The limits and the grammar are crates.io's, so that a rule that is good there is good here.

use cratekeep_wire::trusted_publishing::{GithubFields, GitlabFields, OidcFields};

use super::check_claim_rules;

/// Longest text of a rule, in bytes.
const FIELD_BYTES_MAX: usize = 255;
/// Characters of a wrong text that a sentence repeats at most.
const SHOWN_CHARS_MAX: usize = 80;

/// Checks a rule for GitHub.
///
/// # Errors
/// Every problem as a sentence.
pub fn check_github(fields: &GithubFields) -> Result<(), Vec<String>> {
    let mut problems = Problems::default();
    problems.unless(
        is_github_owner(&fields.repository_owner),
        "GitHub repository owner name",
        &fields.repository_owner,
    );
    problems.unless(
        is_github_repository(&fields.repository_name),
        "GitHub repository name",
        &fields.repository_name,
    );
    let file = &fields.workflow_filename;
    problems.unless(
        is_yaml(file) && !file.contains('/'),
        "workflow file name, which ends in `.yml` or `.yaml` and has no `/`",
        file,
    );
    if let Some(name) = &fields.environment {
        problems.unless(
            is_github_environment(name),
            "name of a GitHub environment; for none, write null",
            name,
        );
    }
    problems.end()
}

/// Checks a rule for GitLab.
///
/// # Errors
/// Every problem as a sentence.
pub fn check_gitlab(fields: &GitlabFields) -> Result<(), Vec<String>> {
    let mut problems = Problems::default();
    let namespace = &fields.namespace;
    problems.unless(namespace.split('/').all(is_gitlab_name), "GitLab namespace", namespace);
    problems.unless(is_gitlab_name(&fields.project), "GitLab project name", &fields.project);
    let path = &fields.workflow_filepath;
    let is_inner = !path.starts_with('/') && !path.ends_with('/');
    problems.unless(
        is_yaml(path) && is_inner,
        "path of a pipeline file, which ends in `.yml` or `.yaml`",
        path,
    );
    if let Some(name) = &fields.environment {
        problems.unless(
            is_gitlab_environment(name),
            "name of a GitLab environment; for none, write null",
            name,
        );
    }
    problems.end()
}

/// Checks a rule for another issuer. Whether there is such an issuer is asked elsewhere.
///
/// # Errors
/// Every problem as a sentence.
pub fn check_oidc(fields: &OidcFields) -> Result<(), Vec<String>> {
    check_claim_rules(&fields.claims)?;
    if fields.claims.values().all(|value| value == "*") {
        return Err(vec![
            "a rule that names no claim, or no value of one, would let every build of the issuer publish; name what is \
             special about yours"
                .to_owned(),
        ]);
    }
    Ok(())
}

/// The address of a page, when nothing in the path could lead elsewhere.
pub(super) fn page(site: &str, path: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    (path.chars().all(is_plain) && !path.contains("..")).then(|| format!("{site}/{path}"))
}

/// A foreign text as a sentence repeats it.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn unless(&mut self, is_good: bool, what: &str, text: &str) {
        if text.len() > FIELD_BYTES_MAX {
            self.0.push(format!("a {what} has at most {FIELD_BYTES_MAX} bytes, found {}", text.len()));
        } else if !is_good {
            self.0.push(format!("`{}` is no {what}", shown(text)));
        }
    }

    fn end(self) -> Result<(), Vec<String>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

fn is_github_owner(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_github_repository(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn is_yaml(text: &str) -> bool {
    let name = text.strip_suffix(".yml").or_else(|| text.strip_suffix(".yaml"));
    name.is_some_and(|name| !name.is_empty()) && !text.chars().any(char::is_control)
}

fn is_github_environment(text: &str) -> bool {
    let is_odd = |c: char| c.is_control() || matches!(c, '\'' | '"' | '`' | ',' | ';' | '\\');
    !text.is_empty() && text.trim() == text && !text.chars().any(is_odd)
}

fn is_gitlab_name(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    let is_inner = |c: char| is_end(c) || matches!(c, '_' | '.' | '-');
    text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(is_inner)
        && !text.ends_with(".git")
        && !text.ends_with(".atom")
}

fn is_gitlab_environment(text: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/' | '$' | '{' | '}');
    !text.is_empty() && text.chars().all(is_plain)
}
