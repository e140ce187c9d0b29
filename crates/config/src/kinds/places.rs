//! Addresses, URLs and paths.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use super::text_of;
use crate::table::{Kind, KindFacts, Preset, Raw};

/// A host and a port to listen on; the host may be a name, an IPv4 address or an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    host: String,
    port: u16,
}

impl ListenAddress {
    /// The host without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 lets the system choose one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').ok_or("the port is missing")?;
        let port = port.parse().map_err(|_| format!("`{port}` is no port number"))?;
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => inner,
            None if host.contains(':') => return Err("write an IPv6 address in brackets".to_owned()),
            None => host,
        };
        if host.is_empty() {
            return Err("the host is missing; write 0.0.0.0 for every address".to_owned());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}

/// `HOST:PORT`.
pub(crate) struct Listen {
    pub(crate) default: &'static str,
}

impl Kind for Listen {
    type Value = ListenAddress;

    fn parse(&self, raw: &Raw) -> Result<ListenAddress, String> {
        text_of(raw)?.parse()
    }
}

impl KindFacts for Listen {
    fn allowed(&self) -> String {
        "HOST:PORT, as in 127.0.0.1:8080 or [::]:8080".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// The address under which clients reach the server; a path is for reverse proxies that cut it off.
pub(crate) struct BaseUrl {
    pub(crate) default: &'static str,
}

impl Kind for BaseUrl {
    type Value = String;

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let url = Url::parse(text_of(raw)?).map_err(|error| format!("this is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the scheme is `{}`", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user name or password does not belong into it".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a query or fragment does not belong into it".to_owned());
        }
        if url.path().ends_with(".git") {
            return Err("cargo takes an address that ends in `.git` for another registry".to_owned());
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

impl KindFacts for BaseUrl {
    fn allowed(&self) -> String {
        "http:// or https:// with a host, perhaps a port and a path".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// The issuer of an OpenID Connect provider, kept exactly as it is written: it is compared byte by byte.
pub(crate) struct IssuerUrl;

impl Kind for IssuerUrl {
    type Value = String;

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let text = text_of(raw)?;
        let url = Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
        if !is_safe(&url) {
            return Err("what comes over plain http could come from anybody".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a query or fragment does not belong into it".to_owned());
        }
        Ok(text.to_owned())
    }
}

impl KindFacts for IssuerUrl {
    fn allowed(&self) -> String {
        "https:// with a host and perhaps a path; http:// only for this machine itself".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Unset { example: "https://id.example.com" }
    }
}

/// Whether nobody on the way can change what comes from there.
pub(crate) fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// A path of a file or folder. In the settings file a relative one starts at that file's folder, elsewhere at the
/// folder the program was started in.
pub(crate) struct FilePath {
    pub(crate) default: &'static str,
}

impl Kind for FilePath {
    type Value = PathBuf;

    fn parse(&self, raw: &Raw) -> Result<PathBuf, String> {
        let text = text_of(raw)?;
        if text.contains('\0') {
            return Err("a path has no NUL character".to_owned());
        }
        std::path::absolute(text).map_err(|error| format!("the path cannot be made absolute: {error}"))
    }
}

impl KindFacts for FilePath {
    fn allowed(&self) -> String {
        "a path".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }

    fn is_path(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_parse_and_print() {
        for text in ["127.0.0.1:8080", "[::1]:0", "localhost:80", "0.0.0.0:65535"] {
            assert_eq!(text.parse::<ListenAddress>().map(|a| a.to_string()), Ok(text.to_owned()));
        }
        for bad in ["8080", ":8080", "localhost", "::1:80", "host:70000", "host:"] {
            assert!(bad.parse::<ListenAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn base_urls_have_no_final_slash() {
        let parse = |text: &str| BaseUrl { default: "" }.parse(&Raw::Text(text.to_owned()));
        for (text, origin) in [
            ("https://crates.example.com/", "https://crates.example.com"),
            ("http://LOCALHOST:8080", "http://localhost:8080"),
            ("https://crates.example.com:443", "https://crates.example.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://example.com/crates/", "https://example.com/crates"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(origin));
        }
        for bad in [
            "crates.example.com",
            "ftp://x",
            "https://x/a.git",
            "https://x/?q",
            "https://u:p@x",
            "https://x/#f",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
