//! What the roof sets for each provider.

use std::net::IpAddr;

use cratekeep_outbound::provider::ProviderOptions;
use cratekeep_types::GroupGrant;
use ipnet::IpNet;

/// A place by which people sign in.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Its name: part of the sign-in address.
    pub name: String,
    /// What the button says.
    pub title: String,
    /// Whether somebody without an account here gets one.
    pub signs_up: bool,
    /// Only who is in one of these groups may come; empty means everybody.
    pub allowed_groups: Vec<String>,
    /// Only who has a verified mail address in one of these domains (lower case) may come; empty means everybody.
    pub allowed_domains: Vec<String>,
    /// What belonging to a group gives, by group.
    pub groups: Vec<(String, Vec<GroupGrant>)>,
    /// What kind of place it is.
    pub kind: ProviderKind,
}

/// What kind of place it is.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// One that a browser is sent to.
    Asked(ProviderOptions),
    /// A proxy that puts who asks into headers.
    Proxy(ProxySettings),
}

/// A proxy that puts who asks into headers.
#[derive(Clone, Debug)]
pub struct ProxySettings {
    /// Where the proxy connects from.
    pub networks: Vec<IpNet>,
    /// The header with the stable id.
    pub user_header: String,
    /// The header with the name for a new account.
    pub login_header: Option<String>,
    /// The header with the mail address.
    pub email_header: Option<String>,
    /// The header that lists groups, separated by commas.
    pub groups_header: Option<String>,
}

impl ProviderSettings {
    /// The place itself, whatever it is called in the settings.
    pub(super) fn place(&self) -> String {
        match &self.kind {
            ProviderKind::Asked(ProviderOptions::Oidc(oidc)) => format!("oidc {}", oidc.issuer),
            ProviderKind::Asked(ProviderOptions::GitHub(forge)) => format!("github {}", forge.url),
            ProviderKind::Asked(ProviderOptions::GitLab(forge)) => format!("gitlab {}", forge.url),
            ProviderKind::Proxy(_) => format!("proxy {}", self.name),
        }
    }

    /// Whether it matters here which groups somebody is in.
    pub(super) fn wants_groups(&self) -> bool {
        !self.groups.is_empty() || !self.allowed_groups.is_empty()
    }
}

impl ProxySettings {
    /// Whether a connection from this address is the proxy's.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}
