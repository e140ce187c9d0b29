//! `[outbound]`: how the server calls other servers.

use std::path::PathBuf;
use std::time::Duration;

use cratekeep_types::Secret;

use crate::kinds::{FilePath, KIB, MIB, Optional, SecretText, Size, Span, Switch};
use crate::table::{Reader, section};

section! {
    /// How the server calls other servers: sign-in providers, the issuers of identities of builds, GitHub and GitLab.
    shown struct Outbound in "outbound" {
        /// Whether addresses inside private networks and on this machine may be called. Without it only addresses on
        /// the open Internet are, so that nobody can use the server to look into your network. Set it to true when a
        /// provider you trust is inside.
        allow_private: bool = Switch { default: "false" },
        /// The HTTP proxy through which every call goes, perhaps with a user name and password. Proxies that the
        /// environment names are not used. Names are then looked up by the proxy, which must itself refuse addresses
        /// inside.
        proxy: Option<Secret<String>> = Optional(SecretText {
            default: "http://proxy.example.com:3128",
            allowed: "http://HOST:PORT or https://HOST:PORT",
            check: check_proxy,
        }),
        /// A file of certificates in PEM form that are trusted beside those of the system.
        extra_ca: Option<PathBuf> = Optional(FilePath { default: "/etc/cratekeep/ca.pem" }),
        /// Longest time to make a connection.
        connect_secs_max: Duration = Span { default: "5s", min_secs: 1, max_secs: 300 },
        /// Longest time for a call with all its redirects, until the last byte of the answer.
        answer_secs_max: Duration = Span { default: "15s", min_secs: 1, max_secs: 600 },
        /// Largest answer that is read.
        body_bytes_max: u64 = Size { default: "1MiB", min: 16 * KIB, max: 64 * MIB },
    }
}

impl Outbound {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}

fn check_proxy(text: &str) -> Result<(), String> {
    let url = url::Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("this is not the address of an HTTP proxy".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_http_address() {
        assert_eq!(check_proxy("http://user:word@proxy:3128"), Ok(()));
        for wrong in ["proxy:3128", "socks5://proxy", "proxy", "http://"] {
            assert!(check_proxy(wrong).is_err(), "{wrong}");
        }
    }
}
