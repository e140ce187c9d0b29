//! Feeds of what is new, as RSS 2.0 in the form of crates.io's and as Atom.

use std::collections::BTreeMap;

use atom_syndication as atom;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, NewCrate, NewVersion, RegistryView};
use cratekeep_http::conditional::not_modified;
use cratekeep_http::{ApiError, InRegistry, Params};
use cratekeep_types::{Checksum, Timestamp};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

/// The namespace of the elements that name a crate and its version, as in the feeds of crates.io.
const CRATES: &str = "https://crates.io/";
/// The namespace of the link by which an RSS feed names itself.
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// In which form a feed is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Rss,
    Atom,
}

/// A feed, in no form yet.
struct Feed {
    title: String,
    description: String,
    /// The page that it is about.
    page: String,
    /// Its own address.
    own: String,
    entries: Vec<Entry>,
}

/// One thing that is new.
struct Entry {
    title: String,
    page: String,
    description: Option<String>,
    at: Timestamp,
    krate: String,
    version: Option<String>,
}

/// `GET /feeds/{file}`: `crates.xml`, `updates.xml`, and the same with `.atom`.
pub(crate) async fn of_registry(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let file = params.get("file");
    let (name, form) = form_of(file)?;
    let about = registry.registry.name.as_str();
    let (title, description, entries) = match name {
        "crates" => {
            let new = app.feed_of_crates(&caller, &registry).await?;
            let entries = new.into_iter().map(|new| of_crate(new, &registry)).collect();
            (format!("{about}: new crates"), format!("Crates begun in the registry {about}"), entries)
        }
        "updates" => {
            let new = app.feed_of_updates(&caller, &registry).await?;
            let entries = new.into_iter().map(|new| of_version(new, &registry, true)).collect();
            (format!("{about}: updates"), format!("Versions published in the registry {about}"), entries)
        }
        _ => return Err(no_feed(file).into()),
    };
    let (page, own) = (format!("{}/", registry.address), format!("{}/feeds/{file}", registry.address));
    send(&registry, &headers, form, &Feed { title, description, page, own, entries })
}

/// `GET /feeds/crates/{file}`: `NAME.xml` or `NAME.atom`.
pub(crate) async fn of_one_crate(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let file = params.get("file");
    let (name, form) = form_of(file)?;
    let (name, new) = app.feed_of_crate(&caller, &registry, name).await?;
    let feed = Feed {
        title: format!("{name}: versions"),
        description: format!("Versions published of the crate {name}"),
        page: page_of(&registry, &name, None),
        own: format!("{}/feeds/crates/{file}", registry.address),
        entries: new.into_iter().map(|new| of_version(new, &registry, false)).collect(),
    };
    send(&registry, &headers, form, &feed)
}

fn form_of(file: &str) -> Result<(&str, Form), AppError> {
    let rss = file.strip_suffix(".xml").map(|name| (name, Form::Rss));
    rss.or_else(|| Some((file.strip_suffix(".atom")?, Form::Atom))).ok_or_else(|| no_feed(file))
}

fn no_feed(file: &str) -> AppError {
    AppError::NotFound(format!(
        "there is no feed `{file}`; there are crates, updates and crates/NAME, each with .xml (RSS) or .atom"
    ))
}

fn of_crate(new: NewCrate, registry: &RegistryView) -> Entry {
    let krate = new.name.to_string();
    Entry {
        title: format!("New crate created: {krate}"),
        page: page_of(registry, &krate, None),
        description: new.description,
        at: new.created_at,
        krate,
        version: None,
    }
}

fn of_version(new: NewVersion, registry: &RegistryView, describes: bool) -> Entry {
    let (krate, version) = (new.krate.to_string(), new.num.to_string());
    Entry {
        title: format!("New crate version published: {krate} v{version}"),
        page: page_of(registry, &krate, Some(&version)),
        description: new.description.filter(|_| describes),
        at: new.published_at,
        krate,
        version: Some(version),
    }
}

fn page_of(registry: &RegistryView, krate: &str, version: Option<&str>) -> String {
    let page = format!("{}/crates/{krate}", registry.address);
    version.map_or_else(|| page.clone(), |version| format!("{page}/{version}"))
}

fn send(registry: &RegistryView, asked: &HeaderMap, form: Form, feed: &Feed) -> Result<Response, ApiError> {
    let (body, kind) = match form {
        Form::Rss => (rss_of(feed), "application/rss+xml; charset=utf-8"),
        Form::Atom => (atom_of(feed)?, "application/atom+xml; charset=utf-8"),
    };
    let etag = format!("\"{}\"", &Checksum::of(body.as_bytes()).to_string()[..32]);
    let mut response = match not_modified(asked, &etag) {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        false => Response::new(Body::from(body)),
    };
    let (cache, vary) = match registry.is_open() {
        true => ("public, no-cache", None),
        false => ("private, no-store", Some("Authorization, Cookie")),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(vary) = vary {
        headers.insert(VARY, HeaderValue::from_static(vary));
    }
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, value);
    }
    Ok(response)
}

