//! HTML of strangers to HTML that may stand in our pages: what is not on the list is left out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use crate::highlight::CLASSES;
use crate::links::{Base, FRAGMENT_PREFIX, Use};
use crate::readme::Images;

/// Said of every link: it is not ours, and it earns no rank.
const REL: &str = "nofollow noopener ugc";

/// Tags beyond those of running text that ammonia lets through by itself.
const MORE_TAGS: [&str; 4] = ["input", "section", "picture", "source"];

/// Takes out everything that could run, style, send or imitate, and makes links lead somewhere.
pub(crate) fn clean(html: &str, images: Images, base: Option<Base>) -> String {
    let mut builder = Builder::default();
    builder
        .add_tags(MORE_TAGS)
        .rm_tags(["map", "area"])
        .link_rel(Some(REL))
        .id_prefix(Some(FRAGMENT_PREFIX))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .add_generic_attributes(["align"])
        .add_tag_attributes(
            "a",
            ["id", "aria-label", "aria-hidden", "data-footnote-ref", "data-footnote-backref"],
        )
        .add_tag_attributes("input", ["checked", "disabled", "type"])
        .add_tag_attributes("source", ["media", "srcset", "type"])
        .add_tag_attributes("img", ["loading"])
        .add_tag_attributes("section", ["data-footnotes"])
        .set_tag_attribute_value("input", "disabled", "")
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("img", "loading", "lazy")
        .allowed_classes(classes())
        .attribute_filter(move |element, attribute, value| filter(base.as_ref(), element, attribute, value));
    for element in ["h1", "h2", "h3", "h4", "h5", "h6", "li"] {
        builder.add_tag_attributes(element, ["id"]);
    }
    if images == Images::Off {
        builder.rm_tags(["img", "picture", "source"]);
    }
    builder.clean(html).to_string()
}

/// Classes that our style sheet knows; all others are taken off.
fn classes() -> HashMap<&'static str, HashSet<&'static str>> {
    let alerts = ["note", "tip", "important", "warning", "caution"].map(|kind| match kind {
        "note" => "markdown-alert-note",
        "tip" => "markdown-alert-tip",
        "important" => "markdown-alert-important",
        "warning" => "markdown-alert-warning",
        _ => "markdown-alert-caution",
    });
    HashMap::from([
        ("a", HashSet::from(["anchor", "footnote-backref"])),
        ("code", crate::languages::classes().collect()),
        ("div", alerts.into_iter().chain(["markdown-alert"]).collect()),
        ("input", HashSet::from(["task-list-item-checkbox"])),
        ("li", HashSet::from(["task-list-item"])),
        ("p", HashSet::from(["markdown-alert-title"])),
        ("section", HashSet::from(["footnotes"])),
        ("span", CLASSES.into_iter().collect()),
        ("sup", HashSet::from(["footnote-ref"])),
        ("ul", HashSet::from(["contains-task-list"])),
    ])
}

/// What becomes of one attribute; `None` takes it off.
fn filter<'v>(base: Option<&Base>, element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match (element, attribute) {
        ("a", "href") => Base::resolve(base, value, Use::Link).map(Cow::Owned),
        (_, "cite") => Base::resolve(base, value, Use::Link).map(Cow::Owned),
        ("img", "src") => Base::resolve(base, value, Use::Media).map(Cow::Owned),
        ("source", "srcset") => candidates(base, value).map(Cow::Owned),
        ("source" | "img", "src" | "srcset") => None,
        _ => Some(Cow::Borrowed(value)),
    }
}

/// The candidates of a `srcset`, each with its address resolved; those that cannot be are left out.
fn candidates(base: Option<&Base>, value: &str) -> Option<String> {
    let resolved = value.split(", ").filter_map(|candidate| {
        let mut parts = candidate.trim().splitn(2, char::is_whitespace);
        let url = Base::resolve(base, parts.next()?, Use::Media)?;
        let size: String =
            parts.next()?.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ' ')).collect();
        Some(format!("{url} {size}"))
    });
    let single =
        || Base::resolve(base, value.trim(), Use::Media).filter(|url| !url.contains(char::is_whitespace));
    match value.trim().contains(char::is_whitespace) {
        true => Some(resolved.collect::<Vec<_>>().join(", ")).filter(|list| !list.is_empty()),
        false => single(),
    }
}
