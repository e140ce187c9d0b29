//! The keys of a provider's table: what each is for, and which kinds of provider have it.

/// One key.
pub(crate) struct ProviderKey {
    /// Its name.
    pub(crate) name: &'static str,
    /// The kinds of provider that have it.
    pub(crate) kinds: &'static [&'static str],
    /// What it is for, with its default.
    pub(crate) about: &'static str,
    /// Whether it must never be printed.
    pub(crate) is_secret: bool,
}

const EVERY: &[&str] = &["oidc", "github", "gitlab", "proxy"];
const CLIENTS: &[&str] = &["oidc", "github", "gitlab"];
const FORGES: &[&str] = &["github", "gitlab"];
const OIDC: &[&str] = &["oidc"];
const PROXY: &[&str] = &["proxy"];

const fn key(name: &'static str, kinds: &'static [&'static str], about: &'static str) -> ProviderKey {
    ProviderKey { name, kinds, about, is_secret: false }
}

/// Every key, in the order in which they are shown.
pub(crate) const KEYS: &[ProviderKey] = &[
    key(
        "name",
        EVERY,
        "Lower-case letters, digits and `-`. Part of the address `/sign-in/NAME` and of every identity the provider vouches for: change it, and everybody is a stranger.",
    ),
    key("kind", EVERY, "`oidc`, `github`, `gitlab` or `proxy`."),
    key("title", EVERY, "What the button says; default: the name."),
    key(
        "sign_up",
        EVERY,
        "`open` gives an account to whoever comes for the first time, `closed` lets in only who has linked this provider. Default `open`; has to be written for github.com and gitlab.com unless `allowed_groups` is.",
    ),
    key("allowed_groups", EVERY, "Only members of one of these groups may come; default: everybody."),
    key(
        "allowed_domains",
        OIDC,
        "Only who has a mail address in one of these domains that the provider has verified may come; default: everybody.",
    ),
    key(
        "groups",
        EVERY,
        "A table: what belonging to a group gives, as a list of `admin`, `team:NAME` (a local team) and `ROLE@REGISTRY`.",
    ),
    key("issuer", OIDC, "The issuer, exactly as its discovery document writes it."),
    key(
        "url",
        FORGES,
        "The address of GitHub Enterprise or of a self-managed GitLab; default `https://github.com` or `https://gitlab.com`.",
    ),
    key(
        "api_url",
        FORGES,
        "The address of its API; default `https://api.github.com`, `URL/api/v3` (GitHub Enterprise) or `URL/api/v4` (GitLab).",
    ),
    key("client_id", CLIENTS, "The id of this server as a client or application of the provider."),
    ProviderKey {
        name: "client_secret",
        kinds: CLIENTS,
        about: "Its secret. `client_secret_file` names a file that holds it. Only a public client of kind `oidc` has none.",
        is_secret: true,
    },
    key(
        "scopes",
        CLIENTS,
        "What is asked for; default `openid profile email`, `read:org` (GitHub) or `read_user`, with `read_api` where groups matter (GitLab).",
    ),
    key(
        "login_claim",
        OIDC,
        "The claim that a new account's name is taken from; default `preferred_username`.",
    ),
    key(
        "groups_claim",
        OIDC,
        "The claim that lists groups, default `groups`; `/a/b` reaches into nested claims.",
    ),
    key(
        "networks",
        PROXY,
        "Where the proxy connects from, as addresses or networks. The headers count from nowhere else.",
    ),
    key("user_header", PROXY, "The header with an id that is never given to another person."),
    key("login_header", PROXY, "The header with the name for a new account; default: the id."),
    key("email_header", PROXY, "The header with the mail address; default: none."),
    key("groups_header", PROXY, "The header that lists groups, separated by commas; default: none."),
];
