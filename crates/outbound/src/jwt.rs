//! Signed identities: JSON Web Tokens (RFC 7519) of builds and of people who sign in, judged by the keys that their
//! issuer publishes and by a clock that is given. Keys and addresses that stand in a token itself are never used.

mod keys;
mod strict;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cratekeep_types::Timestamp;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use keys::KeyCache;
pub use keys::{KeySet, KeysError};

/// Longest token that is looked at.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;
/// Characters of a foreign text that an error repeats at most.
const SHOWN_CHARS_MAX: usize = 120;
/// Audiences of a token that an error repeats at most.
const AUDIENCES_SHOWN_MAX: usize = 4;

/// Why a token is not accepted. Worded for the person who reads the log of a build.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Longer than [`TOKEN_BYTES_MAX`].
    #[error("the token is longer than {TOKEN_BYTES_MAX} bytes")]
    TooLong,
    /// Not three parts of base64url that hold JSON objects.
    #[error("this is no JSON Web Token: {0}")]
    Shape(&'static str),
    /// `none`, a shared secret, or something unknown.
    #[error(
        "tokens signed with `{0}` are not accepted; RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA are"
    )]
    Algorithm(String),
    /// The header names no key.
    #[error("Missing JWT key ID")]
    NoKeyId,
    /// The issuer has no such key.
    #[error("Invalid JWT key ID")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature was not made by the issuer's key")]
    Signature,
    /// A claim is missing.
    #[error("the token has no claim `{0}`")]
    Missing(String),
    /// A claim has another type.
    #[error("the claim `{name}` is not {wanted}")]
    Type {
        /// The claim.
        name: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Issued by somebody else.
    #[error("the token is from `{found}`, not from `{wanted}`")]
    Issuer {
        /// Who issued it.
        found: String,
        /// Who should have.
        wanted: String,
    },
    /// Made for somebody else.
    #[error("the token is for the audience {found}, not for {wanted}; ask for a token with that audience")]
    Audience {
        /// Whom it is for.
        found: String,
        /// Whom it should be for.
        wanted: String,
    },
    /// Too late.
    #[error("the token expired at {0}; ask for a new one right before it is used")]
    Expired(String),
    /// Too early.
    #[error("the token is valid from {0} on; one of the clocks is wrong")]
    Early(String),
}

/// The claims of a token that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its issuer, exactly.
    pub issuer: &'a str,
    /// What its audience may be; one of them has to be there, exactly.
    pub audiences: &'a [&'a str],
    /// The time by which it is judged.
    pub now: Timestamp,
    /// By how many seconds clocks may differ.
    pub leeway_secs: i64,
}

/// A token that was taken apart and not yet judged. Only who claims to have issued it can be asked, to find the keys.
#[derive(Clone)]
pub struct Presented {
    signed: String,
    signature: String,
    algorithm: Algorithm,
    kid: String,
    claims: Map<String, Value>,
}

impl fmt::Debug for Presented {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Presented").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Presented {
    /// Takes the text of a token apart.
    ///
    /// # Errors
    /// [`JwtError`] when it is too long, no token, signed in a way that is not accepted, or names no key.
    pub fn read(text: &str) -> Result<Self, JwtError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(JwtError::TooLong);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwtError::Shape("it does not have three parts"));
        };
        let signed = format!("{header}.{claims}");
        let header = object_of(header)?;
        let algorithm = algorithm_of(&header)?;
        if header.contains_key("crit") {
            return Err(JwtError::Shape("its header makes an extension critical"));
        }
        let kid = match header.get("kid") {
            Some(Value::String(kid)) if !kid.is_empty() => kid.clone(),
            _ => return Err(JwtError::NoKeyId),
        };
        let claims = object_of(claims)?;
        Ok(Self { signed, signature: signature.to_owned(), algorithm, kid, claims })
    }

    /// Who the token says has issued it. Nothing is proved yet.
    ///
    /// # Errors
    /// [`JwtError`] when it does not say so.
    pub fn issuer(&self) -> Result<&str, JwtError> {
        text_of(&self.claims, "iss")
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Judges the token by the keys of its issuer.
    ///
    /// # Errors
    /// [`JwtError`]: no such key, a wrong signature, or a claim that is not as expected. The signature comes first.
    pub fn verify(self, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, JwtError> {
        if !keys.has(&self.kid) {
            return Err(JwtError::UnknownKey);
        }
        let mut fitting = keys.fitting(&self.kid, self.algorithm);
        let is_signed = fitting.any(|key| {
            jsonwebtoken::crypto::verify(&self.signature, self.signed.as_bytes(), key, self.algorithm)
                .unwrap_or(false)
        });
        if !is_signed {
            return Err(JwtError::Signature);
        }
        check_issuer(&self.claims, expected.issuer)?;
        check_audience(&self.claims, expected.audiences)?;
        check_times(&self.claims, expected)?;
        Ok(Claims(self.claims))
    }
}

impl Claims {
    /// Every claim.
    #[must_use]
    pub fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A claim that must be there and be a text that is not empty.
    ///
    /// # Errors
    /// [`JwtError::Missing`] and [`JwtError::Type`].
    pub fn text(&self, name: &str) -> Result<&str, JwtError> {
        text_of(&self.0, name)
    }

    /// A claim that may be absent or `null`, and is a text otherwise.
    ///
    /// # Errors
    /// [`JwtError::Type`].
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, JwtError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(name, "a text")),
        }
    }

    /// When the token ends, in seconds since 1970.
    #[must_use]
    pub fn expires_secs(&self) -> i64 {
        seconds_of(&self.0, "exp").ok().flatten().unwrap_or(0)
    }
}

