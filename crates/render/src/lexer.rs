//! Cuts code into comments, texts, words, numbers and the rest, in one pass and in linear time.

use crate::languages::{Language, Style};

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Comment,
    Text,
    Word,
    Number,
    Other,
}

/// Pieces of code that are the whole code when put together.
pub(crate) struct Lexer<'t> {
    language: &'static Language,
    rest: &'t str,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(language: &'static Language, text: &'t str) -> Self {
        Self { language, rest: text }
    }

    /// How long the piece at the begin of the rest is, in bytes.
    fn piece(&self) -> (Kind, usize) {
        let (rest, language) = (self.rest, self.language);
        if let Some((begin, end)) = language.block
            && rest.starts_with(begin)
        {
            return (Kind::Comment, self.block_comment(begin, end));
        }
        if language.line.iter().any(|mark| rest.starts_with(mark)) {
            return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
        }
        if language.style == Style::Rust {
            if let Some(length) = raw_text(rest).or_else(|| character(rest)) {
                return (Kind::Text, length);
            }
            if let Some(name) = rest.strip_prefix('\'') {
                return (Kind::Word, 1 + word(name));
            }
        }
        if let Some(quote) = language.quotes.iter().find(|quote| rest.starts_with(**quote)) {
            return (Kind::Text, text(rest, quote, language));
        }
        match rest.chars().next() {
            Some(sign) if sign.is_ascii_digit() => (Kind::Number, number(rest)),
            Some(sign) if is_word(sign) => (Kind::Word, word(rest)),
            Some(sign) => (Kind::Other, sign.len_utf8()),
            None => (Kind::Other, 0),
        }
    }

    /// The length of a comment with an end of its own. Those of Rust stand in each other.
    fn block_comment(&self, begin: &str, end: &str) -> usize {
        let (mut at, mut depth) = (begin.len(), 1_u32);
        while depth > 0 && at < self.rest.len() {
            let rest = &self.rest[at..];
            if rest.starts_with(end) {
                at += end.len();
                depth -= 1;
            } else if self.language.style == Style::Rust && rest.starts_with(begin) {
                at += begin.len();
                depth += 1;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        at
    }
}

impl<'t> Iterator for Lexer<'t> {
    type Item = (Kind, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (kind, length) = self.piece();
        let (piece, rest) = self.rest.split_at(length.clamp(1, self.rest.len()));
        self.rest = rest;
        Some((kind, piece))
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn word(text: &str) -> usize {
    text.find(|sign| !is_word(sign)).unwrap_or(text.len())
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = word(text);
    // `1.5`, but neither `1..5` nor `1.max(5)`.
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1 + word(&text[at + 1..]);
    }
    at
}

/// The length of a text from its quote to its quote. One that is not closed ends with its line, where texts do not go
/// over several.
fn text(rest: &str, quote: &str, language: &Language) -> usize {
    let goes_on = quote.len() == 3 || quote == "`" || language.style == Style::Rust;
    let mut signs = rest[quote.len()..].char_indices();
    while let Some((at, sign)) = signs.next() {
        let at = at + quote.len();
        if rest[at..].starts_with(quote) {
            return at + quote.len();
        }
        match sign {
            '\\' => drop(signs.next()),
            '\n' if !goes_on => return at,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#` and so on.
fn raw_text(rest: &str) -> Option<usize> {
    let begun = ["r", "br", "cr"].into_iter().find_map(|mark| rest.strip_prefix(mark))?;
    let hashes = begun.len() - begun.trim_start_matches('#').len();
    let inside = begun.trim_start_matches('#').strip_prefix('"')?;
    let before = rest.len() - inside.len();
    let end = inside.match_indices('"').find(|(at, _)| {
        let after = &inside.as_bytes()[at + 1..];
        after.len() >= hashes && after[..hashes].iter().all(|byte| *byte == b'#')
    });
    Some(end.map_or(rest.len(), |(at, _)| before + at + 1 + hashes))
}

/// `'x'` and `'\n'`, but not the lifetime `'a`.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first != '\\' {
        let length = first.len_utf8();
        return inside[length..].starts_with('\'').then_some(length + 2);
    }
    const ESCAPE_BYTES_MAX: usize = 12;
    let escaped = inside.char_indices().skip(2).take(ESCAPE_BYTES_MAX);
    escaped.take_while(|(_, sign)| *sign != '\n').find(|(_, sign)| *sign == '\'').map(|(at, _)| at + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::languages::LANGUAGES;

    fn cut<'t>(language: &str, code: &'t str) -> Vec<(Kind, &'t str)> {
        let language = crate::languages::named(language).expect("a language");
        Lexer::new(language, code)
            .filter(|(kind, text)| *kind != Kind::Other || !text.trim().is_empty())
            .collect()
    }

    #[test]
    fn rust_is_cut_as_rust() {
        use Kind::{Comment, Number, Other, Text, Word};
        let code = "a /* b /* c */ d */ r#\"x\"y\"# '\\'' 'a' 'life \"q\\\"\" 1.5e3 // e";
        let wanted = [
            (Word, "a"),
            (Comment, "/* b /* c */ d */"),
            (Text, "r#\"x\"y\"#"),
            (Text, "'\\''"),
            (Text, "'a'"),
            (Word, "'life"),
            (Text, "\"q\\\"\""),
            (Number, "1.5e3"),
            (Comment, "// e"),
        ];
        assert_eq!(cut("rust", code), wanted);
        assert_eq!(cut("rust", "1..2"), [(Number, "1"), (Other, "."), (Other, "."), (Number, "2")]);
        assert_eq!(cut("c", "\"open\nx"), [(Text, "\"open"), (Word, "x")]);
        assert_eq!(cut("python", "'''a\nb''' # c"), [(Text, "'''a\nb'''"), (Comment, "# c")]);
    }

    proptest! {
        #[test]
        fn no_sign_is_lost(code in any::<String>(), marks in "[\"'`/*#r\\\\\n{}()<>!-]{0,40}") {
            let code = format!("{code}{marks}");
            for language in LANGUAGES {
                let whole: String = Lexer::new(language, &code).map(|(_, piece)| piece).collect();
                prop_assert_eq!(&whole, &code);
            }
        }
    }
}
