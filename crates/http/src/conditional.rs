//! Conditional and range requests, as far as a registry needs them (RFC 9110 §13 and §14).

use std::ops::Range;

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH, RANGE};

/// Whether the client already has the representation with the strong ETag `etag`.
///
/// A weak form of the same tag counts: caches weaken tags when they compress.
#[must_use]
pub fn not_modified(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list == etag
            || list
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

/// Whether the client takes gzip.
#[must_use]
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let gzip = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
            gzip && !parts.any(|part| part.replace(' ', "").trim_start_matches("q=").parse() == Ok(0.0_f32))
        })
    })
}

/// What a range header asks of a representation of `size` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranged {
    /// Everything: there is no range header, or one that we answer whole (several ranges, other units).
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that are not there.
    Unsatisfiable,
}

/// Reads the `Range` header. `If-Range` is not evaluated: stored files never change.
#[must_use]
pub fn ranged(headers: &HeaderMap, size: u64) -> Ranged {
    let Some(spec) = headers.get(RANGE).and_then(|value| value.to_str().ok()?.strip_prefix("bytes=")) else {
        return Ranged::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else { return Ranged::Whole };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= size => Ranged::Unsatisfiable,
        (Ok(first), Ok(last)) if first <= last => Ranged::Part(first..last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => Ranged::Part(first..size),
        (Err(_), Ok(0)) if first.is_empty() => Ranged::Unsatisfiable,
        (Err(_), Ok(count)) if first.is_empty() => Ranged::Part(size.saturating_sub(count)..size),
        _ => Ranged::Whole,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_validator_matches_in_every_form_a_client_may_send_it() {
        for same in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(not_modified(&with(IF_NONE_MATCH, same), "\"a\""), "{same}");
        }
        for other in ["\"b\"", "a", ""] {
            assert!(!not_modified(&with(IF_NONE_MATCH, other), "\"a\""), "{other}");
        }
        assert!(!not_modified(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn gzip_is_taken_when_named_and_not_refused() {
        for yes in ["gzip", "deflate, gzip", "br, GZIP;q=0.5"] {
            assert!(accepts_gzip(&with(ACCEPT_ENCODING, yes)), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip2"] {
            assert!(!accepts_gzip(&with(ACCEPT_ENCODING, no)), "{no}");
        }
    }

    #[test]
    fn ranges_stay_inside_the_file() {
        let part = |spec| ranged(&with(RANGE, spec), 10);
        assert_eq!(part("bytes=0-3"), Ranged::Part(0..4));
        assert_eq!(part("bytes=8-99"), Ranged::Part(8..10));
        assert_eq!(part("bytes=4-"), Ranged::Part(4..10));
        assert_eq!(part("bytes=-3"), Ranged::Part(7..10));
        assert_eq!(part("bytes=-99"), Ranged::Part(0..10));
        assert_eq!(part("bytes=10-"), Ranged::Unsatisfiable);
        assert_eq!(part("bytes=-0"), Ranged::Unsatisfiable);
        for whole in ["bytes=0-1,3-4", "lines=1-2", "bytes=x", "bytes=5-2", "bytes=-"] {
            assert_eq!(part(whole), Ranged::Whole, "{whole}");
        }
        assert_eq!(ranged(&HeaderMap::new(), 10), Ranged::Whole);
    }
}
