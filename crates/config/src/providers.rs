//! `[[provider]]`: the places by which people sign in, one table each.
//!
//! They stand in the settings file and, for containers, in `auth.providers`; both are read by the same rules, and all
//! that is wrong with all of them is told at once.

mod fields;
mod keys;
mod read;
mod tables;

use cratekeep_types::{GroupGrant, Secret};
use ipnet::IpNet;

pub(crate) use keys::{KEYS, ProviderKey};
pub(crate) use read::{read, shown};
pub(crate) use tables::{ProviderTable, from_text, take};

/// Most providers that one server has.
pub(crate) const PROVIDERS_MAX: usize = 20;

/// A place by which people sign in.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name: part of the sign-in address and of every identity it vouches for, so it never changes lightly.
    pub name: String,
    /// What the button says.
    pub title: String,
    /// Whether somebody without an account here gets one.
    pub signs_up: bool,
    /// Only who is in one of these groups may come; empty means everybody.
    pub allowed_groups: Vec<String>,
    /// Only who has a verified mail address in one of these domains may come; empty means everybody.
    pub allowed_domains: Vec<String>,
    /// What belonging to a group gives, by group.
    pub groups: Vec<(String, Vec<GroupGrant>)>,
    /// What kind of place it is.
    pub kind: ProviderKind,
}

/// How a provider is asked.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// Any OpenID Connect provider, by discovery.
    Oidc(OidcProvider),
    /// GitHub or GitHub Enterprise.
    GitHub(ForgeProvider),
    /// GitLab, hosted or self-managed.
    GitLab(ForgeProvider),
    /// A reverse proxy that has asked already.
    Proxy(ProxyProvider),
}

/// An OpenID Connect provider.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// The issuer, exactly as its discovery document writes it.
    pub issuer: String,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Secret<String>>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The claim that a new account's name is taken from.
    pub login_claim: String,
    /// The claim that lists groups; with a leading `/`, a path into nested claims.
    pub groups_claim: String,
}

/// A forge: its own sign-in and its own API.
#[derive(Clone, Debug)]
pub struct ForgeProvider {
    /// Its address, without a final slash.
    pub url: String,
    /// Its API, without a final slash.
    pub api_url: String,
    /// The application's id there.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
}

/// A proxy that puts who asks into headers.
#[derive(Clone, Debug)]
pub struct ProxyProvider {
    /// Where the proxy may connect from; from elsewhere the headers are nothing.
    pub networks: Vec<IpNet>,
    /// The header with the stable id.
    pub user_header: String,
    /// The header with the name for a new account; without one, the id is it.
    pub login_header: Option<String>,
    /// The header with the mail address.
    pub email_header: Option<String>,
    /// The header that lists groups, separated by commas.
    pub groups_header: Option<String>,
}

#[cfg(test)]
mod tests;
