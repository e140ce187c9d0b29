//! What a new token may do, where, from where and for how long.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use cratekeep_store::token::NewToken;
use cratekeep_types::{
    Account, CratePattern, RegistryName, Role, Scope, ScopeSet, SessionId, Timestamp, TokenText, UserId,
};
use ipnet::{IpNet, Ipv4Net};

use crate::{App, AppError};

/// Longest label of a token in characters.
const LABEL_CHARS_MAX: usize = 100;
/// Most crate patterns, registries or networks of a token.
const ITEMS_MAX: usize = 100;
/// How many bits of an IPv6 address stand before an IPv4 address that is written as one.
const MAPPED_BITS: u8 = 96;

/// What somebody asks of a new token, as it was written.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// What its holder calls it.
    pub label: String,
    /// Words for what it may do; `None` means whatever its holder may, short of administering.
    pub scopes: Option<Vec<String>>,
    /// Which crates it is for: names, or prefixes with a star; empty means every crate.
    pub crates: Vec<String>,
    /// Names of the registries it is for; empty means every registry.
    pub registries: Vec<String>,
    /// Addresses and networks from which it may be used (`192.0.2.7`, `10.0.0.0/8`); empty means from everywhere.
    pub addresses: Vec<String>,
    /// When it ends; `None` means as late as this server allows.
    pub expires_at: Option<Timestamp>,
}

/// A request whose words are understood.
#[derive(Clone, Debug)]
pub(crate) struct TokenWish {
    pub(crate) label: String,
    /// `None`: whatever its holder may.
    pub(crate) scopes: Option<ScopeSet>,
    pub(crate) crates: Vec<CratePattern>,
    pub(crate) registries: Vec<RegistryName>,
    pub(crate) addresses: Vec<IpNet>,
    pub(crate) session: Option<SessionId>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl TokenWish {
    /// A token that may do whatever its holder may, everywhere and for ever.
    pub(crate) fn everything(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            scopes: None,
            crates: Vec::new(),
            registries: Vec::new(),
            addresses: Vec::new(),
            session: None,
            expires_at: None,
        }
    }

    /// The row. A token is without limits only when neither its actions nor its crates nor its registries are named.
    pub(super) fn into_row(self, user: UserId, text: &TokenText) -> NewToken {
        let is_legacy = self.scopes.is_none() && self.crates.is_empty() && self.registries.is_empty();
        NewToken {
            user,
            label: self.label.trim().to_owned(),
            hash: text.hash(),
            scopes: self.scopes.unwrap_or_else(ScopeSet::all),
            crates: self.crates,
            registries: self.registries,
            addresses: self.addresses,
            is_legacy,
            session: self.session,
            expires_at: self.expires_at,
        }
    }
}

impl App {
    /// Reads the words of a request.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with a sentence for each word that is out of grammar.
    pub(crate) fn wish(&self, request: TokenRequest) -> Result<TokenWish, AppError> {
        let mut problems = Vec::new();
        let scopes = request.scopes.map(|words| {
            read::<Scope>(&words, "invalid endpoint scope: ", &mut problems).into_iter().collect::<ScopeSet>()
        });
        if problems.is_empty() && scopes.is_some_and(ScopeSet::is_empty) {
            problems.push("a token without a scope could do nothing; name at least one".to_owned());
        }
        let crates = read(&request.crates, "invalid crate scope: ", &mut problems);
        let registries = read(&request.registries, "", &mut problems);
        let addresses = read::<Network>(&request.addresses, "", &mut problems);
        let addresses = addresses.into_iter().map(|network| network.0).collect();
        if let Some(end) = request.expires_at {
            problems.extend(self.check_end(end).err());
        }
        if !problems.is_empty() {
            return Err(AppError::Invalid(problems));
        }
        let expires_at = request.expires_at.or_else(|| self.latest_end());
        Ok(TokenWish {
            label: request.label,
            scopes,
            crates,
            registries,
            addresses,
            session: None,
            expires_at,
        })
    }

    /// Checks what the words alone do not say.
    pub(super) fn check_wish(&self, wish: &TokenWish) -> Result<(), AppError> {
        let mut problems = Vec::new();
        let label = wish.label.trim();
        if label.is_empty() {
            problems.push("name must have a value".to_owned());
        }
        if label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
            problems.push(format!("a token's name is one line of {LABEL_CHARS_MAX} characters at most"));
        }
        for (what, count) in [
            ("crate patterns", wish.crates.len()),
            ("registries", wish.registries.len()),
            ("networks", wish.addresses.len()),
        ] {
            if count > ITEMS_MAX {
                problems.push(format!("a token has at most {ITEMS_MAX} {what}, found {count}"));
            }
        }
        for name in wish.registries.iter().filter(|name| self.registry(name.as_str()).is_none()).take(3) {
            problems.push(format!("there is no registry `{name}`"));
        }
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }

    /// The scope `admin` is for those who administer the server or a registry.
    pub(super) async fn check_admin_scope(&self, wish: &TokenWish, holder: &Account) -> Result<(), AppError> {
        if holder.is_admin || !wish.scopes.is_some_and(|scopes| scopes.allows(Scope::Admin)) {
            return Ok(());
        }
        let mut conn = self.store.read().await?;
        let memberships = cratekeep_store::member::memberships(&mut conn, holder.id).await?;
        let administers = memberships.roles.iter().any(|(_, role)| *role == Role::Administrator)
            || cratekeep_store::member::is_group_admin(&mut conn, holder.id).await?;
        if administers {
            return Ok(());
        }
        Err(AppError::invalid(format!(
            "the scope `admin` is for administrators of this server or of a registry, and `{}` is none",
            holder.name
        )))
    }
}

/// The limits of a token in words, for the audit log.
pub(super) fn limits_of(token: &NewToken) -> String {
    let mut text = format!("`{}`: scopes {}", token.label, token.scopes);
    let mut add = |what: &str, items: String| {
        if !items.is_empty() {
            text.push_str(&format!("; {what} {items}"));
        }
    };
    add("crates", joined(&token.crates));
    add("registries", joined(&token.registries));
    add("from", joined(&token.addresses));
    add("ends", token.expires_at.map(Timestamp::to_seconds_text).unwrap_or_default());
    text
}

/// Reads each word; the problems go to the list, each beginning with `what`.
fn read<T: FromStr<Err: Display>>(words: &[String], what: &str, problems: &mut Vec<String>) -> Vec<T> {
    let mut good = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        match word.parse() {
            Ok(value) => good.push(value),
            Err(error) => problems.push(format!("{what}{error}")),
        }
    }
    good
}

fn joined(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A network or one address; an IPv4 address in the form of IPv6 is taken as what it is.
struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let network = network.map_err(|_| {
            format!(
                "`{text}` is no network address; write an address (`192.0.2.7`) or a network (`10.0.0.0/8`)"
            )
        })?;
        Ok(Self(canonical(network)))
    }
}

fn canonical(network: IpNet) -> IpNet {
    if let IpNet::V6(v6) = network
        && let Some(address) = v6.addr().to_ipv4_mapped()
        && let Some(bits) = v6.prefix_len().checked_sub(MAPPED_BITS)
        && let Ok(v4) = Ipv4Net::new(address, bits)
    {
        return IpNet::V4(v4.trunc());
    }
    network.trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_take_one_form() {
        for (written, kept) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("fd00::1/8", "fd00::/8"),
            ("::1", "::1/128"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(written.parse::<Network>().expect(written).0.to_string(), kept);
        }
        for bad in ["", "10.0.0.0/33", "10.0.0", "localhost", "10.0.0.0/8,", "::/129", "010.0.0.1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
