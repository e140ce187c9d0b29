//! The page of a crate or of one of its versions, and the pages beside it.

mod dependencies;
mod dependents;
mod head;
mod versions;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, OwnerEntry, OwnerKind};
use http::StatusCode;

use crate::chart::Chart;
use crate::missing::or_near_names;
use crate::page::{Cache, PageError, allow_images, render_kept};
use crate::visit::Visit;
use head::{Head, Whole};

pub(crate) use dependencies::{of_default as dependencies, of_version as dependencies_of_version};
pub(crate) use dependents::get as dependents;
pub(crate) use versions::get as versions;

/// What the page of a crate may be kept like.
const CACHE: Cache = Cache::AskAgain;

/// A link out of the manifest.
struct Link {
    title: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "krate.html")]
struct KratePage {
    head: Head,
    place: String,
    links: Vec<Link>,
    keywords: Vec<String>,
    categories: Vec<String>,
    owners: Vec<OwnerEntry>,
    bins: Vec<String>,
    lib: Option<String>,
    checksum: String,
    /// Clean HTML.
    readme: Option<String>,
    chart: Option<Chart>,
}

impl KratePage {
    fn href_of(&self, owner: &OwnerEntry) -> String {
        match owner.kind {
            OwnerKind::User => format!("{}/users/{}", self.place, owner.login),
            OwnerKind::Team => format!("{}/teams/{}", self.place, owner.login),
        }
    }
}

/// `GET /crates/{name}`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit, None).await;
    or_near_names(&app, &visit, page.map(|page| rendered(&app, &page))).await
}

/// `GET /crates/{name}/{version}`
pub(crate) async fn get_version(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit, Some(visit.params.get("version"))).await;
    or_near_names(&app, &visit, page.map(|page| rendered(&app, &page))).await
}

fn rendered(app: &App, page: &KratePage) -> Response {
    let mut response = render_kept(StatusCode::OK, CACHE, page);
    if page.readme.is_some() && app.readme_has_images() {
        allow_images(&mut response);
    }
    response
}

async fn page(app: &App, visit: &Visit, num: Option<&str>) -> Result<KratePage, AppError> {
    let Whole { head, krate, version, chart } = Whole::read(app, visit, num, "readme").await?;
    let owners = app.list_owners(&visit.caller, &visit.registry, &head.name).await?;
    let readme = match &head.num {
        Some(num) => app.readme(&visit.caller, &visit.registry, &head.name, num).await?,
        None => None,
    };
    let said = version.as_ref().map_or(&krate.metadata, |version| &version.metadata);
    let link = |title, url: &Option<String>| {
        let url = url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
        Some(Link { title, url })
    };
    let links = [
        link("Repository", &said.repository),
        link("Documentation", &said.documentation),
        link("Homepage", &said.homepage),
    ];
    Ok(KratePage {
        place: visit.place(),
        links: links.into_iter().flatten().collect(),
        keywords: krate.keywords,
        categories: krate.categories,
        owners,
        bins: said.bin_names.clone(),
        lib: said.lib_name.clone().filter(|_| said.has_lib),
        checksum: version.as_ref().map(|version| version.row.checksum.to_string()).unwrap_or_default(),
        readme: readme.map(|readme| within_reach(&String::from_utf8_lossy(&readme.html))),
        chart,
        head,
    })
}

/// A readme for readers with a keyboard alone and for those who listen: code that scrolls can be reached, boxes have a
/// name. The HTML is clean, so what looks like a tag is one.
fn within_reach(html: &str) -> String {
    let box_start = "<input type=\"checkbox\" ";
    html.replace("<pre>", "<pre tabindex=\"0\">")
        .replace("<table>", "<table tabindex=\"0\">")
        .replace(box_start, &format!("{box_start}aria-label=\"task\" "))
}

#[cfg(test)]
mod tests {
    use super::within_reach;

    #[test]
    fn code_and_boxes_of_a_readme_are_within_reach() {
        let html = "<pre><code>x</code></pre><input type=\"checkbox\" disabled=\"\">";
        let reached = within_reach(html);
        assert!(
            reached.starts_with("<pre tabindex=\"0\">") && reached.contains("aria-label=\"task\""),
            "{reached}"
        );
    }
}
