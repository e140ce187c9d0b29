//! Where a request comes from: the socket's own address, or what a trusted proxy says of the client before it.
//!
//! Whoever connects may send any header, so a header counts only as far as trusted proxies wrote it: its entries are
//! read from the right, and the first one that is no trusted proxy is the client.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderName};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

/// The header that proxies other than those of RFC 7239 write.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Most entries of the header that are looked at; no chain of proxies is as long.
const HOPS_MAX: usize = 32;

/// Where a request comes from; the listener puts it into each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The client: the socket's address, or the one that trusted proxies name.
    pub client: IpAddr,
    /// The other end of the connection, which may be a proxy.
    pub socket: SocketAddr,
}

/// Which header the proxies in front of the server write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, by RFC 7239.
    Forwarded,
}

/// The proxies whose word on the client counts.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// Networks they connect from; none by default.
    pub networks: Vec<IpNet>,
    /// The one header that they write. The other one may come from the client and never counts.
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    /// Where a request on a connection from `socket` comes from.
    #[must_use]
    pub fn address(&self, socket: SocketAddr, headers: &HeaderMap) -> Address {
        let peer = socket.ip().to_canonical();
        if !self.trusts(peer) {
            return Address { client: peer, socket };
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => FORWARDED,
        };
        let mut client = peer;
        let values: Vec<_> = headers.get_all(name).iter().collect();
        for entry in values.iter().rev().flat_map(|value| entries_from_the_right(value)).take(HOPS_MAX) {
            let named = match self.header {
                ForwardedHeader::XForwardedFor => parse_node(entry),
                ForwardedHeader::Forwarded => forwarded_for(entry).and_then(parse_node),
            };
            // What a proxy did not name is not known; the proxy itself is then the best answer.
            let Some(named) = named else { break };
            client = named;
            if !self.trusts(client) {
                break;
            }
        }
        Address { client, socket }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The comma-separated entries of a header, last one first. A value that is no text has one that says nothing.
fn entries_from_the_right(value: &HeaderValue) -> impl Iterator<Item = &str> {
    split_outside_quotes(value.to_str().unwrap_or_default(), ',').into_iter().rev()
}

/// The `for` of an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    split_outside_quotes(element, ';').into_iter().find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address with or without a port, quotes and the brackets of IPv6.
fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bracketed.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    parsed.ok().map(|address| address.to_canonical())
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|character| {
        is_quoted ^= character == '"';
        character == separator && !is_quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, socket: &str, sent: &[(&str, &str)]) -> String {
        let networks =
            ["10.0.0.0/8", "fd00::/8"].iter().map(|text| text.parse().expect("a network")).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let name: HeaderName = name.parse().expect("a header");
            headers.append(name, value.parse().expect("a value"));
        }
        let socket = socket.parse().expect("a socket address");
        let address = TrustedProxies { networks, header }.address(socket, &headers);
        assert_eq!(address.socket, socket);
        address.client.to_string()
    }

    #[test]
    fn the_right_most_untrusted_entry_is_the_client() {
        let xff = |socket: &str, values: &[&str]| {
            let sent: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
            client(ForwardedHeader::XForwardedFor, socket, &sent)
        };
        for (socket, values, expected) in [
            // Nobody in front, or nobody we trust: what the header says is the sender's own word.
            ("198.51.100.7:40", &["203.0.113.9"][..], "198.51.100.7"),
            ("[::ffff:198.51.100.7]:40", &["203.0.113.9"], "198.51.100.7"),
            ("10.0.0.1:40", &[], "10.0.0.1"),
            ("10.0.0.1:40", &["203.0.113.9"], "203.0.113.9"),
            ("[::ffff:10.0.0.1]:40", &["203.0.113.9"], "203.0.113.9"),
            // The client wrote the first entry itself.
            ("10.0.0.1:40", &["192.0.2.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1:40", &["192.0.2.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1:40", &["203.0.113.9:5000"], "203.0.113.9"),
            ("[fd00::1]:40", &["2001:db8::9"], "2001:db8::9"),
            ("[fd00::1]:40", &["[2001:db8::9]:5000"], "2001:db8::9"),
            // A chain of our own all the way: its far end.
            ("10.0.0.1:40", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // What does not parse ends the chain at who wrote it.
            ("10.0.0.1:40", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1:40", &["203.0.113.9, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1:40", &[""], "10.0.0.1"),
        ] {
            assert_eq!(xff(socket, values), expected, "{socket} {values:?}");
        }
    }

    #[test]
    fn the_standard_header_has_its_own_grammar() {
        let forwarded = |value| client(ForwardedHeader::Forwarded, "10.0.0.1:40", &[("forwarded", value)]);
        for (value, expected) in [
            ("for=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"),
            ("for=192.0.2.1, For=\"203.0.113.9:80\"", "203.0.113.9"),
            ("proto=https;for=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=203.0.113.9;host=\"a,b;for=192.0.2.1\"", "203.0.113.9"),
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(forwarded(value), expected, "{value}");
        }
    }

    #[test]
    fn only_the_header_that_the_proxies_write_counts() {
        let both = [("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1:40", &both), "203.0.113.9");
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1:40", &both), "192.0.2.1");
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1:40", &both[..1]), "10.0.0.1");
    }

    #[test]
    fn a_long_chain_is_not_followed_for_ever() {
        let long = vec!["10.0.0.9"; 100].join(",");
        let chain = format!("203.0.113.9,{long}");
        assert_eq!(
            client(ForwardedHeader::XForwardedFor, "10.0.0.1:40", &[("x-forwarded-for", &chain)]),
            "10.0.0.9"
        );
    }
}
