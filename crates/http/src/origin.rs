//! Whether a form was sent from a page of ours.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// Whether the request comes from a page of this server: browsers say so in `Sec-Fetch-Site`, older ones in `Origin`.
/// A request that says neither does not come from a browser and carries nobody's cookies.
#[must_use]
pub fn same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN).map(|value| value.to_str().unwrap_or_default()) else {
        return true;
    };
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin_host = origin.split_once("://").map_or("", |(_, host)| host);
    base_url == origin
        || base_url.starts_with(&format!("{origin}/"))
        || (!host.is_empty() && origin_host == host)
}

/// As [`same_origin`], but the request has to say so. Asked where a cookie stands for somebody, and of every form.
#[must_use]
pub fn says_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let says = headers.contains_key("sec-fetch-site") || headers.contains_key(ORIGIN);
    says && same_origin(headers, base_url)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const BASE: &str = "https://crates.example/keep";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn ask(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = headers(pairs);
        let passes = same_origin(&headers, BASE);
        assert_eq!(says_same_origin(&headers, BASE), passes && !pairs.is_empty());
        passes
    }

    #[test]
    fn forms_from_elsewhere_are_told_apart() {
        assert!(
            ask(&[])
                && ask(&[("sec-fetch-site", "same-origin")])
                && ask(&[("origin", "https://crates.example")])
        );
        assert!(ask(&[("origin", "http://127.0.0.1:80"), ("host", "127.0.0.1:80")]));
        assert!(!ask(&[("sec-fetch-site", "cross-site")]) && !ask(&[("sec-fetch-site", "same-site")]));
        assert!(
            !ask(&[("origin", "https://evil.example"), ("host", "crates.example")])
                && !ask(&[("origin", "null")])
        );
    }
}
