//! What rules want to know about Rust code: the paths it names, its functions, its attributes.
//! Works on tokens, so comments and the insides of strings never count, and code inside macros does.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as the code writes it, with `use` groups spelled out: `std::env`, `Instant::now`; or a method with the
/// name it is called on: `store.write`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// The parts with `::` between them.
    pub(crate) text: String,
    /// The line of its first part.
    pub(crate) line: usize,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of `fn`.
    pub(crate) line: usize,
    /// Physical lines from `fn` to the closing brace.
    pub(crate) length: usize,
}

/// The tokens of a file, without items under `#[cfg(test)]` if `with_tests` is false.
///
/// # Errors
/// The text is no Rust.
pub(crate) fn tokens(text: &str, with_tests: bool) -> Result<Vec<TokenTree>> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow!("no Rust: {error}"))?;
    let trees: Vec<_> = stream.into_iter().collect();
    Ok(if with_tests { trees } else { without_tests(trees) })
}

/// Every path of two or more parts, and every single name that a `use` brings in from a group.
pub(crate) fn paths(trees: &[TokenTree]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    collect_paths(trees, "", &mut found);
    found
}

/// Every function with a body, also nested ones.
pub(crate) fn functions(trees: &[TokenTree]) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            let inner: Vec<_> = group.stream().into_iter().collect();
            found.extend(functions(&inner));
        }
        let (Some(name), true) = (ident(trees.get(at + 1)), ident(Some(tree)).as_deref() == Some("fn"))
        else {
            continue;
        };
        let rest = trees[at..].iter().take_while(|tree| !is_punct(Some(tree), ';'));
        let body = rest.filter_map(brace).next();
        if let Some(body) = body {
            let line = tree.span().start().line;
            found.push(Function { name, line, length: body.span_close().end().line + 1 - line });
        }
    }
    found
}

/// The insides of every attribute, without blanks: `allow(dead_code)`, `ignore`.
pub(crate) fn attributes(trees: &[TokenTree]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        let inner: Vec<_> = group.stream().into_iter().collect();
        let hash = at.checked_sub(1).and_then(|before| trees.get(before));
        if group.delimiter() == Delimiter::Bracket && (is_punct(hash, '#') || is_punct(hash, '!')) {
            let text = squeeze(&group.stream());
            found.push(NamedPath { text, line: tree.span().start().line });
        }
        found.extend(attributes(&inner));
    }
    found
}

/// Every macro call with its line: `todo` for `todo!()`.
pub(crate) fn macros(trees: &[TokenTree]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            let inner: Vec<_> = group.stream().into_iter().collect();
            found.extend(macros(&inner));
        }
        let called = matches!(trees.get(at + 2), Some(TokenTree::Group(_)));
        if let (Some(name), true, true) = (ident(Some(tree)), is_punct(trees.get(at + 1), '!'), called) {
            found.push((name, tree.span().start().line));
        }
    }
    found
}

fn collect_paths(trees: &[TokenTree], prefix: &str, found: &mut Vec<NamedPath>) {
    let mut at = 0;
    while at < trees.len() {
        let line = trees[at].span().start().line;
        match &trees[at] {
            TokenTree::Ident(first) => {
                let mut text = format!("{prefix}{first}");
                at += 1;
                while is_separator(trees, at) {
                    match trees.get(at + 2) {
                        Some(TokenTree::Ident(next)) => text = format!("{text}::{next}"),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                            let inner: Vec<_> = group.stream().into_iter().collect();
                            collect_paths(&inner, &format!("{text}::"), found);
                        }
                        _ => {}
                    }
                    at += 3;
                }
                if let Some(method) = method(trees, at) {
                    let owner = text.rsplit("::").next().unwrap_or_default();
                    found.push(NamedPath { text: format!("{owner}.{method}"), line });
                }
                if text.contains("::") {
                    found.push(NamedPath { text, line });
                }
            }
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                collect_paths(&inner, "", found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// The method or field asked of what ends before `at`: `write` in `store.write(…)` and `store().write(…)`.
fn method(trees: &[TokenTree], at: usize) -> Option<String> {
    let call =
        matches!(trees.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    let dot = at + usize::from(call);
    if is_punct(trees.get(dot), '.') { ident(trees.get(dot + 1)) } else { None }
}

/// Takes away each item that follows `#[cfg(test)]`: up to its braces or its semicolon.
fn without_tests(trees: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut trees = trees.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let marked = matches!(trees.peek(), Some(TokenTree::Group(group))
            if group.delimiter() == Delimiter::Bracket && squeeze(&group.stream()) == "cfg(test)");
        if is_punct(Some(&tree), '#') && marked {
            let ends = |tree: &TokenTree| brace(tree).is_some() || is_punct(Some(tree), ';');
            let _ = trees.find(ends);
        } else {
            kept.push(tree);
        }
    }
    kept
}

fn squeeze(stream: &TokenStream) -> String {
    stream.to_string().replace(' ', "")
}

fn is_separator(trees: &[TokenTree], at: usize) -> bool {
    is_punct(trees.get(at), ':') && is_punct(trees.get(at + 1), ':')
}

fn is_punct(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn ident(tree: Option<&TokenTree>) -> Option<String> {
    match tree {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn brace(tree: &TokenTree) -> Option<&proc_macro2::Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str, with_tests: bool) -> Vec<String> {
        paths(&tokens(code, with_tests).expect("Rust")).into_iter().map(|path| path.text).collect()
    }

    #[test]
    fn groups_are_spelled_out_and_macros_are_read() {
        let code =
            "use std::{env, fs::{self, File}}; fn f() { println!(\"{:?}\", std::time::Instant::now()); }";
        let wanted =
            ["std::env", "std::fs::self", "std::fs::File", "std::fs", "std", "std::time::Instant::now"];
        for path in wanted.iter().filter(|path| path.contains("::")) {
            assert!(texts(code, true).contains(&(*path).to_owned()), "{path}: {:?}", texts(code, true));
        }
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        let code = "// std::env\nconst A: &str = \"std::env\";\n#[cfg(test)]\nmod tests { use std::env; }\nuse a::b;";
        assert_eq!(texts(code, false), ["a::b"]);
        assert_eq!(texts(code, true), ["std::env", "a::b"]);
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let code = "trait T { fn none(&self); }\nimpl X {\n  pub fn two(\n  ) {\n  }\n}\nfn one() {}\ntype F = fn(u8);";
        let found = functions(&tokens(code, true).expect("Rust"));
        let shown: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
        assert_eq!(shown, [("two", 3, 3), ("one", 7, 1)]);
    }

    #[test]
    fn attributes_are_found_everywhere() {
        let found = attributes(&tokens("#![allow(x)] mod m { #[ignore] fn f() {} }", true).expect("Rust"));
        let shown: Vec<_> = found.iter().map(|attribute| attribute.text.as_str()).collect();
        assert_eq!(shown, ["allow(x)", "ignore"]);
    }
}
