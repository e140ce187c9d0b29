//! What rules may say, and which builds fit them.

use cratekeep_wire::trusted_publishing::{GithubFields, GitlabFields, OidcFields};

use super::*;

fn claims(pairs: &[(&str, &str)]) -> BuildClaims {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn with<'a>(base: &[(&'a str, &'a str)], name: &'a str, value: &'a str) -> BuildClaims {
    let mut changed: Vec<_> = base.iter().copied().filter(|(known, _)| *known != name).collect();
    changed.push((name, value));
    claims(&changed)
}

const GITHUB: &[(&str, &str)] = &[
    ("repository", "Acme/Widget"),
    ("repository_owner_id", "42"),
    ("workflow_ref", "Acme/Widget/.github/workflows/publish.yml@refs/tags/a@refs/x/evil.yml@c"),
    ("event_name", "push"),
    ("run_id", "7"),
    ("sha", "c0ffee"),
];

fn github_rule() -> GithubFields {
    GithubFields {
        repository_owner: "acme".to_owned(),
        repository_owner_id: 42,
        repository_name: "widget".to_owned(),
        workflow_filename: "publish.yml".to_owned(),
        environment: None,
    }
}

fn github(claims: &BuildClaims, rule: GithubFields) -> Result<usize, String> {
    GithubBuild::read(claims)?.fitting(vec![((), rule)]).map(|left| left.len())
}

#[test]
fn a_build_of_github_fits_its_rule() {
    assert_eq!(github(&claims(GITHUB), github_rule()), Ok(1));
    let rule = GithubFields { environment: Some("Release".to_owned()), ..github_rule() };
    assert_eq!(github(&with(GITHUB, "environment", "release"), rule), Ok(1));
    let built = GithubBuild::read(&claims(GITHUB)).expect("good").built_by("https://github.com");
    assert_eq!(built.run_url.as_deref(), Some("https://github.com/Acme/Widget/actions/runs/7"));
    assert_eq!((built.workflow.as_deref(), built.sha.as_deref()), (Some("publish.yml"), Some("c0ffee")));
    let odd = GithubBuild::read(&with(GITHUB, "run_id", "7?x=<script>")).expect("read");
    assert_eq!(odd.built_by("https://github.com").run_url, None);
}

#[test]
fn a_build_of_github_that_differs_is_told_how() {
    let rule = github_rule;
    let release = GithubFields { environment: Some("release".to_owned()), ..rule() };
    let cases = [
        (with(GITHUB, "repository", "acme/other"), rule(), "names no workflow of `acme/other`"),
        (with(GITHUB, "repository", "evil/acme/widget"), rule(), "names no workflow"),
        (
            claims(GITHUB),
            GithubFields { repository_name: "other".to_owned(), ..rule() },
            "No Trusted Publishing config found for repository `Acme/Widget`.",
        ),
        (with(GITHUB, "repository_owner_id", "43"), rule(), "number `42`, this build is of the owner `43`"),
        (
            with(GITHUB, "workflow_ref", "Acme/widget/.github/workflows/ci.yml@refs/heads/main"),
            rule(),
            "file `publish.yml`, this build runs `ci.yml`",
        ),
        (
            with(GITHUB, "workflow_ref", "Acme/widget/.github/workflows/Publish.yml@refs/x"),
            rule(),
            "this build runs `Publish.yml`",
        ),
        (with(GITHUB, "workflow_ref", "publish.yml"), rule(), "names no workflow"),
        (claims(GITHUB), release.clone(), "environment `release`, this job is in none"),
        (with(GITHUB, "environment", "test"), release, "this job is in `test`"),
        (with(GITHUB, "event_name", "pull_request_target"), rule(), "event `pull_request_target`"),
        (with(GITHUB, "event_name", "workflow_run"), rule(), "event `workflow_run`"),
        (with(GITHUB, "sha", ""), rule(), "lacks the claim `sha`"),
    ];
    for (claims, rule, said) in cases {
        let error = github(&claims, rule).expect_err(said);
        assert!(error.contains(said), "{said}: {error}");
    }
    for (name, _) in GITHUB {
        let left: Vec<_> = GITHUB.iter().copied().filter(|(known, _)| known != name).collect();
        let error = github(&claims(&left), rule()).expect_err(name);
        assert!(error.contains(&format!("lacks the claim `{name}`")), "{error}");
    }
}

const GITLAB: &[(&str, &str)] = &[
    ("project_path", "Acme/tools/widget"),
    ("namespace_id", "42"),
    ("ci_config_ref_uri", "gitlab.com/Acme/tools/widget//ci/publish.yml@refs/heads/main"),
    ("job_id", "7"),
    ("sha", "c0ffee"),
];

fn gitlab_rule() -> GitlabFields {
    GitlabFields {
        namespace: "acme/tools".to_owned(),
        namespace_id: None,
        project: "widget".to_owned(),
        workflow_filepath: "ci/publish.yml".to_owned(),
        environment: None,
    }
}

