//! One readme, rendered: as Markdown where it is Markdown and can be afforded, else as plain text.

use std::fmt;

use crate::bounds;
use crate::links::{Base, Origin};
use crate::{clean, markdown};

/// Changes whenever the same readme may come out differently. Part of the key of every stored rendering.
pub const VERSION: &str = "1";

/// What becomes of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    /// Browsers load them from where they are, and so tell those servers who reads what.
    Direct,
    /// Their texts stand in their place.
    Off,
}

/// What a rendering may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A longer readme is shown as plain text. In bytes.
    pub input_bytes_max: usize,
    /// A readme whose HTML would be longer is shown as plain text, and plain text is cut off here. In bytes.
    pub output_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { input_bytes_max: 512 << 10, output_bytes_max: 2 << 20 }
    }
}

/// A readme as its package has it.
#[derive(Clone, Copy, Debug)]
pub struct Readme<'a> {
    /// The text.
    pub text: &'a str,
    /// Its path in the package; the ending tells what it is.
    pub path: &'a str,
    /// Where the package comes from, for links that are relative.
    pub origin: &'a Origin,
}

/// A readme for pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// HTML that may stand in any page: no scripts, no styles, no forms, ids begin with `user-content-`.
    pub html: String,
    /// Why a Markdown text is shown as plain text, if it is.
    pub fallback: Option<Fallback>,
}

/// Why a Markdown text is shown as plain text. Its words are for whoever reads the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// It is longer than the limit.
    LongText {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Its HTML would be longer than the limit.
    LongHtml {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Things are nested too deeply in each other.
    DeepNesting,
}

impl fmt::Display for Fallback {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongText { bytes_max } => {
                write!(out, "This readme is shown as plain text: it is longer than {bytes_max} bytes.")
            }
            Self::LongHtml { bytes_max } => {
                write!(
                    out,
                    "This readme is shown as plain text: its HTML would be longer than {bytes_max} bytes."
                )
            }
            Self::DeepNesting => out.write_str(
                "This readme is shown as plain text: its parts are nested too deeply in each other.",
            ),
        }
    }
}

/// Renders a readme. Markdown is GitHub's (tables, task lists, footnotes, alerts, autolinks); code is marked by the
/// classes in [`crate::CLASSES`]; whatever is neither allowed nor harmless is left out.
#[must_use]
pub fn render(readme: &Readme<'_>, images: Images, limits: &Limits) -> Rendered {
    if !is_markdown(readme.path) {
        return Rendered { html: plain(readme.text, limits, None), fallback: None };
    }
    match render_markdown(readme, images, limits) {
        Ok(html) => Rendered { html, fallback: None },
        Err(why) => Rendered { html: plain(readme.text, limits, Some(why)), fallback: Some(why) },
    }
}

/// The words of a readme without its marks, for searching: one blank between two words, at most `bytes_max`.
#[must_use]
pub fn plain_words(text: &str, path: &str, limits: &Limits, bytes_max: usize) -> String {
    let words = match is_markdown(path) && text.len() <= limits.input_bytes_max {
        true => markdown::words(text, bytes_max),
        false => text.to_owned(),
    };
    let mut joined = String::new();
    for word in words.split_whitespace() {
        if joined.len() + word.len() + 1 > bytes_max {
            break;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

fn render_markdown(readme: &Readme<'_>, images: Images, limits: &Limits) -> Result<String, Fallback> {
    if readme.text.len() > limits.input_bytes_max {
        return Err(Fallback::LongText { bytes_max: limits.input_bytes_max });
    }
    let too_much = Fallback::LongHtml { bytes_max: limits.output_bytes_max };
    let html = markdown::to_html(readme.text, images, limits.output_bytes_max)?;
    if !bounds::is_affordable(&html) {
        return Err(Fallback::DeepNesting);
    }
    let base = Base::of(readme.origin, readme.path);
    let clean = clean::clean(&html, images, base);
    if clean.len() > limits.output_bytes_max { Err(too_much) } else { Ok(clean) }
}

/// Text as it is, with its line ends, after a sentence that says why.
fn plain(text: &str, limits: &Limits, why: Option<Fallback>) -> String {
    let mut html = String::new();
    if let Some(why) = why {
        html.push_str("<p class=\"readme-note\">");
        html.push_str(&why.to_string());
        html.push_str("</p>\n");
    }
    html.push_str("<pre class=\"readme-plain\">");
    for sign in text.chars() {
        if html.len() + 16 > limits.output_bytes_max {
            html.push('…');
            break;
        }
        push_escaped(&mut html, sign);
    }
    html.push_str("</pre>\n");
    html
}

/// Adds a sign so that HTML takes it for text.
pub(crate) fn push_escaped(html: &mut String, sign: char) {
    match sign {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\0' => html.push('\u{fffd}'),
        other => html.push(other),
    }
}

/// Whether the ending of a path says Markdown, or nothing.
fn is_markdown(path: &str) -> bool {
    const ENDINGS: [&str; 7] = ["md", "markdown", "mdown", "mdwn", "mkd", "mkdn", "mkdown"];
    let file = path.rsplit('/').next().unwrap_or(path);
    match file.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending.to_ascii_lowercase().as_str()),
        None => true,
    }
}

#[cfg(test)]
mod tests;
