//! The text of an API token: a prefix that scanners can look for, 32 random characters and a check of six.

use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::Secret;

/// How every token begins, so that secret scanners find one in a leaked file.
pub const TOKEN_PREFIX: &str = "ckp_";

pub(crate) const BODY_CHARS: usize = 32;
pub(crate) const CHECK_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text is not shaped like a token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the token is not one of this server: a token starts with `{TOKEN_PREFIX}` and is {} characters long", TOKEN_PREFIX.len() + BODY_CHARS + CHECK_CHARS)]
pub struct TokenError;

/// A token as its holder sees it. Stored nowhere; the database keeps [`TokenText::hash`].
#[derive(Clone, Debug)]
pub struct TokenText(Secret<String>);

impl TokenText {
    /// Makes the text from 32 random bytes (about 190 bits survive the alphabet).
    #[must_use]
    pub fn from_entropy(bytes: [u8; BODY_CHARS]) -> Self {
        let body = body_of(bytes);
        Self(Secret::new(format!("{TOKEN_PREFIX}{body}{}", check_of(&body))))
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

impl FromStr for TokenText {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let rest = text.strip_prefix(TOKEN_PREFIX).ok_or(TokenError)?;
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

/// The random part of a token's text.
pub(crate) fn body_of(bytes: [u8; BODY_CHARS]) -> String {
    let mixed = Sha256::digest(bytes);
    let characters = mixed.iter().zip(bytes).map(|(mixed, raw)| {
        char::from(ALPHABET[(usize::from(*mixed) * 256 + usize::from(raw)) % ALPHABET.len()])
    });
    characters.collect()
}

/// The check of a random part, by which a typing error shows.
pub(crate) fn check_of(body: &str) -> String {
    Sha256::digest(body.as_bytes())
        .iter()
        .take(CHECK_CHARS)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip_and_typing_errors_show() {
        let token = TokenText::from_entropy([7; 32]);
        let text = token.expose().to_owned();
        assert_eq!(text.len(), 42);
        assert_eq!(text.parse::<TokenText>().map(|t| t.hash()), Ok(token.hash()));
        let mut wrong = text.clone();
        wrong.replace_range(10..11, if &text[10..11] == "a" { "b" } else { "a" });
        assert_eq!(wrong.parse::<TokenText>().err(), Some(TokenError));
        assert!(text[..41].parse::<TokenText>().is_err());
        assert_ne!(TokenText::from_entropy([8; 32]).expose(), text);
    }
}
