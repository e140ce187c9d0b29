//! The paths that are tried: every GET route of the router's own list with words in its named places and, where it names
//! nothing but a registry, with the queries of lists; and what answers link to.

use std::collections::BTreeSet;

use cratekeep_http::RouteInfo;
use cratekeep_testkit::http::Reply;
use cratekeep_wire::sparse_path;
use http::Method;

/// Registries beside the default one.
const REGISTRIES: [&str; 3] = ["cellar", "lounge", "attic"];

/// The words that stand in named places.
pub(super) struct Words {
    krate: String,
    version: String,
    login: String,
    team: String,
    keyword: String,
}

impl Words {
    /// Of what everybody may see.
    pub(super) fn public() -> Self {
        Self {
            krate: "shown".to_owned(),
            version: "1.0.0".to_owned(),
            login: "olga".to_owned(),
            team: "team:crew".to_owned(),
            keyword: "common".to_owned(),
        }
    }

    /// Of what has this word in its name.
    pub(super) fn with(word: &str) -> Self {
        Self {
            krate: format!("{word}crate"),
            version: format!("1.0.0-{word}"),
            // That an account or a team has a name is no secret, what they own is.
            login: "olga".to_owned(),
            team: "team:crew".to_owned(),
            keyword: format!("{word}word"),
        }
    }

    /// What may stand in a place of a path.
    fn of_place(&self, place: &str) -> Vec<String> {
        let texts: &[&str] = match place {
            "name" => &[&self.krate],
            "version" => &[&self.version, "9.9.9"],
            "keyword" => &[&self.keyword],
            "login" => &[&self.login, &self.team],
            "file" => return vec![format!("{}-{}.crate", self.krate, self.version)],
            "*path" => return vec![sparse_path(&self.krate), "config.json".to_owned()],
            "registry" => &REGISTRIES,
            "id" => &["1", &self.login, &self.krate],
            "token" | "secret" | "code" => &["0123456789abcdef"],
            // A place that a later route brings: something that is there.
            _ => &[&self.krate, &self.login, &self.keyword, "1"],
        };
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    /// Queries for lists.
    fn queries(&self) -> Vec<String> {
        let Self { krate, keyword, team, .. } = self;
        vec![
            String::new(),
            format!("?q={krate}"),
            "?q=words".to_owned(),
            format!("?keyword={keyword}"),
            "?category=parsing&per_page=100".to_owned(),
            format!("?letter={}", &krate[..1]),
            "?sort=downloads".to_owned(),
            "?sort=new".to_owned(),
            format!("?ids[]={krate}&ids[]=shown"),
            format!("?crate={krate}"),
            format!("?crate_name={krate}"),
            format!("?q={team}"),
            "?after=0".to_owned(),
        ]
    }
}

/// Every path of every GET route; as many and in the same order for other words of the same kind.
pub(super) fn catalogue(routes: &[RouteInfo], words: &Words) -> Vec<String> {
    let gets = routes.iter().filter(|route| route.method == Method::GET);
    gets.flat_map(|route| {
        let paths = filled(&route.path, words);
        let bare = route.path.strip_prefix("/r/{registry}").unwrap_or(&route.path);
        let queries = if bare.contains('{') { vec![String::new()] } else { words.queries() };
        paths
            .into_iter()
            .flat_map(move |path| queries.clone().into_iter().map(move |query| format!("{path}{query}")))
    })
    .collect()
}

/// A pattern with every choice of words in its places.
fn filled(pattern: &str, words: &Words) -> Vec<String> {
    let mut paths = vec![String::new()];
    for part in pattern.split('/').skip(1) {
        let place = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let texts = place.map_or_else(|| vec![part.to_owned()], |place| words.of_place(place));
        paths =
            paths.iter().flat_map(|path| texts.iter().map(move |text| format!("{path}/{text}"))).collect();
    }
    paths
}

/// The paths of this server that an answer links to.
pub(super) fn links(reply: &Reply, address: &str) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let here = |link: &str| {
        let path = link.strip_prefix(address).unwrap_or(link);
        let is_own = path.starts_with('/') && !path.starts_with("//") && path.len() < 500;
        is_own.then(|| path.split('#').next().unwrap_or_default().replace("&amp;", "&"))
    };
    // Attributes of pages and texts in JSON both end with a quotation mark.
    text.split('"').skip(1).filter(|part| !part.contains([' ', '\n', '{', '<'])).filter_map(here).collect()
}

/// A page without the keys of its forms, which are new each time.
pub(super) fn without_form_keys(body: &str) -> String {
    let mut parts = body.split("name=\"key\" value=\"");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("name=\"key\" value=");
        plain.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    plain
}
