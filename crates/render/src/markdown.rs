//! Markdown to HTML that is not clean yet.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use comrak::adapters::SyntaxHighlighterAdapter;
use comrak::nodes::NodeValue;
use comrak::{Arena, Node, Options, parse_document};

use crate::bounds::{Bounded, is_shallow};
use crate::highlight::highlight;
use crate::readme::{Fallback, Images, push_escaped};

/// Renders GitHub's Markdown. Raw HTML comes through as it is.
pub(crate) fn to_html(text: &str, images: Images, bytes_max: usize) -> Result<String, Fallback> {
    let options = options();
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    if !is_shallow(root) {
        return Err(Fallback::DeepNesting);
    }
    if images == Images::Off {
        leave_out_images(root);
    }
    let mut html = Bounded::new(bytes_max);
    let mut plugins = comrak::options::Plugins::default();
    plugins.render.codefence_syntax_highlighter = Some(&Marked);
    match comrak::format_html_with_plugins(root, &options, &mut html, &plugins) {
        Ok(()) => Ok(html.into_text()),
        Err(fmt::Error) => Err(Fallback::LongHtml { bytes_max }),
    }
}

/// The texts of a document, without marks and without HTML, until `bytes_max` are there.
pub(crate) fn words(text: &str, bytes_max: usize) -> String {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options());
    let mut words = String::new();
    for node in root.descendants() {
        if words.len() > bytes_max {
            break;
        }
        match &node.data().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words.push_str(&code.literal),
            NodeValue::CodeBlock(block) => {
                words.push(' ');
                words.push_str(&block.literal);
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => words.push(' '),
            value if value.block() => words.push(' '),
            _ => {}
        }
    }
    words
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.description_lists = true;
    extension.multiline_block_quotes = true;
    extension.alerts = true;
    extension.header_id_prefix = Some("user-content-".to_owned());
    options.parse.relaxed_tasklist_matching = true;
    // Raw HTML is let through here because everything is cleaned afterwards.
    options.render.r#unsafe = true;
    options.render.tasklist_classes = true;
    options
}

/// Puts what stands inside of each image, its text, in its place.
fn leave_out_images<'a>(root: Node<'a>) {
    let images: Vec<_> = root.descendants().filter(is_image).collect();
    for image in images {
        while let Some(child) = image.first_child() {
            image.insert_before(child);
        }
        image.detach();
    }
}

fn is_image<'a>(node: &Node<'a>) -> bool {
    matches!(node.data().value, NodeValue::Image(_))
}

/// Code blocks with their words marked.
struct Marked;

impl SyntaxHighlighterAdapter for Marked {
    fn write_highlighted(&self, output: &mut dyn fmt::Write, info: Option<&str>, code: &str) -> fmt::Result {
        // What follows the first comma tells rustdoc how to test the code.
        let language = info.unwrap_or_default().split([',', ' ', '{']).next().unwrap_or_default();
        output.write_str(&highlight(language, code))
    }

    fn write_pre_tag(
        &self,
        output: &mut dyn fmt::Write,
        _: HashMap<&'static str, Cow<'_, str>>,
    ) -> fmt::Result {
        output.write_str("<pre>")
    }

    fn write_code_tag(
        &self,
        output: &mut dyn fmt::Write,
        attributes: HashMap<&'static str, Cow<'_, str>>,
    ) -> fmt::Result {
        let class = attributes.get("class").map(|class| class.split(',').next().unwrap_or_default());
        let Some(class) = class else { return output.write_str("<code>") };
        let mut escaped = String::new();
        class.chars().for_each(|sign| push_escaped(&mut escaped, sign));
        write!(output, "<code class=\"{escaped}\">")
    }
}
