//! Keys that sign tokens, and ways to make tokens that nobody should accept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use serde_json::{Value, json};

const RSA_KEY: &[u8] = include_bytes!("../../keys/test_rsa_a.pk8");
const OTHER_RSA_KEY: &[u8] = include_bytes!("../../keys/test_rsa_b.pk8");

/// A key with its id.
#[derive(Clone, Debug)]
pub struct SigningKey {
    kid: String,
    kind: Kind,
    pkcs8: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    Elliptic,
    Edwards,
}

impl SigningKey {
    /// An RSA key of 2,048 bits, the same at every call. Signs with RS256.
    #[must_use]
    pub fn rsa(kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::Rsa, pkcs8: RSA_KEY.to_vec() }
    }

    /// Another RSA key, the same at every call.
    #[must_use]
    pub fn other_rsa(kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::Rsa, pkcs8: OTHER_RSA_KEY.to_vec() }
    }

    /// A new key on the curve P-256. Signs with ES256.
    ///
    /// # Panics
    /// The system has no random numbers.
    #[must_use]
    pub fn elliptic(kid: &str) -> Self {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let pkcs8 = made.expect("random numbers").as_ref().to_vec();
        Self { kid: kid.to_owned(), kind: Kind::Elliptic, pkcs8 }
    }

    /// A new Ed25519 key. Signs with `EdDSA`.
    ///
    /// # Panics
    /// The system has no random numbers.
    #[must_use]
    pub fn edwards(kid: &str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        Self {
            kid: kid.to_owned(),
            kind: Kind::Edwards,
            pkcs8: made.expect("random numbers").as_ref().to_vec(),
        }
    }

    /// The header of a token signed by this key.
    #[must_use]
    pub fn header(&self) -> Value {
        let alg = match self.kind {
            Kind::Rsa => "RS256",
            Kind::Elliptic => "ES256",
            Kind::Edwards => "EdDSA",
        };
        json!({"typ": "JWT", "alg": alg, "kid": self.kid})
    }

    /// A token with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// A token of a header and claims that need not be JSON.
    ///
    /// # Panics
    /// The key cannot sign.
    #[must_use]
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }

    /// The public half as issuers publish it.
    #[must_use]
    pub fn jwk(&self) -> Value {
        match self.kind {
            Kind::Rsa => {
                let PublicKeyComponents { n, e }: PublicKeyComponents<Vec<u8>> =
                    self.rsa_pair().public().into();
                json!({
                    "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                    "n": encode(&n), "e": encode(&e),
                })
            }
            Kind::Elliptic => {
                let key = self.elliptic_pair();
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid,
                    "x": encode(x), "y": encode(y),
                })
            }
            Kind::Edwards => {
                let key = Ed25519KeyPair::from_pkcs8(&self.pkcs8).expect("a good key");
                let x = encode(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x})
            }
        }
    }

    /// The bytes of the public half, for those who would use it as a shared secret.
    #[must_use]
    pub fn public_bytes(&self) -> Vec<u8> {
        match self.kind {
            Kind::Rsa => self.rsa_pair().public_key().as_ref().to_vec(),
            Kind::Elliptic => self.elliptic_pair().public_key().as_ref().to_vec(),
            Kind::Edwards => Vec::new(),
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self.kind {
            Kind::Rsa => {
                let key = self.rsa_pair();
                let mut signed = vec![0; key.public().modulus_len()];
                let done = key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signed);
                done.expect("a good key signs");
                signed
            }
            Kind::Elliptic => {
                self.elliptic_pair().sign(&random, message).expect("a good key signs").as_ref().to_vec()
            }
            Kind::Edwards => {
                let key = Ed25519KeyPair::from_pkcs8(&self.pkcs8).expect("a good key");
                key.sign(message).as_ref().to_vec()
            }
        }
    }

    fn rsa_pair(&self) -> RsaKeyPair {
        RsaKeyPair::from_pkcs8(&self.pkcs8).expect("a good key")
    }

    fn elliptic_pair(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.pkcs8, &SystemRandom::new())
            .expect("a good key")
    }
}

/// A token without a signature.
#[must_use]
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

/// A token signed with a shared secret by HMAC and SHA-256.
#[must_use]
pub fn hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let message = message.trim_end_matches('.');
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    format!("{message}.{}", encode(ring::hmac::sign(&key, message.as_bytes()).as_ref()))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
