//! Code with its words marked by classes, which a style sheet colours.

use crate::languages::{Language, Style, named};
use crate::lexer::{Kind, Lexer};
use crate::readme::push_escaped;

/// Every class that marks words: comment, text, keyword, number, type or key, function, macro or attribute, added line,
/// removed line, prompt.
pub const CLASSES: [&str; 10] =
    ["hl-c", "hl-s", "hl-k", "hl-n", "hl-t", "hl-f", "hl-m", "hl-i", "hl-d", "hl-p"];

/// Longer code is not marked, in bytes.
const CODE_BYTES_MAX: usize = 64 << 10;

/// The code as HTML: escaped, and with `<span class="hl-…">` around words of a language that is known. `language` is
/// what a fenced block calls it, `rust` or `sh`.
#[must_use]
pub fn highlight(language: &str, code: &str) -> String {
    let mut html = String::with_capacity(code.len() * 2);
    match named(language).filter(|_| code.len() <= CODE_BYTES_MAX) {
        None => code.chars().for_each(|sign| push_escaped(&mut html, sign)),
        Some(language) => match language.style {
            Style::Diff => {
                code.split_inclusive('\n').for_each(|line| push(&mut html, diff_class(line), line))
            }
            Style::Keys | Style::Shell => {
                code.split_inclusive('\n').for_each(|line| push_line(&mut html, language, line));
            }
            _ => push_code(&mut html, language, code),
        },
    }
    html
}

fn diff_class(line: &str) -> Option<&'static str> {
    match line.as_bytes().first() {
        Some(b'+') => Some("hl-i"),
        Some(b'-') => Some("hl-d"),
        Some(b'@') => Some("hl-k"),
        _ => None,
    }
}

/// A line of a language whose lines begin with something of their own: a section, a prompt.
fn push_line(html: &mut String, language: &'static Language, line: &str) {
    let inner = line.trim_start();
    let (indent, inner) = line.split_at(line.len() - inner.len());
    html.push_str(indent);
    if language.style == Style::Keys && inner.starts_with('[') && inner.trim_end().ends_with(']') {
        return push(html, Some("hl-k"), inner);
    }
    let prompts: &[&str] = if language.style == Style::Shell { &["$ ", "> ", "% "] } else { &[] };
    let Some(prompt) = prompts.iter().find(|prompt| inner.starts_with(**prompt)) else {
        return push_code(html, language, inner);
    };
    push(html, Some("hl-p"), prompt);
    push_code(html, language, &inner[prompt.len()..]);
}

fn push_code(html: &mut String, language: &'static Language, code: &str) {
    let mut before = ' ';
    let mut rest = code;
    for (kind, piece) in Lexer::new(language, code) {
        rest = &rest[piece.len()..];
        let class = match kind {
            Kind::Comment => Some("hl-c"),
            Kind::Number => Some("hl-n"),
            Kind::Text if is_key(language, rest) => Some("hl-t"),
            Kind::Text => Some("hl-s"),
            Kind::Word => word_class(language, piece, before, rest),
            Kind::Other => None,
        };
        push(html, class, piece);
        if let Some(last) = piece.chars().next_back().filter(|sign| !matches!(sign, ' ' | '\t')) {
            before = last;
        }
    }
}

fn word_class(language: &Language, word: &str, before: char, rest: &str) -> Option<&'static str> {
    let is_keyword = language.keywords.split_ascii_whitespace().any(|keyword| keyword == word);
    let next = rest.chars().next();
    match language.style {
        Style::Markup => matches!(before, '<' | '/').then_some("hl-k"),
        Style::Keys if is_key(language, rest) => Some("hl-t"),
        Style::Shell if before == '$' => Some("hl-t"),
        _ if is_keyword => Some("hl-k"),
        Style::Rust if word.starts_with('\'') => Some("hl-t"),
        Style::Rust if next == Some('!') && !rest.starts_with("!=") => Some("hl-m"),
        Style::Rust if before == '[' && next.is_some_and(|sign| matches!(sign, '(' | ']')) => Some("hl-m"),
        Style::Code | Style::Rust if word.starts_with(char::is_uppercase) => Some("hl-t"),
        Style::Code | Style::Rust if next == Some('(') => Some("hl-f"),
        _ => None,
    }
}

/// Whether a value follows, so that what stands before it is its key.
fn is_key(language: &Language, rest: &str) -> bool {
    let next = rest.trim_start_matches([' ', '\t']);
    language.style == Style::Keys && (next.starts_with('=') || next.starts_with(':') || next.starts_with('.'))
}

fn push(html: &mut String, class: Option<&str>, piece: &str) {
    if let Some(class) = class {
        html.push_str("<span class=\"");
        html.push_str(class);
        html.push_str("\">");
    }
    piece.chars().for_each(|sign| push_escaped(html, sign));
    if class.is_some() {
        html.push_str("</span>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_in_the_languages_of_readmes() {
        insta::assert_snapshot!(highlight(
            "rust",
            "#[derive(Debug)]\npub fn f<'a>(x: &'a str) -> u8 { println!(\"<{x}>\"); 1 } // end"
        ));
        insta::assert_snapshot!(highlight(
            "toml",
            "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] } # all"
        ));
        insta::assert_snapshot!(highlight(
            "console",
            "$ cargo add serde --features \"derive\" # now\n$ echo $HOME"
        ));
        insta::assert_snapshot!(highlight("json", "{\"a\": [1, true, \"x\"]}"));
        insta::assert_snapshot!(highlight("diff", "-old\n+new\n same\n"));
        insta::assert_snapshot!(highlight("html", "<a href=\"x\">y</a><!-- n -->"));
    }

    #[test]
    fn what_is_not_known_is_escaped_and_nothing_else() {
        assert_eq!(highlight("brainfuck", "<+>&\"'"), "&lt;+&gt;&amp;&quot;'");
        assert!(!highlight("rust", &"fn ".repeat(CODE_BYTES_MAX)).contains("span"));
    }
}
