//! Where the links of a readme lead. A readme is written for a page of its repository, so what is relative there is
//! relative to the commit that was packaged.

use url::Url;

/// Every id of a readme begins so, that none of the page around it can be meant.
pub(crate) const FRAGMENT_PREFIX: &str = "user-content-";

/// Longest address that is kept, in bytes.
const URL_BYTES_MAX: usize = 2_048;

/// Where a package comes from, by its own word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the repository in the manifest.
    pub repository: Option<String>,
    /// The commit that was packaged, in hexadecimal digits.
    pub commit: Option<String>,
    /// The folder of the package inside of the repository; empty for its root.
    pub folder: String,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A person follows it.
    Link,
    /// A browser shows it.
    Media,
}

/// The addresses under which a forge shows the files of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// The root of the files as pages; ends with a slash.
    pages: Url,
    /// The root of the files as they are; ends with a slash.
    raw: Url,
    /// The folder of the readme below both; empty or ending with a slash.
    folder: String,
    /// Whether pictures that are drawings are served as pictures only when asked for.
    asks_for_svg: bool,
}

/// How a forge writes the addresses of files: the part for pages, the part for the files as they are, and whether it
/// can do without a commit.
struct Forge {
    pages: &'static str,
    raw: &'static str,
    knows_head: bool,
    /// Parts of a path that name a repository; `None` for as many as there are.
    parts: Option<usize>,
}

const GITHUB: Forge = Forge { pages: "blob/", raw: "raw/", knows_head: true, parts: Some(2) };
const GITLAB: Forge = Forge { pages: "-/blob/", raw: "-/raw/", knows_head: true, parts: None };
const GITEA: Forge = Forge { pages: "src/commit/", raw: "raw/commit/", knows_head: false, parts: Some(2) };
const BITBUCKET: Forge = Forge { pages: "src/", raw: "raw/", knows_head: true, parts: Some(2) };

impl Forge {
    fn of(host: &str) -> Option<(&'static Self, bool)> {
        let is_at = |name: &str| host.split('.').next() == Some(name);
        Some(match host {
            "github.com" => (&GITHUB, true),
            "bitbucket.org" => (&BITBUCKET, false),
            "codeberg.org" => (&GITEA, false),
            _ if is_at("github") => (&GITHUB, false),
            _ if is_at("gitlab") => (&GITLAB, false),
            _ if is_at("gitea") || is_at("forgejo") || is_at("codeberg") => (&GITEA, false),
            _ => return None,
        })
    }
}

impl Base {
    /// The addresses of the files beside a readme, if the repository is at a forge whose addresses are known.
    pub(crate) fn of(origin: &Origin, readme_path: &str) -> Option<Self> {
        let repository: Url = origin.repository.as_deref()?.parse().ok()?;
        let host = repository.host_str().filter(|_| matches!(repository.scheme(), "https" | "http"))?;
        let (forge, asks_for_svg) = Forge::of(host)?;
        let commit = origin.commit.as_deref().or(forge.knows_head.then_some("HEAD"))?;
        let written: Vec<_> = repository.path().split('/').filter(|part| !part.is_empty()).collect();
        let of_files = written.iter().position(|part| *part == "-").unwrap_or(written.len());
        let parts = &written[..forge.parts.unwrap_or(of_files).min(of_files)];
        if parts.len() < 2 {
            return None;
        }
        let place = parts.join("/");
        let place = place.strip_suffix(".git").unwrap_or(&place);
        let root = |part: &str| -> Option<Url> {
            let mut url = repository.clone();
            url.set_query(None);
            url.set_fragment(None);
            let _ = url.set_username("").and_then(|()| url.set_password(None));
            url.set_path(&format!("/{place}/{part}{commit}/"));
            Some(url)
        };
        let folder = folder_of(origin, &written, readme_path);
        Some(Self { pages: root(forge.pages)?, raw: root(forge.raw)?, folder, asks_for_svg })
    }

    /// Where an address leads from the readme; `None` where it must not or cannot lead anywhere.
    pub(crate) fn resolve(base: Option<&Self>, written: &str, used: Use) -> Option<String> {
        let written = written.trim();
        if written.len() > URL_BYTES_MAX {
            return None;
        }
        if let Some(fragment) = written.strip_prefix('#') {
            let known = fragment.strip_prefix(FRAGMENT_PREFIX).unwrap_or(fragment);
            return (used == Use::Link).then(|| match known {
                "" => "#".to_owned(),
                known => format!("#{FRAGMENT_PREFIX}{known}"),
            });
        }
        match Url::parse(written) {
            Ok(url) => is_allowed(&url, used).then(|| url.into()),
            Err(url::ParseError::RelativeUrlWithoutBase) if written.starts_with("//") => {
                let url = Url::parse(&format!("https:{written}")).ok()?;
                is_allowed(&url, used).then(|| url.into())
            }
            Err(url::ParseError::RelativeUrlWithoutBase) => base?.join(written, used),
            Err(_) => None,
        }
    }

