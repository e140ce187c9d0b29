//! The claims of a token as they stand there, read strictly: no claim twice, and each of the type it has to have.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::{ProviderError, unbelievable};

/// Most claims of one token.
const CLAIMS_MAX: usize = 500;

/// The claims of a token or of the answer of a user-info endpoint.
#[derive(Debug)]
pub(super) struct Claims(BTreeMap<String, Value>);

impl Claims {
    /// The claims in the middle part of a signed token. Whether the signature is good is for the caller to know.
    pub(super) fn of_token(token: &str) -> Result<Self, ProviderError> {
        let payload = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        let payload = payload.ok_or_else(|| unbelievable("the ID token is no token"))?;
        serde_json::from_slice(&payload)
            .map_err(|_| unbelievable("the claims are no JSON object, or one is there twice"))
    }

    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ProviderError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(unbelievable(format!("the claim `{name}` is no text"))),
        }
    }

    /// A claim that is a number of seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<f64>, ProviderError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => {
                let seconds =
                    value.as_f64().ok_or_else(|| unbelievable(format!("the claim `{name}` is no time")))?;
                Ok(Some(seconds))
            }
        }
    }

    /// A claim that is a list of texts; `/a/b` reaches into nested claims.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ProviderError> {
        let mut path = name.strip_prefix('/').map_or_else(|| vec![name], |path| path.split('/').collect());
        let first = self.0.get(path.remove(0));
        let found = path.into_iter().fold(first, |value, step| value.and_then(|value| value.get(step)));
        let wrong = || unbelievable(format!("the claim `{name}` is no list of texts"));
        match found {
            None => Ok(None),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Strict)
    }
}

struct Strict;

impl<'de> Visitor<'de> for Strict {
    type Value = Claims;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object in which no key is there twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
        let mut claims = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if claims.len() >= CLAIMS_MAX {
                return Err(A::Error::custom("too many claims"));
            }
            if claims.insert(name, value).is_some() {
                return Err(A::Error::custom("a claim is there twice"));
            }
        }
        Ok(Claims(claims))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Result<Claims, ProviderError> {
        Claims::of_token(&format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(json)))
    }

    #[test]
    fn groups_are_lists_of_texts_and_nothing_else() {
        let good = claims(r#"{"groups":["a","b"],"realm":{"roles":["c"]},"a/b":["d"]}"#).expect("claims");
        assert_eq!(good.list("groups"), Ok(Some(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(good.list("/realm/roles"), Ok(Some(vec!["c".to_owned()])));
        assert_eq!(good.list("a/b"), Ok(Some(vec!["d".to_owned()])));
        assert_eq!((good.list("roles"), good.list("/realm/x/y")), (Ok(None), Ok(None)));
        for bad in [r#""a""#, "1", "null", r#"["a",1]"#, r#"{"a":"b"}"#, r#"[["a"]]"#, "true"] {
            let odd = claims(&format!(r#"{{"groups":{bad}}}"#)).expect("claims");
            assert!(odd.list("groups").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_claim_is_there_once() {
        assert!(claims(r#"{"groups":[],"groups":["admin"]}"#).is_err());
        assert!(claims("[]").is_err() && claims("").is_err() && Claims::of_token("x").is_err());
    }
}