#[test]
fn builds_of_gitlab_fit_or_are_told_how_they_differ() {
    let fits = |claims: &BuildClaims, rule: GitlabFields| {
        GitlabBuild::read(claims)?.fitting(vec![((), rule)]).map(|left| left.len())
    };
    let rule = gitlab_rule;
    let pinned = |id: &str| GitlabFields { namespace_id: Some(id.to_owned()), ..gitlab_rule() };
    assert_eq!(fits(&claims(GITLAB), rule()), Ok(1));
    assert_eq!(fits(&claims(GITLAB), pinned("42")), Ok(1));
    let release = GitlabFields { environment: Some("release".to_owned()), ..rule() };
    let cases = [
        (with(GITLAB, "project_path", "acme/widget"), rule(), "names no file of `acme/widget`"),
        (
            claims(GITLAB),
            GitlabFields { project: "other".to_owned(), ..rule() },
            "No Trusted Publishing config found for project `Acme/tools/widget`.",
        ),
        (with(GITLAB, "project_path", "widget"), rule(), "names no project"),
        (claims(GITLAB), pinned("41"), "number `41`, this build is of the namespace `42`"),
        (
            with(GITLAB, "ci_config_ref_uri", "gitlab.com/Acme/tools/widget//.gitlab-ci.yml@refs/heads/main"),
            rule(),
            "this build runs `.gitlab-ci.yml`",
        ),
        (with(GITLAB, "ci_config_ref_uri", "nothing"), rule(), "names no file"),
        (claims(GITLAB), release, "this job is in none"),
    ];
    for (claims, rule, said) in cases {
        let error = fits(&claims, rule).expect_err(said);
        assert!(error.contains(said), "{said}: {error}");
    }
    let built = GitlabBuild::read(&claims(GITLAB)).expect("good").built_by("https://gitlab.com");
    assert_eq!(built.run_url.as_deref(), Some("https://gitlab.com/Acme/tools/widget/-/jobs/7"));
}

fn rules(pairs: &[(&str, &str)]) -> ClaimRules {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn builds_of_other_issuers_fit_by_value_and_by_beginning() {
    let claimed =
        claims(&[("sub", "repo:acme/widget:ref:main"), ("protected", "true"), ("repository", "acme/widget")]);
    let build = OidcBuild { issuer: "forge", claims: &claimed };
    let fields = |pairs| OidcFields { issuer: "forge".to_owned(), claims: rules(pairs) };
    let fits = |pairs| build.fitting(vec![((), fields(pairs))]).map(|left| left.len());
    assert_eq!(fits(&[("sub", "repo:acme/widget:*"), ("protected", "true")]), Ok(1));
    assert_eq!(fits(&[("sub", "repo:acme/widget:ref:main")]), Ok(1));
    assert_eq!(fits(&[("repository", "*"), ("protected", "true")]), Ok(1));
    let error = fits(&[("sub", "repo:acme/other:*")]).expect_err("another repository");
    assert!(
        error.contains("`sub` is `repo:acme/other:*`, here it is `repo:acme/widget:ref:main`"),
        "{error}"
    );
    let error = fits(&[("environment", "*"), ("sub", "repo:*")]).expect_err("it is absent");
    assert!(error.contains("here it is absent"), "{error}");
    let both = vec![(1, fields(&[("sub", "a")])), (2, fields(&[("sub", "b")]))];
    assert!(build.fitting(both).expect_err("neither").starts_with("No Trusted Publishing config"));
    assert!(build.meets(&rules(&[("protected", "true")])).is_ok() && build.meets(&rules(&[])).is_ok());
    assert!(build.meets(&rules(&[("protected", "false")])).expect_err("differs").contains("`forge`"));
    let built = build.built_by();
    assert_eq!((built.provider.as_str(), built.repository.as_deref()), ("forge", Some("acme/widget")));
}

#[test]
fn rules_say_only_what_they_may() {
    assert!(check_github(&github_rule()).is_ok() && check_gitlab(&gitlab_rule()).is_ok());
    let github = |change: fn(&mut GithubFields)| {
        let mut rule = github_rule();
        change(&mut rule);
        check_github(&rule).map_err(|problems| problems.len())
    };
    assert_eq!(github(|rule| rule.repository_owner = "-acme".to_owned()), Err(1));
    assert_eq!(github(|rule| rule.repository_owner = String::new()), Err(1));
    assert_eq!(github(|rule| rule.repository_name = "a/b".to_owned()), Err(1));
    assert_eq!(github(|rule| rule.repository_name = "x".repeat(256)), Err(1));
    assert_eq!(github(|rule| rule.workflow_filename = "publish.toml".to_owned()), Err(1));
    assert_eq!(github(|rule| rule.workflow_filename = ".github/workflows/a.yml".to_owned()), Err(1));
    assert_eq!(github(|rule| rule.workflow_filename = ".yml".to_owned()), Err(1));
    for odd in ["", " a", "a ", "a,b", "a;b", "a'b", "a\"b", "a`b", "a\\b", "a\nb"] {
        let rule = GithubFields { environment: Some(odd.to_owned()), ..github_rule() };
        assert!(check_github(&rule).is_err(), "{odd:?}");
    }
    for odd in ["", "/a", "a/", "a//b", "-a", "a-", "a.git", "a.atom", "a b"] {
        let rule = GitlabFields { namespace: odd.to_owned(), ..gitlab_rule() };
        assert!(check_gitlab(&rule).is_err(), "{odd:?}");
    }
    for odd in ["/a.yml", "a.yml/", "a", ""] {
        let rule = GitlabFields { workflow_filepath: odd.to_owned(), ..gitlab_rule() };
        assert!(check_gitlab(&rule).is_err(), "{odd:?}");
    }
    let oidc = |pairs| check_oidc(&OidcFields { issuer: "forge".to_owned(), claims: rules(pairs) }).is_ok();
    assert!(oidc(&[("sub", "a*")]) && oidc(&[("sub", "a"), ("x", "*")]));
    for odd in [
        &[][..],
        &[("sub", "*")],
        &[("sub", "a*b")],
        &[("sub", "a**")],
        &[("aud", "a")],
        &[("", "a")],
        &[("a", "")],
    ] {
        assert!(!oidc(odd), "{odd:?}");
    }
}