    fn join(&self, written: &str, used: Use) -> Option<String> {
        // `path::to::item` is a link for rustdoc.
        if written.is_empty() || written.contains("::") || written.starts_with('\\') {
            return None;
        }
        let root = if used == Use::Media { &self.raw } else { &self.pages };
        let from = match written.strip_prefix('/') {
            Some(absolute) => root.join(&format!("./{absolute}")),
            None => root.join(&format!("./{}", self.folder)).and_then(|folder| folder.join(written)),
        };
        let mut url = from.ok().filter(|url| url.as_str().starts_with(root.as_str()))?;
        let is_drawing = url.path().to_ascii_lowercase().ends_with(".svg");
        if used == Use::Media && self.asks_for_svg && is_drawing && url.query().is_none() {
            url.set_query(Some("sanitize=true"));
        }
        Some(url.into())
    }
}

/// The folder of a readme below the root of its repository.
fn folder_of(origin: &Origin, written: &[&str], readme_path: &str) -> String {
    let said = match written {
        // `https://github.com/owner/name/tree/branch/folder`
        [_, _, "tree", _, folder @ ..] if origin.commit.is_none() && origin.folder.is_empty() => {
            folder.join("/")
        }
        _ => origin.folder.clone(),
    };
    let beside = readme_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let parts = said.split('/').chain(beside.split('/')).filter(|part| !matches!(*part, "" | "." | ".."));
    // An address ends at these; in a folder's name they are letters.
    let letters =
        |part: &str| part.replace('%', "%25").replace('?', "%3F").replace('#', "%23").replace('\\', "%5C");
    parts.map(|part| format!("{}/", letters(part))).collect()
}

fn is_allowed(url: &Url, used: Use) -> bool {
    match url.scheme() {
        "http" | "https" => url.host().is_some(),
        "mailto" => used == Use::Link,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(repository: &str, commit: Option<&str>, folder: &str, readme: &str) -> Option<Base> {
        let origin = Origin {
            repository: Some(repository.to_owned()),
            commit: commit.map(str::to_owned),
            folder: folder.to_owned(),
        };
        Base::of(&origin, readme)
    }

    fn link(base: &Option<Base>, written: &str) -> Option<String> {
        Base::resolve(base.as_ref(), written, Use::Link)
    }

    fn media(base: &Option<Base>, written: &str) -> Option<String> {
        Base::resolve(base.as_ref(), written, Use::Media)
    }

    #[test]
    fn files_are_those_of_the_commit_at_each_forge() {
        let github = base("https://github.com/a/b.git", Some("0af"), "crates/x", "README.md");
        assert_eq!(
            link(&github, "docs/i.md?x#y").as_deref(),
            Some("https://github.com/a/b/blob/0af/crates/x/docs/i.md?x#y")
        );
        assert_eq!(
            link(&github, "../../LICENSE").as_deref(),
            Some("https://github.com/a/b/blob/0af/LICENSE")
        );
        assert_eq!(link(&github, "/LICENSE").as_deref(), Some("https://github.com/a/b/blob/0af/LICENSE"));
        assert_eq!(
            media(&github, "logo.svg").as_deref(),
            Some("https://github.com/a/b/raw/0af/crates/x/logo.svg?sanitize=true")
        );
        let gitlab = base("https://gitlab.example.org/g/h/b/-/tree/main", None, "", "docs/README.md");
        assert_eq!(
            link(&gitlab, "a b.md").as_deref(),
            Some("https://gitlab.example.org/g/h/b/-/blob/HEAD/docs/a%20b.md")
        );
        assert_eq!(
            media(&gitlab, "x.png").as_deref(),
            Some("https://gitlab.example.org/g/h/b/-/raw/HEAD/docs/x.png")
        );
        let codeberg = base("https://codeberg.org/a/b", Some("0af"), "", "README.md");
        assert_eq!(
            media(&codeberg, "x.png").as_deref(),
            Some("https://codeberg.org/a/b/raw/commit/0af/x.png")
        );
        assert_eq!(base("https://codeberg.org/a/b", None, "", "README.md"), None);
        let tree = base("https://github.com/a/b/tree/main/sub", None, "", "README.md");
        assert_eq!(link(&tree, "x.md").as_deref(), Some("https://github.com/a/b/blob/HEAD/sub/x.md"));
        let bitbucket = base("https://user:word@bitbucket.org/a/b", None, "", "README.md");
        assert_eq!(link(&bitbucket, "x.md").as_deref(), Some("https://bitbucket.org/a/b/src/HEAD/x.md"));
    }

    #[test]
    fn nothing_leads_out_of_the_repository_or_into_a_script() {
        let github = base("https://github.com/a/b", None, "../..", "README.md");
        for bad in [
            "../../../../evil",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "std::vec::Vec",
            "",
            "\\\\evil.example/x",
            "https://",
            "java\nscript:x",
        ] {
            assert_eq!(link(&github, bad), None, "{bad:?}");
        }
        assert_eq!(link(&None, "docs/x.md"), None);
        assert_eq!(media(&github, "mailto:a@b.c"), None);
        assert_eq!(link(&github, "//example.org/x").as_deref(), Some("https://example.org/x"));
        assert_eq!(link(&None, "#usage").as_deref(), Some("#user-content-usage"));
        assert_eq!(base("https://example.org/a/b", Some("0af"), "", "README.md"), None);
        assert_eq!(base("ssh://git@github.com/a/b", Some("0af"), "", "README.md"), None);
    }
}
