//! Tables into providers.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::str::FromStr;

use cratekeep_types::GroupGrant;
use ipnet::IpNet;

use super::fields::Fields;
use super::{
    ForgeProvider, KEYS, OidcProvider, PROVIDERS_MAX, Provider, ProviderKind, ProviderTable, ProxyProvider,
};
use crate::kinds::{BaseUrl, Choice, IssuerUrl, List, Text, any_text, is_safe};
use crate::problem::Problem;
use crate::settings::ShownSetting;
use crate::table::{Kind as _, Raw};

/// Longest name of a provider in characters.
const NAME_CHARS_MAX: usize = 32;
/// Names that other sign-in pages have.
const TAKEN_NAMES: [&str; 8] = ["code", "link", "local", "new", "passkey", "password", "reset", "setup"];

const NAME: Text = Text {
    default: "",
    allowed: "1 to 32 lower-case letters, digits and `-`, beginning with a letter",
    check: check_name,
};
const ANY: Text = Text { default: "", allowed: "a text", check: any_text };
const HEADER: Text = Text { default: "", allowed: "the name of a header", check: check_header };
const WORDS: List = List { example: "", allowed: "a list of texts", check: check_word };
const NETWORKS: List = List {
    example: "",
    allowed: "a list of addresses and networks, as in 10.1.2.3 or 10.0.0.0/8",
    check: check_network,
};
const GRANTS: List =
    List { example: "", allowed: "a list of `admin`, `team:NAME` and `ROLE@REGISTRY`", check: check_grant };
const SIGN_UP: Choice<SignUp> = Choice { default: "open", allowed: "open, closed", of: PhantomData };
const KIND: Choice<Word> = Choice { default: "", allowed: "oidc, github, gitlab, proxy", of: PhantomData };
const URL: BaseUrl = BaseUrl { default: "" };

/// Checks every table; two providers of one name are a problem too.
pub(crate) fn read(tables: &[ProviderTable], problems: &mut Vec<Problem>) -> Option<Vec<Provider>> {
    if tables.len() > PROVIDERS_MAX {
        problems.push(Problem::Conflict(format!(
            "there are {} providers; at most {PROVIDERS_MAX} are allowed",
            tables.len()
        )));
    }
    let read: Vec<Option<Provider>> = tables
        .iter()
        .enumerate()
        .map(|(index, table)| provider(&mut Fields::of(table, index, problems)))
        .collect();
    let mut names = BTreeSet::new();
    for (provider, table) in read.iter().zip(tables) {
        if let Some(provider) = provider
            && !names.insert(&provider.name)
        {
            let name = &provider.name;
            problems.push(Problem::Conflict(format!(
                "{}: there is already a provider `{name}`; give each a name of its own",
                table.origin
            )));
        }
    }
    read.into_iter().collect()
}

/// The keys that are set, as `cratekeep config show` prints them.
pub(crate) fn shown(tables: &[ProviderTable]) -> Vec<ShownSetting> {
    let mut shown = Vec::new();
    for (table, provider) in tables.iter().enumerate() {
        let name = provider.values.iter().find(|(key, ..)| key == "name").map(|(_, raw, _)| raw);
        let called = match name {
            Some(Raw::Text(name)) => name.clone(),
            _ => (table + 1).to_string(),
        };
        for (key, raw, origin) in &provider.values {
            let is_secret = KEYS.iter().any(|known| known.is_secret && known.name == key);
            let value = if is_secret { "***".to_owned() } else { raw.shown() };
            let key = format!("provider.{called}.{key}");
            shown.push(ShownSetting { key, value: Some(value), origin: origin.clone() });
        }
        for (group, raw, origin) in &provider.groups {
            let key = format!("provider.{called}.groups.{group}");
            shown.push(ShownSetting { key, value: Some(raw.shown()), origin: origin.clone() });
        }
    }
    shown
}

fn provider(fields: &mut Fields<'_>) -> Option<Provider> {
    let word = fields.need("kind", &KIND);
    fields.refuse_others(word.as_ref().map(|word| word.0));
    let name = fields.need("name", &NAME);
    let title = fields.maybe("title", &ANY);
    let sign_up = fields.maybe("sign_up", &SIGN_UP);
    let allowed_groups = fields.or("allowed_groups", &WORDS, Vec::new);
    let allowed_domains = fields.or("allowed_domains", &WORDS, Vec::new);
    let groups = groups(fields);
    let kind = match word.as_ref().map(|word| word.0) {
        Some("oidc") => oidc(fields).map(ProviderKind::Oidc),
        Some("github") => github(fields).map(ProviderKind::GitHub),
        Some("gitlab") => {
            let wants_groups = !fields.groups().is_empty() || fields.has("allowed_groups");
            gitlab(fields, wants_groups).map(ProviderKind::GitLab)
        }
        Some(_) => proxy(fields).map(ProviderKind::Proxy),
        None => None,
    };
    let (name, kind, sign_up, allowed_groups) = (name?, kind?, sign_up?, allowed_groups?);
    if sign_up.is_none() && allowed_groups.is_empty() && is_public(&kind) {
        fields.wrong(
            "anybody can have an account there: write sign_up = \"open\", sign_up = \"closed\", or allowed_groups"
                .to_owned(),
        );
        return None;
    }
    Some(Provider {
        title: title?.unwrap_or_else(|| name.clone()),
        signs_up: sign_up.is_none_or(|sign_up| sign_up == SignUp::Open),
        allowed_groups,
        allowed_domains: allowed_domains?.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
        groups: groups?,
        name,
        kind,
    })
}