fn rss_of(feed: &Feed) -> String {
    let attrs = [("href", feed.own.as_str()), ("rel", "self"), ("type", "application/rss+xml")];
    let own = rss::extension::Extension {
        name: "atom:link".to_owned(),
        attrs: attrs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Default::default()
    };
    let names = [("atom", ATOM), ("crates", CRATES)];
    let channel = rss::Channel {
        title: feed.title.clone(),
        link: feed.page.clone(),
        description: feed.description.clone(),
        language: Some("en".to_owned()),
        items: feed.entries.iter().map(rss_item).collect(),
        extensions: BTreeMap::from([("atom".to_owned(), BTreeMap::from([("link".to_owned(), vec![own])]))]),
        namespaces: names.map(|(name, url)| (name.to_owned(), url.to_owned())).into(),
        ..Default::default()
    };
    channel.to_string()
}

fn rss_item(entry: &Entry) -> rss::Item {
    let mut named = BTreeMap::new();
    let mut name = |word: &str, value: &str| {
        let extension = rss::extension::Extension {
            name: format!("crates:{word}"),
            value: Some(value.to_owned()),
            ..Default::default()
        };
        named.insert(word.to_owned(), vec![extension]);
    };
    name("name", &entry.krate);
    if let Some(version) = &entry.version {
        name("version", version);
    }
    rss::Item {
        title: Some(entry.title.clone()),
        link: Some(entry.page.clone()),
        description: entry.description.as_deref().map(printable),
        guid: Some(rss::Guid { value: entry.page.clone(), permalink: true }),
        pub_date: Some(entry.at.to_http_text()),
        extensions: BTreeMap::from([("crates".to_owned(), named)]),
        ..Default::default()
    }
}

fn atom_of(feed: &Feed) -> Result<String, AppError> {
    let link = |href: &str, rel: &str| atom::Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        ..Default::default()
    };
    let entries = feed.entries.iter().map(|entry| {
        Ok(atom::Entry {
            title: atom::Text::plain(entry.title.clone()),
            id: entry.page.clone(),
            updated: moment(entry.at)?,
            published: Some(moment(entry.at)?),
            links: vec![link(&entry.page, "alternate")],
            summary: entry.description.as_deref().map(|text| atom::Text::plain(printable(text))),
            ..Default::default()
        })
    });
    let updated = feed.entries.iter().map(|entry| entry.at).max().unwrap_or(Timestamp(0));
    let document = atom::Feed {
        title: atom::Text::plain(feed.title.clone()),
        subtitle: Some(atom::Text::plain(feed.description.clone())),
        id: feed.own.clone(),
        updated: moment(updated)?,
        authors: vec![atom::Person { name: feed.page.clone(), ..Default::default() }],
        links: vec![link(&feed.own, "self"), link(&feed.page, "alternate")],
        entries: entries.collect::<Result<_, AppError>>()?,
        lang: Some("en".to_owned()),
        ..Default::default()
    };
    Ok(document.to_string())
}

fn moment(at: Timestamp) -> Result<atom::FixedDateTime, AppError> {
    let text = at.to_seconds_text();
    text.parse().map_err(|error| AppError::Internal(format!("the moment `{text}`: {error}")))
}

/// A text without the characters that no XML document may have.
fn printable(text: &str) -> String {
    let is_good =
        |c: &char| matches!(c, '\t' | '\n') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().filter(is_good).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(description: &str) -> Feed {
        let entry = Entry {
            title: "New crate created: a".to_owned(),
            page: "https://x.example/crates/a".to_owned(),
            description: Some(description.to_owned()),
            at: Timestamp(1_000_000),
            krate: "a".to_owned(),
            version: None,
        };
        Feed {
            title: "main: new crates".to_owned(),
            description: "Crates".to_owned(),
            page: "https://x.example/".to_owned(),
            own: "https://x.example/feeds/crates.xml".to_owned(),
            entries: vec![entry],
        }
    }

    #[test]
    fn what_a_manifest_says_cannot_break_a_feed() {
        let feed = feed("a <b> & \"c\" ]]>\u{1}\u{fffe} ü");
        let read = rss::Channel::read_from(rss_of(&feed).as_bytes()).expect("it is RSS");
        assert_eq!(read.items[0].description.as_deref(), Some("a <b> & \"c\" ]]> ü"));
        assert_eq!(read.items[0].pub_date.as_deref(), Some("Thu, 01 Jan 1970 00:00:01 GMT"));
        let text = atom_of(&feed).expect("a feed");
        let read = atom::Feed::read_from(text.as_bytes()).expect("it is Atom");
        assert_eq!(
            read.entries[0].summary.as_ref().map(|text| text.value.as_str()),
            Some("a <b> & \"c\" ]]> ü")
        );
    }

    #[test]
    fn files_name_their_form() {
        assert_eq!(form_of("crates.xml").ok(), Some(("crates", Form::Rss)));
        assert_eq!(form_of("a-b.atom").ok(), Some(("a-b", Form::Atom)));
        assert!(form_of("crates").is_err() && form_of("crates.rss").is_err());
    }
}
