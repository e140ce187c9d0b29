//! Sets of keys as issuers publish them (RFC 7517, RFC 7518, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::SignatureKey;

/// Keys of one issuer that are looked at.
const KEYS_MAX: usize = 64;
/// Smallest modulus of an RSA key: 2,048 bits.
const RSA_BYTES_MIN: usize = 256;

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

pub(super) fn key_set(document: &[u8]) -> Option<Vec<SignatureKey>> {
    let document: Document = serde_json::from_slice(document).ok()?;
    let readable = document.keys.into_iter().take(KEYS_MAX);
    Some(readable.filter_map(|key| serde_json::from_value(key).ok()).filter_map(signature_key).collect())
}

fn signature_key(jwk: Jwk) -> Option<SignatureKey> {
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (mut algorithms, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (RSA.to_vec(), rsa_key(&jwk)?),
        ("EC", Some("P-256")) => (vec![Algorithm::ES256], ec_key(&jwk)?),
        ("EC", Some("P-384")) => (vec![Algorithm::ES384], ec_key(&jwk)?),
        ("OKP", Some("Ed25519")) => {
            (vec![Algorithm::EdDSA], DecodingKey::from_ed_components(jwk.x.as_deref()?).ok()?)
        }
        _ => return None,
    };
    if let Some(only) = &jwk.alg {
        algorithms.retain(|algorithm| format!("{algorithm:?}") == *only);
    }
    Some(SignatureKey { kid: jwk.kid?, algorithms, key })
}

const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

fn rsa_key(jwk: &Jwk) -> Option<DecodingKey> {
    let (n, e) = (jwk.n.as_deref()?, jwk.e.as_deref()?);
    let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
    let length = modulus.iter().skip_while(|byte| **byte == 0).count();
    (length >= RSA_BYTES_MIN).then(|| DecodingKey::from_rsa_components(n, e).ok()).flatten()
}

fn ec_key(jwk: &Jwk) -> Option<DecodingKey> {
    DecodingKey::from_ec_components(jwk.x.as_deref()?, jwk.y.as_deref()?).ok()
}
