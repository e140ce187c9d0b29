//! Writes what the fuzzer starts from: a few good inputs of each target and a few that are bad in one way.
//!
//! `seeds FOLDER` makes `FOLDER/<target>/<name>`.

use std::fs;
use std::path::Path;

use cratekeep_fuzz::{MANIFEST, ROOT, gzip, opened, tar};
use cratekeep_wire::encode_frame;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".to_owned());
    let folder = Path::new(&folder);
    for (target, seeds) in [
        ("frame", frames()),
        ("archive", archives()),
        ("manifest", manifests()),
        ("index_line", lines()),
        ("sparse_path", paths()),
        ("readme", readmes()),
    ] {
        fs::create_dir_all(folder.join(target))?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(target).join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}

fn frames() -> Vec<Vec<u8>> {
    let json = br#"{"name":"demo","vers":"1.0.0","deps":[{"name":"b","version_req":"^1","features":["f"],"optional":false,
        "default_features":true,"target":"cfg(unix)","kind":"normal","registry":null,"explicit_name_in_toml":"c"}],
        "features":{"f":["dep:b"]},"authors":[],"description":"d","license":"MIT","keywords":["k"],"badges":{}}"#;
    let whole = [b"\x06".to_vec(), encode_frame(json, b"crate bytes")].concat();
    let empty = [b"\0".to_vec(), encode_frame(br#"{"name":"a","vers":"1.0.0"}"#, b"")].concat();
    let trailing = [whole.clone(), b"x".to_vec()].concat();
    vec![whole[..whole.len() - 3].to_vec(), whole, empty, trailing, b"\0\xff\xff\xff\xff".to_vec()]
}

fn archives() -> Vec<Vec<u8>> {
    let manifest = MANIFEST.as_bytes();
    let long = "l".repeat(120);
    let good =
        tar(&[("Cargo.toml", manifest), ("src/lib.rs", b"//"), (&long, b"x"), ("README.md", b"# demo")]);
    let mut with_folder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mode(0o755);
    header.set_size(0);
    with_folder.append_data(&mut header, format!("{ROOT}/src/"), &b""[..]).expect("memory takes all");
    let pax = [("path", format!("{ROOT}/p").into_bytes()), ("size", b"0".to_vec())];
    with_folder
        .append_pax_extensions(pax.iter().map(|(key, value)| (*key, value.as_slice())))
        .expect("memory takes all");
    let start = with_folder.into_inner().expect("memory takes all");
    let mixed = [&start[..start.len() - 1024], &tar(&[("p", b""), ("Cargo.toml", manifest)])].concat();
    // A target whose good seeds are refused would test nothing.
    assert!(opened(&gzip(&good)).is_some() && opened(&gzip(&mixed)).is_some());
    let plain = |tar: &[u8]| [b"\0", tar].concat();
    vec![
        plain(&good),
        plain(&mixed),
        plain(&good[..good.len() - 1024]),
        [b"\x01".to_vec(), gzip(&good)].concat(),
        [b"\x01".to_vec(), gzip(&good), gzip(b"")].concat(),
    ]
}

fn manifests() -> Vec<Vec<u8>> {
    let more = [
        "",
        "[dependencies]\na = \"1\"\nb = { version = \">=1, <2\", optional = true, package = \"c\" }\n\
         [features]\nf = [\"dep:b\", \"a/x\"]\ng = [\"b?/y\"]\n",
        "[target.'cfg(unix)'.dev-dependencies]\nd = { version = \"*\", default-features = false, features = [\"f\"] }\n\
         [build-dependencies.e]\nversion = \"=1.2.3\"\nregistry-index = \"sparse+https://r.example/index/\"\n",
        "edition = \"2021\"\nrust-version = \"1.70\"\nlinks = \"z\"\nreadme = false\nkeywords = [\"k\"]\n[lib]\nname = \"x\"\n\
         [[bin]]\nname = \"y\"\npath = \"src/main.rs\"\n",
        "[dev-dependencies]\nd = { path = \"../d\" }\n[workspace]\n[patch.crates-io]\n[profile.dev]\nopt-level = 1\n",
    ];
    let manifests: Vec<_> = more.iter().map(|more| format!("{MANIFEST}{more}").into_bytes()).collect();
    for good in &manifests[..manifests.len() - 1] {
        assert!(
            opened(&gzip(&tar(&[("Cargo.toml", good), ("src/lib.rs", b""), ("src/main.rs", b"")]))).is_some()
        );
    }
    manifests
}

fn lines() -> Vec<Vec<u8>> {
    let lines = [
        r#"{"name":"a","vers":"1.0.0","deps":[],"cksum":"00","features":{},"yanked":false}"#,
        r#"{"name":"a","vers":"1.0.0+b","deps":[{"name":"x","req":"^1","features":["f"],"optional":true,
            "default_features":false,"target":"cfg(unix)","kind":"build","registry":"sparse+https://r.example/",
            "package":"y","public":true}],"cksum":"00","features":{"f":["g"]},"features2":{"g":["dep:x","x?/z"]},
            "yanked":true,"links":"l","rust_version":"1.70","pubtime":"2026-01-02T03:04:05Z","v":2}"#,
        r#"{"name":"a","vers":"0.1.0","deps":[{"name":"b","req":"*","kind":null}],"cksum":"","yanked":null,"later":1}"#,
    ];
    lines.iter().map(|line| line.as_bytes().to_vec()).collect()
}

fn readmes() -> Vec<Vec<u8>> {
    let texts = [
        "https://github.com/a/b\n# T\n\n[l](x.md) ![i](i.svg) <b>raw</b>[^1]\n\n[^1]: n\n\n- [x] t\n\n|a|b|\n|-|-|\n|1|2|\n",
        "https://gitlab.com/a/b/c\n> [!NOTE]\n> x\n\n```rust,ignore\nfn f() { r#\"x\"#; 'a' }\n```\n<img src=x onerror=y>\n",
        "https://codeberg.org/a/b\n<table><tr><td><a href='javascript:x'>y</a><svg><style><!--</style></svg>\n",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn paths() -> Vec<Vec<u8>> {
    let paths = [
        "1/a",
        "2/ab",
        "3/a/abc",
        "ab/cd/abcd-e_f",
        "Serde",
        "../x",
        "se/rd/serde/",
        "config.json",
        "9a",
        "\u{e9}\u{e9}",
    ];
    paths.iter().map(|path| path.as_bytes().to_vec()).collect()
}
