//! Languages, as far as colours and counts of lines need them: how comments and strings look, and which words are
//! the language's own.

/// How a language is cut besides by its comments and strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Words, some of which are keywords and some functions.
    Code,
    /// As code, with lifetimes, raw strings and macros.
    Rust,
    /// Keys, values and sections.
    Keys,
    /// Commands after a prompt, variables after a `$`.
    Shell,
    /// Lines that were added and removed.
    Diff,
    /// Elements.
    Markup,
}

/// One language.
#[derive(Debug)]
pub(crate) struct Language {
    /// As counts of lines call it.
    pub(crate) name: &'static str,
    /// Endings of files; empty for what is not counted.
    pub(crate) endings: &'static [&'static str],
    /// What a fenced block may call it, besides its endings.
    pub(crate) words: &'static [&'static str],
    /// What begins a comment that ends with the line.
    pub(crate) line: &'static [&'static str],
    /// What begins and ends a longer comment.
    pub(crate) block: Option<(&'static str, &'static str)>,
    /// What begins and ends a text; longer ones first.
    pub(crate) quotes: &'static [&'static str],
    /// Its own words, divided by blanks.
    pub(crate) keywords: &'static str,
    pub(crate) style: Style,
}

const C_LINE: &[&str] = &["//"];
const C_BLOCK: Option<(&str, &str)> = Some(("/*", "*/"));
const HASH: &[&str] = &["#"];
const BOTH: &[&str] = &["\"", "'"];
const C_WORDS: &str = "auto bool break case char class const constexpr continue default delete do double else enum extern \
    false float for goto if inline int long namespace new nullptr private protected public register return short signed \
    sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile \
    while catch";
const JS_WORDS: &str = "abstract any as async await boolean break case catch class const continue debugger default delete \
    do else enum export extends false finally for from function if implements import in instanceof interface let new null \
    number of private protected public readonly return static string super switch this throw true try type typeof \
    undefined var void while with yield";
const JVM_WORDS: &str = "abstract as async await boolean break case catch class const continue data default do else enum \
    extends false final finally for foreach fun if implements import in int interface internal is let long namespace new \
    null object open out override package private protected public readonly ref return sealed short static string struct \
    super switch this throw throws trait true try using val var virtual void when where while yield";
const SHELL_WORDS: &str = "case do done elif else esac export fi for function if in local return set then until while \
    cargo cd curl docker echo git npm rustup sudo";

const fn code(
    name: &'static str,
    endings: &'static [&'static str],
    words: &'static [&'static str],
    keywords: &'static str,
) -> Language {
    Language {
        name,
        endings,
        words,
        line: C_LINE,
        block: C_BLOCK,
        quotes: BOTH,
        keywords,
        style: Style::Code,
    }
}

const fn hashed(
    name: &'static str,
    endings: &'static [&'static str],
    words: &'static [&'static str],
    keywords: &'static str,
) -> Language {
    Language { line: HASH, block: None, ..code(name, endings, words, keywords) }
}