fn object_of(part: &str) -> Result<Map<String, Value>, JwtError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Shape("a part is not base64url"))?;
    strict::object(&bytes)
        .map_err(|_| JwtError::Shape("a part is no JSON object in which each key stands once"))
}

fn algorithm_of(header: &Map<String, Value>) -> Result<Algorithm, JwtError> {
    let Some(Value::String(name)) = header.get("alg") else {
        return Err(JwtError::Shape("its header names no algorithm"));
    };
    match name.as_str() {
        "RS256" => Ok(Algorithm::RS256),
        "RS384" => Ok(Algorithm::RS384),
        "RS512" => Ok(Algorithm::RS512),
        "PS256" => Ok(Algorithm::PS256),
        "PS384" => Ok(Algorithm::PS384),
        "PS512" => Ok(Algorithm::PS512),
        "ES256" => Ok(Algorithm::ES256),
        "ES384" => Ok(Algorithm::ES384),
        "EdDSA" => Ok(Algorithm::EdDSA),
        other => Err(JwtError::Algorithm(shortened(other))),
    }
}

fn check_issuer(claims: &Map<String, Value>, wanted: &str) -> Result<(), JwtError> {
    let found = text_of(claims, "iss")?;
    if found == wanted {
        return Ok(());
    }
    Err(JwtError::Issuer { found: shortened(found), wanted: wanted.to_owned() })
}

fn check_audience(claims: &Map<String, Value>, wanted: &[&str]) -> Result<(), JwtError> {
    let found: Vec<&str> = match claims.get("aud") {
        None | Some(Value::Null) => return Err(JwtError::Missing("aud".to_owned())),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => {
            let texts = many.iter().map(Value::as_str).collect::<Option<_>>();
            texts.ok_or_else(|| wrong_type("aud", "a text or a list of texts"))?
        }
        Some(_) => return Err(wrong_type("aud", "a text or a list of texts")),
    };
    if found.iter().any(|one| wanted.contains(one)) {
        return Ok(());
    }
    let shown: Vec<_> =
        found.iter().take(AUDIENCES_SHOWN_MAX).map(|one| format!("`{}`", shortened(one))).collect();
    let wanted: Vec<_> = wanted.iter().map(|one| format!("`{one}`")).collect();
    Err(JwtError::Audience { found: shown.join(", "), wanted: wanted.join(" or ") })
}

fn check_times(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), JwtError> {
    let must = |name: &str| seconds_of(claims, name)?.ok_or_else(|| JwtError::Missing(name.to_owned()));
    let at = |secs: i64| Timestamp(secs.saturating_mul(1_000_000));
    let (expires, issued) = (must("exp")?, must("iat")?);
    if at(expires).plus_secs(expected.leeway_secs) <= expected.now {
        return Err(JwtError::Expired(at(expires).to_seconds_text()));
    }
    let begins = seconds_of(claims, "nbf")?.unwrap_or(issued).max(issued);
    if at(begins).plus_secs(-expected.leeway_secs) > expected.now {
        return Err(JwtError::Early(at(begins).to_seconds_text()));
    }
    Ok(())
}

/// A time in whole seconds since 1970; fractions are cut off.
fn seconds_of(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, JwtError> {
    let number = match claims.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(wrong_type(name, "a number of seconds")),
    };
    let seconds = number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked right before")]
        (float.is_finite() && float.abs() < SECONDS_MAX).then_some(float as i64)
    });
    let in_range = seconds.filter(|seconds| seconds.unsigned_abs() < SECONDS_MAX as u64);
    in_range.map(Some).ok_or_else(|| wrong_type(name, "a number of seconds that a calendar has"))
}

/// No time in a token is this far from 1970: the year 9999.
const SECONDS_MAX: f64 = 253_402_300_800.0;

fn text_of<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, JwtError> {
    match claims.get(name) {
        None | Some(Value::Null) => Err(JwtError::Missing(name.to_owned())),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(wrong_type(name, "a text with something in it")),
    }
}

fn wrong_type(name: &str, wanted: &'static str) -> JwtError {
    JwtError::Type { name: name.to_owned(), wanted }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}
