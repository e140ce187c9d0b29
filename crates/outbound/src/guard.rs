//! Where a call may go: which URLs, and which addresses behind their host names. Nothing is sent from here.

mod ranges;
mod resolver;

use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

pub use ranges::is_public;
pub(crate) use resolver::GuardedResolver;

/// Why a place is not called. The texts name what was refused; they are for administrators and logs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The text is no URL.
    #[error("`{0}` is no URL")]
    NoUrl(String),
    /// Neither `https` nor `http`.
    #[error("`{0}` is neither an https nor an http address")]
    Scheme(String),
    /// A user name or password before the host.
    #[error("an address with a user name or password in it is not called (host `{0}`)")]
    Userinfo(String),
    /// An address inside: private, of this machine, or of no single machine.
    #[error(
        "`{host}` leads to {address}, an address inside a private network or of this machine; the administrator can \
         permit such addresses with `outbound.allow_private`"
    )]
    Inside {
        /// The host as it was written.
        host: String,
        /// The address it stands for.
        address: IpAddr,
    },
    /// From an encrypted address to one that is not.
    #[error("`{0}` is not encrypted, and the address that led there was")]
    Downgrade(String),
}

/// Reads the text of a URL and checks all of it that can be checked without asking for names.
///
/// # Errors
/// [`Refused`].
pub fn check(text: &str, allow_private: bool) -> Result<Url, Refused> {
    let url = Url::parse(text).map_err(|_| Refused::NoUrl(shortened(text)))?;
    check_url(&url, allow_private)?;
    Ok(url)
}

/// Checks a URL as far as that can be done without asking for names. Addresses in any spelling (decimal, octal,
/// hexadecimal, with wide digits) have been brought into one form by the parser of URLs.
///
/// # Errors
/// [`Refused`].
pub fn check_url(url: &Url, allow_private: bool) -> Result<(), Refused> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Refused::Scheme(shortened(url.scheme())));
    }
    let host = url.host().ok_or_else(|| Refused::NoUrl(shortened(url.as_str())))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::Userinfo(host.to_string()));
    }
    let address = match host {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(_) => return Ok(()),
    };
    check_address(&host.to_string(), address, allow_private)
}

/// Checks one address that a host name stands for.
///
/// # Errors
/// [`Refused::Inside`].
pub fn check_address(host: &str, address: IpAddr, allow_private: bool) -> Result<(), Refused> {
    if allow_private || is_public(address) {
        return Ok(());
    }
    Err(Refused::Inside { host: host.to_owned(), address })
}

/// Characters of a foreign text that an error repeats at most.
const SHOWN_CHARS_MAX: usize = 80;

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
