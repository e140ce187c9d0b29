//! The text of a token that a build job gets for its identity: a prefix of its own, random characters and a check.

use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::Secret;
use crate::token::{BODY_CHARS, CHECK_CHARS, TokenError, body_of, check_of};

/// How every token of a build begins, so that secret scanners find one in a leaked file and tell it from an API token.
pub const TRUST_TOKEN_PREFIX: &str = "cktp_";

/// A build's token as the build sees it. Stored nowhere; the database keeps [`TrustTokenText::hash`].
#[derive(Clone, Debug)]
pub struct TrustTokenText(Secret<String>);

impl TrustTokenText {
    /// Makes the text from 32 random bytes.
    #[must_use]
    pub fn from_entropy(bytes: [u8; BODY_CHARS]) -> Self {
        let body = body_of(bytes);
        Self(Secret::new(format!("{TRUST_TOKEN_PREFIX}{body}{}", check_of(&body))))
    }

    /// Whether a text means to be such a token, mistyped or not.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(TRUST_TOKEN_PREFIX)
    }

    /// What the database keeps: SHA-256 of the whole text. The text is random, so no salt is needed.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose().as_bytes()).into()
    }

    /// The text itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl FromStr for TrustTokenText {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let rest = text.strip_prefix(TRUST_TOKEN_PREFIX).ok_or(TokenError)?;
        if rest.len() != BODY_CHARS + CHECK_CHARS || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(TokenError);
        }
        let (body, check) = rest.split_at(BODY_CHARS);
        if check != check_of(body) {
            return Err(TokenError);
        }
        Ok(Self(Secret::new(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenText;

    #[test]
    fn tokens_of_builds_round_trip_and_are_no_api_tokens() {
        let token = TrustTokenText::from_entropy([7; 32]);
        let text = token.expose().to_owned();
        assert!(TrustTokenText::is_meant(&text) && text.parse::<TokenText>().is_err());
        assert_eq!(text.parse::<TrustTokenText>().map(|token| token.hash()), Ok(token.hash()));
        assert!(text[..text.len() - 1].parse::<TrustTokenText>().is_err());
        assert!(TokenText::from_entropy([7; 32]).expose().parse::<TrustTokenText>().is_err());
        assert!(!format!("{token:?}").contains(&text));
    }
}
