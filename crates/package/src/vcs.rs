//! The note that cargo leaves about version control. A broken one is as good as none.

use serde::Deserialize;

use crate::VcsInfo;

/// Where the note lies, below the root.
pub(crate) const FILE: &str = ".cargo_vcs_info.json";
/// Longest commit id in characters: SHA-256 in hexadecimal digits.
const SHA_CHARS_MAX: usize = 64;

#[derive(Deserialize)]
struct Note {
    git: Git,
    #[serde(default)]
    path_in_vcs: String,
}

#[derive(Deserialize)]
struct Git {
    sha1: String,
    #[serde(default)]
    dirty: bool,
}

pub(crate) fn parse(bytes: &[u8]) -> Option<VcsInfo> {
    let note: Note = serde_json::from_slice(bytes).ok()?;
    let sha1 = note.git.sha1;
    let sound = sha1.len() <= SHA_CHARS_MAX && sha1.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then_some(VcsInfo { sha1, dirty: note.git.dirty, path_in_vcs: note.path_in_vcs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_and_junk_is_nothing() {
        let note = br#"{"git":{"sha1":"0af","dirty":true},"path_in_vcs":"crates/a","later":1}"#;
        let info = VcsInfo { sha1: "0af".into(), dirty: true, path_in_vcs: "crates/a".into() };
        assert_eq!(parse(note), Some(info));
        assert_eq!(parse(br#"{"git":{"sha1":"0af"}}"#).map(|info| info.path_in_vcs), Some(String::new()));
        for junk in [&b""[..], b"{}", br#"{"git":{"sha1":"<b>"}}"#, b"\xff"] {
            assert_eq!(parse(junk), None);
        }
    }
}