/// Every language. The first that has a word or an ending is meant.
pub(crate) static LANGUAGES: &[Language] = &[
    Language {
        quotes: &["\""],
        style: Style::Rust,
        ..code(
            "Rust",
            &["rs"],
            &[
                "rust",
                "no_run",
                "ignore",
                "should_panic",
                "compile_fail",
                "edition2015",
                "edition2018",
                "edition2021",
                "edition2024",
            ],
            "as async await break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod \
             move mut pub ref return self Self static struct super trait true type union unsafe use where while yield",
        )
    },
    Language {
        quotes: &["\"\"\"", "'''", "\"", "'"],
        style: Style::Keys,
        ..hashed("TOML", &[], &["toml", "ini", "cfg", "properties"], "true false inf nan")
    },
    Language { style: Style::Keys, ..hashed("YAML", &[], &["yaml", "yml"], "true false null yes no on off") },
    Language {
        line: &[],
        block: None,
        quotes: &["\""],
        style: Style::Keys,
        ..code("JSON", &[], &["json", "json5", "jsonc"], "true false null")
    },
    Language {
        style: Style::Shell,
        ..hashed(
            "Shell",
            &["sh"],
            &["shell", "console", "terminal", "shell-session", "sh-session"],
            SHELL_WORDS,
        )
    },
    Language { style: Style::Shell, ..hashed("BASH", &["bash"], &[], SHELL_WORDS) },
    Language { style: Style::Shell, ..hashed("Zsh", &["zsh"], &[], SHELL_WORDS) },
    Language { style: Style::Shell, ..hashed("Fish", &["fish"], &[], SHELL_WORDS) },
    Language {
        style: Style::Shell,
        ..hashed("PowerShell", &[], &["powershell", "ps1", "pwsh"], SHELL_WORDS)
    },
    code("C", &["c"], &[], C_WORDS),
    code("C Header", &["h"], &[], C_WORDS),
    code("C++", &["cc", "cpp", "cxx", "c++"], &[], C_WORDS),
    code("C++ Header", &["hh", "hpp", "hxx"], &[], C_WORDS),
    code("CUDA", &["cu"], &["cuda"], C_WORDS),
    code("Objective-C", &["m"], &["objective-c", "objc"], C_WORDS),
    code("GLSL", &["vert", "frag", "comp", "glsl"], &[], C_WORDS),
    code("WebGPU Shader Language", &["wgsl"], &[], C_WORDS),
    Language {
        quotes: &["\"", "'", "`"],
        ..code("JavaScript", &["js", "mjs", "cjs"], &["javascript", "node"], JS_WORDS)
    },
    Language {
        quotes: &["\"", "'", "`"],
        ..code("TypeScript", &["ts", "mts", "cts"], &["typescript"], JS_WORDS)
    },
    Language { quotes: &["\"", "'", "`"], ..code("JSX", &["jsx"], &[], JS_WORDS) },
    Language { quotes: &["\"", "'", "`"], ..code("TSX", &["tsx"], &[], JS_WORDS) },
    Language {
        quotes: &["\"", "`", "'"],
        ..code(
            "Go",
            &["go"],
            &["golang"],
            "break case chan const continue default defer else fallthrough false for func go goto if import interface map \
             nil package range return select struct switch true type var",
        )
    },
    code("Java", &["java"], &[], JVM_WORDS),
    code("Kotlin", &["kt", "kts"], &["kotlin"], JVM_WORDS),
    code("C#", &["cs"], &["csharp", "c#"], JVM_WORDS),
    code("Scala", &["scala"], &[], JVM_WORDS),
    code("Dart", &["dart"], &[], JVM_WORDS),
    code(
        "Swift",
        &["swift"],
        &[],
        "case class default else enum extension false for func guard if import in init let nil \
        private protocol public return self static struct switch true var where while",
    ),
    code(
        "Zig",
        &["zig"],
        &[],
        "and break catch comptime const continue defer else enum error false fn for if null or \
        orelse pub return struct switch test true try undefined unreachable var while",
    ),
    code(
        "PHP",
        &["php"],
        &[],
        "array class const echo else extends false final for foreach function if implements \
        namespace new null private protected public return static this true use while",
    ),
    Language {
        quotes: &["\"\"\"", "'''", "\"", "'"],
        ..hashed(
            "Python",
            &["py", "pyi"],
            &["python", "python3", "py3"],
            "False None True and as assert async await break class continue def del elif else except finally for from \
             global if import in is lambda nonlocal not or pass raise return try while with yield",
        )
    },
    hashed(
        "Ruby",
        &["rb"],
        &["ruby"],
        "begin break case class def do else elsif end false for if in module next nil \
        require rescue return self super then true unless until when while yield",
    ),
    hashed(
        "Perl",
        &["pl", "pm"],
        &["perl"],
        "else elsif for foreach if last my next our package return sub unless use while",
    ),
    hashed("R", &["r"], &[], "FALSE NULL TRUE break else for function if in next repeat return while"),
    hashed(
        "Julia",
        &["jl"],
        &["julia"],
        "begin const do else elseif end false for function if import let module return \
        struct true using while",
    ),
    hashed(
        "Elixir",
        &["ex", "exs"],
        &["elixir"],
        "case cond def defmodule defp do else end false fn if import nil require \
        true unless use when with",
    ),
    Language {
        block: Some(("/*", "*/")),
        ..hashed("Nix", &["nix"], &[], "assert else false if in inherit let null or rec then true with")
    },
    hashed(
        "Makefile",
        &[],
        &["make", "makefile", "just", "justfile"],
        "else endif ifdef ifeq ifndef include",
    ),
    hashed(
        "Dockerfile",
        &[],
        &["dockerfile", "docker"],
        "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM LABEL RUN USER VOLUME \
        WORKDIR",
    ),
    Language {
        line: &["--"],
        ..code(
            "SQL",
            &["sql"],
            &["postgresql", "sqlite", "mysql"],
            "ADD ALTER AND AS ASC BY CASE CREATE DELETE DESC DISTINCT DROP ELSE END EXISTS FROM GROUP HAVING IN INDEX INNER \
             INSERT INTO IS JOIN KEY LEFT LIMIT NOT NULL ON OR ORDER OUTER PRIMARY REFERENCES SELECT SET TABLE THEN UNION \
             UNIQUE UPDATE VALUES WHEN WHERE WITH add alter and as asc by case create delete desc distinct drop else end \
             exists from group having in index inner insert into is join key left limit not null on or order outer primary \
             references select set table then union unique update values when where with",
        )
    },
    Language {
        line: &["--"],
        block: Some(("--[[", "]]")),
        ..code(
            "Lua",
            &["lua"],
            &[],
            "and break do else elseif end false \
        for function if in local nil not or repeat return then true until while",
        )
    },
    Language {
        line: &["--"],
        block: Some(("{-", "-}")),
        quotes: &["\""],
        ..code(
            "Haskell",
            &["hs"],
            &["haskell"],
            "case \
        class data deriving do else if import in instance let module newtype of then type where",
        )
    },
    Language {
        line: &[],
        block: Some(("(*", "*)")),
        quotes: &["\""],
        ..code(
            "OCaml",
            &["ml", "mli"],
            &["ocaml"],
            "and \
        else fun function if in let match module of open rec then type val when with",
        )
    },
    Language { line: &[";"], block: None, ..code("Assembly", &["asm"], &["nasm"], "") },
    Language { line: &["//", "#"], ..code("GNU Style Assembly", &["s"], &["asm", "gas"], "") },
    Language {
        line: &[";;"],
        block: Some(("(;", ";)")),
        quotes: &["\""],
        ..code(
            "WebAssembly",
            &["wat", "wast"],
            &[],
            "func \
        local module param result",
        )
    },
    Language {
        line: &[";"],
        block: None,
        quotes: &["\""],
        ..code(
            "Scheme",
            &["scm", "ss"],
            &["lisp", "scheme", "clojure"],
            "define \
        if lambda let",
        )
    },
    code("CSS", &["css"], &["scss", "less"], "important media import supports layer"),
    code("LALRPOP", &["lalrpop"], &[], "grammar enum extern match pub use"),
    code("Pest", &["pest"], &[], ""),
    Language {
        line: &[],
        block: Some(("<!--", "-->")),
        style: Style::Markup,
        ..code("HTML", &["html", "htm"], &["xhtml", "vue", "svelte"], "")
    },
    Language {
        line: &[],
        block: Some(("<!--", "-->")),
        style: Style::Markup,
        ..code("XML", &[], &["xml", "svg"], "")
    },
    Language {
        line: &[],
        block: None,
        quotes: &[],
        style: Style::Diff,
        ..code("Diff", &[], &["diff", "patch"], "")
    },
];

/// The language that a fenced block names.
pub(crate) fn named(word: &str) -> Option<&'static Language> {
    let word = word.to_ascii_lowercase();
    let has = |words: &[&str]| words.contains(&word.as_str());
    LANGUAGES.iter().find(|language| has(language.words) || has(language.endings))
}

/// The language of a file that is counted.
pub(crate) fn of_path(path: &str) -> Option<&'static Language> {
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    // `.s` and `.S`, `.r` and `.R` are each one language; for all others lower case is the rule.
    let ending = ending.to_ascii_lowercase();
    LANGUAGES.iter().find(|language| language.endings.contains(&ending.as_str()))
}

/// The classes by which `<code>` names its language.
pub(crate) fn classes() -> impl Iterator<Item = &'static str> {
    [
        "language-rust",
        "language-toml",
        "language-json",
        "language-yaml",
        "language-bash",
        "language-sh",
        "language-shell",
        "language-console",
        "language-text",
        "language-mermaid",
        "language-python",
        "language-c",
        "language-cpp",
        "language-javascript",
        "language-typescript",
        "language-html",
        "language-css",
        "language-sql",
        "language-go",
        "language-java",
        "language-diff",
        "language-xml",
    ]
    .into_iter()
}
