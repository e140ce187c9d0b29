//! Version numbers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest version number in characters, as on crates.io.
const VERSION_CHARS_MAX: usize = 150;

/// Why a version number is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// Not a semantic version.
    #[error("`{text}` is not a semantic version: {reason}")]
    Invalid {
        /// The text as given, cut to a printable length.
        text: String,
        /// What the parser said.
        reason: String,
    },
    /// Longer than allowed.
    #[error("the version number is too long (max {VERSION_CHARS_MAX} characters)")]
    TooLong,
}

/// A semantic version of at most 150 characters, ordered as semver orders it (build metadata last).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionNum(semver::Version);

impl VersionNum {
    /// The parsed number.
    #[must_use]
    pub fn semver(&self) -> &semver::Version {
        &self.0
    }

    /// The text without build metadata: what makes a version one version.
    #[must_use]
    pub fn without_build(&self) -> String {
        let mut bare = self.0.clone();
        bare.build = semver::BuildMetadata::EMPTY;
        bare.to_string()
    }

    /// A text that sorts bytewise as semver sorts (build metadata aside): numbers are padded to their longest, a
    /// pre-release comes before its release, and fewer identifiers before more.
    #[must_use]
    pub fn order_text(&self) -> String {
        let semver::Version { major, minor, patch, pre, .. } = &self.0;
        let mut text = format!("{major:020}.{minor:020}.{patch:020}");
        if pre.is_empty() {
            text.push('~');
            return text;
        }
        for part in pre.split('.') {
            match part.bytes().all(|byte| byte.is_ascii_digit()) {
                // However long a number is, the one with more digits is the larger one: it has no leading zero.
                true => text.push_str(&format!(" 0{:03}{part}", part.len())),
                false => text.push_str(&format!(" 1{part}")),
            }
        }
        text
    }

    /// Whether this is a pre-release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }
}

impl FromStr for VersionNum {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() > VERSION_CHARS_MAX {
            return Err(VersionError::TooLong);
        }
        let shown = || text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        semver::Version::parse(text)
            .map(Self)
            .map_err(|error| VersionError::Invalid { text: shown(), reason: error.to_string() })
    }
}

impl fmt::Display for VersionNum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Ord for VersionNum {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for VersionNum {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse_strictly() {
        for good in ["0.1.0", "1.2.3-beta.1+meta", "18446744073709551615.0.0"] {
            assert_eq!(good.parse::<VersionNum>().map(|v| v.to_string()), Ok(good.to_owned()));
        }
        for bad in
            ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3 ", "١.0.0", "18446744073709551616.0.0"]
        {
            assert!(bad.parse::<VersionNum>().is_err(), "{bad}");
        }
        assert_eq!(format!("1.0.0-{}", "a".repeat(150)).parse::<VersionNum>(), Err(VersionError::TooLong));
    }

    #[test]
    fn the_order_text_sorts_as_semver_does() {
        let rising = [
            "0.0.1-0",
            "0.0.1-2",
            "0.0.1-10",
            "0.0.1-10.0",
            "0.0.1--",
            "0.0.1-A",
            "0.0.1-a",
            "0.0.1-a.1",
            "0.0.1-a.b",
            "0.0.1-a-b",
            "0.0.1-ab",
            "0.0.1",
            "0.0.2",
            "0.0.10",
            "0.2.0",
            "1.0.0-rc.9",
            "1.0.0-rc.10",
            "1.0.0-rc1",
            "1.0.0",
            "9.0.0",
            "10.0.0",
            "18446744073709551615.0.0",
        ];
        let nums: Vec<VersionNum> = rising.iter().map(|text| text.parse().expect("a good version")).collect();
        for pair in nums.windows(2) {
            assert!(pair[0] < pair[1], "{} {}", pair[0], pair[1]);
            assert!(pair[0].order_text() < pair[1].order_text(), "{} {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn build_metadata_is_not_identity() {
        let with: VersionNum = "1.0.0-rc.1+abc".parse().expect("a good version");
        assert_eq!(with.without_build(), "1.0.0-rc.1");
    }
}