fn oidc(fields: &mut Fields<'_>) -> Option<OidcProvider> {
    let issuer = fields.need("issuer", &IssuerUrl);
    let client_id = fields.need("client_id", &ANY);
    let client_secret = fields.secret("client_secret");
    let words = || ["openid", "profile", "email"].map(str::to_owned).to_vec();
    let scopes = fields.or("scopes", &WORDS, words);
    let login_claim = fields.or("login_claim", &ANY, || "preferred_username".to_owned());
    let groups_claim = fields.or("groups_claim", &ANY, || "groups".to_owned());
    let scopes = scopes?;
    if !scopes.iter().any(|scope| scope == "openid") {
        fields.wrong("scopes has no `openid`, without which there is no ID token".to_owned());
        return None;
    }
    Some(OidcProvider {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes,
        login_claim: login_claim?,
        groups_claim: groups_claim?,
    })
}

fn github(fields: &mut Fields<'_>) -> Option<ForgeProvider> {
    let api = |url: &str| match url {
        "https://github.com" => "https://api.github.com".to_owned(),
        other => format!("{other}/api/v3"),
    };
    forge(fields, "https://github.com", api, &["read:org"])
}

fn gitlab(fields: &mut Fields<'_>, wants_groups: bool) -> Option<ForgeProvider> {
    let scopes: &[&str] = if wants_groups { &["read_user", "read_api"] } else { &["read_user"] };
    forge(fields, "https://gitlab.com", |url| format!("{url}/api/v4"), scopes)
}

fn forge(
    fields: &mut Fields<'_>,
    home: &str,
    api: impl Fn(&str) -> String,
    scopes: &[&str],
) -> Option<ForgeProvider> {
    let url = fields.or("url", &URL, || home.to_owned());
    let api_url = fields.maybe("api_url", &URL);
    let client_id = fields.need("client_id", &ANY);
    let client_secret = fields.secret("client_secret");
    let scopes = fields.or("scopes", &WORDS, || scopes.iter().map(|&scope| scope.to_owned()).collect());
    if client_secret == Some(None) {
        fields.wrong("client_secret is missing; allowed: a text, or client_secret_file".to_owned());
    }
    let url = url?;
    for (key, text) in [("url", Some(&url)), ("api_url", api_url.as_ref().and_then(Option::as_ref))] {
        if text.and_then(|text| url::Url::parse(text).ok()).is_some_and(|url| !is_safe(&url)) {
            fields.wrong(format!("{key} is plain http, and what comes over it could come from anybody"));
        }
    }
    Some(ForgeProvider {
        api_url: api_url?.unwrap_or_else(|| api(&url)),
        url,
        client_id: client_id?,
        client_secret: client_secret??,
        scopes: scopes?,
    })
}

fn proxy(fields: &mut Fields<'_>) -> Option<ProxyProvider> {
    let networks = fields.need("networks", &NETWORKS);
    let user_header = fields.need("user_header", &HEADER);
    let login_header = fields.maybe("login_header", &HEADER);
    let email_header = fields.maybe("email_header", &HEADER);
    let groups_header = fields.maybe("groups_header", &HEADER);
    let networks = networks?;
    if networks.is_empty() {
        fields.wrong("networks is empty, so nobody could come".to_owned());
        return None;
    }
    Some(ProxyProvider {
        networks: networks.iter().filter_map(|text| network(text).ok()).collect(),
        user_header: user_header?,
        login_header: login_header?,
        email_header: email_header?,
        groups_header: groups_header?,
    })
}

fn groups(fields: &mut Fields<'_>) -> Option<Vec<(String, Vec<GroupGrant>)>> {
    let mut read = Some(Vec::new());
    for (group, raw, origin) in fields.groups() {
        match GRANTS.parse(raw) {
            Ok(grants) => {
                let grants = grants.iter().filter_map(|grant| grant.parse().ok()).collect();
                if let Some(read) = &mut read {
                    read.push((group.clone(), grants));
                }
            }
            Err(reason) => {
                fields.wrong(format!("groups.\"{group}\" = {} ({origin}): {reason}", raw.shown()));
                read = None;
            }
        }
    }
    read
}

/// Whether anybody in the world can have an account there.
fn is_public(kind: &ProviderKind) -> bool {
    match kind {
        ProviderKind::GitHub(forge) => forge.url == "https://github.com",
        ProviderKind::GitLab(forge) => forge.url == "https://gitlab.com",
        ProviderKind::Oidc(_) | ProviderKind::Proxy(_) => false,
    }
}

/// A kind of provider that there is.
struct Word(&'static str);

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ["oidc", "github", "gitlab", "proxy"].into_iter().find(|known| *known == text);
        known.map(Self).ok_or_else(|| "this is none of the words allowed".to_owned())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SignUp {
    Open,
    Closed,
}

impl FromStr for SignUp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err("this is none of the words allowed".to_owned()),
        }
    }
}

fn check_name(text: &str) -> Result<(), String> {
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() > NAME_CHARS_MAX || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("this is no name of a provider".to_owned());
    }
    if let Some(odd) = text.chars().find(|c| !is_good(*c)) {
        return Err(format!("it has the character `{odd}`"));
    }
    if TAKEN_NAMES.contains(&text) {
        return Err("another page of the sign-in is called so".to_owned());
    }
    Ok(())
}

fn check_header(text: &str) -> Result<(), String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.chars().all(is_good) { Ok(()) } else { Err("this is no name of a header".to_owned()) }
}

fn check_word(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) { Err("it has a control character".to_owned()) } else { Ok(()) }
}

fn check_network(text: &str) -> Result<(), String> {
    network(text).map(drop)
}

fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    parsed.map_err(|_| format!("`{text}` is neither an address nor a network"))
}

fn check_grant(text: &str) -> Result<(), String> {
    text.parse::<GroupGrant>().map(drop).map_err(|error| error.to_string())
}
