//! What a version needs, and the features by which one chooses.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, DependencyRow, DependencySource};
use http::StatusCode;

use super::CACHE;
use super::head::{Head, Whole};
use crate::missing::or_near_names;
use crate::page::{PageError, render_kept};
use crate::visit::Visit;

/// Kinds of dependencies with their titles, in the order of the page.
const KINDS: [(&str, &str); 3] = [("normal", "To use it"), ("build", "To build it"), ("dev", "To test it")];

struct Line {
    name: String,
    /// Where its page is, if it is on this server.
    href: Option<String>,
    /// Where it comes from otherwise.
    from: String,
    req: String,
    notes: Vec<String>,
}

struct Group {
    title: &'static str,
    lines: Vec<Line>,
}

struct Feature {
    name: String,
    enables: Vec<String>,
}

#[derive(Template)]
#[template(path = "krate_dependencies.html")]
struct DependenciesPage {
    head: Head,
    groups: Vec<Group>,
    features: Vec<Feature>,
}

/// `GET /crates/{name}/dependencies`
pub(crate) async fn of_default(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit, None).await;
    or_near_names(&app, &visit, page.map(|page| render_kept(StatusCode::OK, CACHE, &page))).await
}

/// `GET /crates/{name}/{version}/dependencies`
pub(crate) async fn of_version(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit, Some(visit.params.get("version"))).await;
    or_near_names(&app, &visit, page.map(|page| render_kept(StatusCode::OK, CACHE, &page))).await
}

async fn page(app: &App, visit: &Visit, num: Option<&str>) -> Result<DependenciesPage, AppError> {
    let Whole { head, version, .. } = Whole::read(app, visit, num, "dependencies").await?;
    let (mut rows, mut features) = (Vec::new(), Vec::new());
    if let Some(version) = version {
        let num = version.row.num.to_string();
        rows = app.dependencies_of(&visit.caller, &visit.registry, &head.name, &num).await?.1;
        let all = version.metadata.features.into_iter();
        features = all.map(|(name, enables)| Feature { name, enables }).collect();
    }
    // What is on without being asked for comes first.
    features.sort_by_key(|feature| feature.name != "default");
    let of_kind = |(kind, title): (&str, &'static str)| Group {
        title,
        lines: rows.iter().filter(|row| row.kind == kind).map(|row| line(app, row)).collect(),
    };
    let groups = KINDS.into_iter().map(of_kind).filter(|group| !group.lines.is_empty()).collect();
    Ok(DependenciesPage { head, groups, features })
}

fn line(app: &App, row: &DependencyRow) -> Line {
    let mut notes = Vec::new();
    if row.name_in_toml != row.name.as_str() {
        notes.push(format!("as {}", row.name_in_toml));
    }
    notes.extend(row.optional.then(|| "optional".to_owned()));
    notes.extend((!row.default_features).then(|| "without default features".to_owned()));
    if !row.features.is_empty() {
        notes.push(format!("with {}", row.features.join(", ")));
    }
    notes.extend(row.target.as_ref().map(|target| format!("for {target}")));
    let (href, from) = match &row.source {
        DependencySource::Registry(id) => {
            match app.all_registries().iter().find(|one| one.registry.id == *id) {
                Some(view) => (Some(format!("{}/crates/{}", view.address, row.name)), String::new()),
                None => (None, "a registry that is gone".to_owned()),
            }
        }
        DependencySource::Index(url) => (None, url.clone()),
    };
    Line { name: row.name.to_string(), href, from, req: row.req.clone(), notes }
}
