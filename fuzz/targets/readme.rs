//! A readme. Whatever it says, its HTML is bounded and clean, and no sign of its code is lost on the way.
#![no_main]

use cratekeep_render::{Images, Limits, Origin, Readme, highlight, plain_words, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (repository, text) = text.split_once('\n').unwrap_or(("", text));
    let origin = Origin {
        repository: Some(repository.to_owned()),
        commit: Some("0af1".to_owned()),
        folder: repository.chars().rev().collect(),
    };
    let limits = Limits { input_bytes_max: 64 << 10, output_bytes_max: 256 << 10 };
    for images in [Images::Direct, Images::Off] {
        let shown = render(&Readme { text, path: "README.md", origin: &origin }, images, &limits);
        assert!(shown.html.len() <= limits.output_bytes_max + 256);
        let html = shown.html.to_ascii_lowercase();
        for bad in ["<script", "<style", "<iframe", "<svg", "<form", "<base", "href=\"javascript", "src=\"javascript"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
    }
    assert!(plain_words(text, "README.md", &limits, 1_000).len() <= 1_000);
    for language in ["rust", "toml", "sh", "c", "python", "html", "diff", "lua"] {
        let marked = highlight(language, text);
        let bare: String = marked.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect();
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        assert_eq!(bare, text.replace('\0', "\u{fffd}"));
    }
});
