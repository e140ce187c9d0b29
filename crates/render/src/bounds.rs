//! What a text may cost before anything expensive is done with it.

use std::fmt;

use comrak::Node;

/// Deepest nesting of Markdown: lists in quotes in lists.
const DEPTH_MAX: usize = 100;
/// Deepest nesting of HTML elements.
const ELEMENTS_DEPTH_MAX: usize = 200;
/// Most elements that a parser may have to make beyond those that are written: an unclosed `<b>` is made again in every
/// paragraph that follows.
const REMADE_MAX: usize = 100_000;

/// A text that refuses to grow beyond its bound.
pub(crate) struct Bounded {
    text: String,
    bytes_max: usize,
}

impl Bounded {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len() + text.len() > self.bytes_max {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

/// Whether no part of a document is nested too deeply.
pub(crate) fn is_shallow(root: Node<'_>) -> bool {
    let mut level: Vec<_> = root.children().collect();
    for _ in 0..DEPTH_MAX {
        if level.is_empty() {
            return true;
        }
        level = level.iter().flat_map(|node| node.children()).collect();
    }
    false
}

/// Whether a parser of HTML can take this without going deep or making many more elements than are written. Counts on
/// the safe side: what is odd enough to be counted wrong is shown as plain text.
pub(crate) fn is_affordable(html: &str) -> bool {
    let mut open = Open::default();
    for tag in Tags(html) {
        open.see(&tag);
        if open.depth > ELEMENTS_DEPTH_MAX || open.remade > REMADE_MAX {
            return false;
        }
    }
    true
}

/// Elements that end by themselves, or that another of their kind ends.
const SELF_ENDING: [&str; 26] = [
    "area", "base", "br", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
];
/// Elements that are made again after what they stood in has ended.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements inside of which an end tag does not end what was begun outside.
const BARRIERS: [&str; 19] = [
    "applet",
    "button",
    "caption",
    "iframe",
    "marquee",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "select",
    "svg",
    "table",
    "template",
    "textarea",
    "title",
    "xmp",
    "frameset",
];

/// What is open while the tags go by.
#[derive(Default)]
struct Open {
    /// Elements open of each name, and how many in all.
    names: std::collections::HashMap<String, usize>,
    depth: usize,
    /// Formatting elements open since the last barrier, by their place in [`FORMATTING`].
    formatting: [usize; FORMATTING.len()],
    /// Those from before; nothing is sure to end them.
    stuck: usize,
    remade: usize,
}

impl Open {
    fn see(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if tag.is_end {
            if let Some(open) = self.names.get_mut(name).filter(|open| **open > 0) {
                *open -= 1;
                self.depth -= 1;
            }
            if let Some(at) = formatting(name) {
                self.formatting[at] = self.formatting[at].saturating_sub(1);
            }
            return;
        }
        self.remade += self.stuck + self.formatting.iter().sum::<usize>();
        if let Some(at) = formatting(name) {
            self.formatting[at] += 1;
        }
        if BARRIERS.contains(&name) {
            self.stuck += self.formatting.iter().sum::<usize>();
            self.formatting = Default::default();
        }
        if !SELF_ENDING.contains(&name) {
            *self.names.entry(tag.name.clone()).or_default() += 1;
            self.depth += 1;
        }
    }
}

fn formatting(name: &str) -> Option<usize> {
    FORMATTING.iter().position(|known| *known == name)
}

struct Tag {
    name: String,
    is_end: bool,
}

/// The tags of a text, found as a browser finds them: quotes count inside of tags, comments hide theirs.
struct Tags<'h>(&'h str);

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let at = self.0.find('<')?;
            let rest = &self.0[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                self.0 = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let (is_end, named) = rest.strip_prefix('/').map_or((false, rest), |named| (true, named));
            if !named.starts_with(|sign: char| sign.is_ascii_alphabetic()) {
                self.0 = rest;
                continue;
            }
            let ends = |sign: char| sign.is_ascii_whitespace() || matches!(sign, '/' | '>');
            let (name, inside) = named.split_at(named.find(ends).unwrap_or(named.len()));
            self.0 = after_tag(inside);
            return Some(Tag { name: name.to_ascii_lowercase(), is_end });
        }
    }
}

/// What follows the `>` that ends a tag.
fn after_tag(inside: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, sign) in inside.char_indices() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if before == '=' => quote = Some(sign),
            (None, '>') => return &inside[at + 1..],
            _ => {}
        }
        if !sign.is_ascii_whitespace() {
            before = sign;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_costs_nothing_and_what_is_not_adds_up() {
        assert!(is_affordable(&"<p><b>x</b> <code>y</code></p>".repeat(20_000)));
        assert!(is_affordable(
            &"<table><tr><td><a href='x'><img src='y'></a></td></tr></table>".repeat(5_000)
        ));
        assert!(!is_affordable(&"<div>".repeat(201)), "deep");
        assert!(!is_affordable(&"<div></span>".repeat(201)), "deep, with ends that end nothing");
        let open: String = (0..150).map(|n| format!("<b id={n}>")).collect();
        assert!(!is_affordable(&format!("{open}{}", "<p>".repeat(2_000))), "remade again and again");
        let hidden: String = (0..150).map(|n| format!("<b id={n}><select></b></select>")).collect();
        assert!(!is_affordable(&format!("{hidden}{}", "<p>".repeat(2_000))), "ends that end nothing");
        let quoted: String = (0..150).map(|n| format!("<b id={n}><i x='>' y=\"</b>\"></i>")).collect();
        assert!(!is_affordable(&format!("{quoted}{}", "<p>".repeat(2_000))), "ends in attributes");
        let noted: String = (0..150).map(|n| format!("<b id={n}><!-- </b> -->")).collect();
        assert!(!is_affordable(&format!("{noted}{}", "<p>".repeat(2_000))), "ends in comments");
    }
}
