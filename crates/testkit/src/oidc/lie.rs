//! The ways in which the provider lies.

use serde_json::{Map, Value};

use crate::issuer::{SigningKey, hmac, unsigned};
use crate::remote::{answer, redirect};

/// One lie.
#[derive(Clone, Debug)]
pub enum Lie {
    /// The ID token has this claim.
    Claim(&'static str, Value),
    /// The ID token does not have this claim.
    NoClaim(&'static str),
    /// The header of the ID token has this field.
    Header(&'static str, Value),
    /// The text of the claims is changed before it is signed.
    Payload(fn(String) -> String),
    /// The ID token is signed so.
    Sign(Sign),
    /// The discovery document has this field; `null` takes it away.
    Discovery(&'static str, Value),
    /// The answer of the token endpoint has this field; `null` takes it away.
    Reply(&'static str, Value),
    /// The browser brings this parameter back instead; `None` takes it away.
    Callback(&'static str, Option<&'static str>),
    /// The document with the keys is this.
    Keys(Value),
    /// A path answers with a status and a text.
    Fault(&'static str, u16, &'static str),
    /// A path sends elsewhere.
    Redirect(&'static str, String),
}

/// How an ID token is signed.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// As it should be.
    Well,
    /// Not at all (`alg` is `none`).
    Nothing,
    /// With the public key as a shared secret.
    WithPublicKey,
    /// With the client's secret as a shared secret.
    WithClientSecret,
    /// By a key of somebody else under the id of the right one.
    ByStranger,
    /// By a key of somebody else under its own id.
    ByUnknown,
    /// With one byte of the signature changed.
    Broken,
    /// By EdDSA, which is not on the list.
    Edwards,
    /// The text is no token.
    NoToken,
    /// The token is 100 KiB long.
    Huge,
}

impl Lie {
    pub(super) fn to_token(&self, header: &mut Value, claims: &mut Value) {
        match self {
            Self::Claim(name, value) => claims[name] = value.clone(),
            Self::NoClaim(name) => without(claims, name),
            Self::Header(name, value) => header[name] = value.clone(),
            _ => {}
        }
    }

    pub(super) fn to_payload(&self, text: String) -> String {
        match self {
            Self::Payload(change) => change(text),
            _ => text,
        }
    }

    pub(super) fn to_discovery(&self, document: &mut Value) {
        if let Self::Discovery(name, value) = self {
            put(document, name, value);
        }
    }

    pub(super) fn to_reply(&self, reply: &mut Value) {
        if let Self::Reply(name, value) = self {
            put(reply, name, value);
        }
    }

    pub(super) fn to_keys(&self, keys: &mut Value) {
        if let Self::Keys(other) = self {
            *keys = other.clone();
        }
    }

    pub(super) fn to_callback(&self, pairs: &mut Vec<(String, String)>) {
        if let Self::Callback(name, value) = self {
            pairs.retain(|(known, _)| known != name);
            pairs.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
    }

    pub(super) fn fault(&self, path: &str) -> Option<String> {
        match self {
            Self::Fault(at, status, text) if *at == path => Some(answer(*status, text)),
            Self::Redirect(at, to) if *at == path => Some(redirect(302, to)),
            _ => None,
        }
    }

    pub(super) fn sign(&self) -> Option<Sign> {
        match self {
            Self::Sign(sign) => Some(*sign),
            _ => None,
        }
    }
}

impl Sign {
    pub(super) fn token(self, key: &SigningKey, header: &Value, claims: &str) -> String {
        let with_alg = |alg: &str| {
            let mut header = header.clone();
            header["alg"] = alg.into();
            header
        };
        let parsed = || serde_json::from_str(claims).unwrap_or(Value::Object(Map::new()));
        let well = || key.sign_text(&header.to_string(), claims);
        match self {
            Self::Well => well(),
            Self::Nothing => unsigned(&with_alg("none"), &parsed()),
            Self::WithPublicKey => hmac(&key.public_bytes(), &with_alg("HS256"), &parsed()),
            Self::WithClientSecret => hmac(super::CLIENT_SECRET.as_bytes(), &with_alg("HS256"), &parsed()),
            Self::ByStranger => SigningKey::other_rsa("first").sign_text(&header.to_string(), claims),
            Self::ByUnknown => {
                let stranger = SigningKey::other_rsa("stranger");
                stranger.sign_text(&stranger.header().to_string(), claims)
            }
            Self::Broken => {
                let token = well();
                let (rest, last) = token.split_at(token.len() - 8);
                format!("{rest}{}", last.chars().rev().collect::<String>())
            }
            Self::Edwards => {
                let edwards = SigningKey::edwards("first");
                edwards.sign_text(&edwards.header().to_string(), claims)
            }
            Self::NoToken => "not.a.token".to_owned(),
            Self::Huge => {
                let mut padded: Value = parsed();
                padded["padding"] = "x".repeat(100 << 10).into();
                key.sign_text(&header.to_string(), &padded.to_string())
            }
        }
    }
}

fn put(object: &mut Value, name: &str, value: &Value) {
    if value.is_null() {
        without(object, name);
    } else {
        object[name] = value.clone();
    }
}

fn without(object: &mut Value, name: &str) {
    if let Some(object) = object.as_object_mut() {
        object.remove(name);
    }
}
