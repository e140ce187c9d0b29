//! An authenticator made of software: it keeps one P-256 key and answers as a phone or a security key does, for good or
//! for ill.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The holder was there, and proved to be the holder.
const PRESENT_AND_VERIFIED: u8 = 0x05;
/// A new credential comes along.
const WITH_CREDENTIAL: u8 = 0x40;

/// One key with its counter.
#[derive(Debug)]
pub struct Authenticator {
    key: EcdsaKeyPair,
    credential: Vec<u8>,
    /// How often it has signed.
    pub counter: u32,
    /// The page that it believes to be asked by.
    pub origin: String,
    /// Whether its holder gave a PIN or a finger.
    pub is_verified: bool,
}

impl Authenticator {
    /// A new one with a key of its own.
    ///
    /// # Panics
    /// There is no randomness.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random);
        let key = key.expect("the key that was made");
        let credential = Sha256::digest(key.public_key().as_ref()).to_vec();
        Self { key, credential, counter: 0, origin: origin.to_owned(), is_verified: true }
    }

    /// Registers for what a server asks: the answer as JSON text.
    #[must_use]
    pub fn register(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        let client = self.client_data("webauthn.create", asked);
        let mut data = self.data(asked["rp"]["id"].as_str().unwrap_or_default(), WITH_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).expect("a short id").to_be_bytes());
        data.extend(&self.credential);
        data.extend(self.cose_key());
        // A map of three: how it attests (not at all), nothing to say of that, and the data.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        object.extend(data);
        let response = json!({
            "clientDataJSON": encoded(client.as_bytes()), "attestationObject": encoded(&object)
        });
        self.answer(response)
    }

    /// Signs what a server asks: the answer as JSON text.
    ///
    /// # Panics
    /// The key cannot sign.
    #[must_use]
    pub fn sign(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        let client = self.client_data("webauthn.get", asked);
        let data = self.data(asked["rpId"].as_str().unwrap_or_default(), 0);
        let signed = [&data[..], &Sha256::digest(client.as_bytes())[..]].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("it signs");
        let response = json!({
            "clientDataJSON": encoded(client.as_bytes()),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
        });
        self.answer(response)
    }

    fn client_data(&self, kind: &str, asked: &Value) -> String {
        json!({ "type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    fn data(&mut self, site: &str, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let verified = if self.is_verified { PRESENT_AND_VERIFIED } else { 0x01 };
        let mut data = Sha256::digest(site.as_bytes()).to_vec();
        data.push(flags | verified);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key as the protocol wants it: kind, algorithm, curve and the two coordinates.
    fn cose_key(&self) -> Vec<u8> {
        let point = &self.key.public_key().as_ref()[1..];
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", &point[..32], b"\x22\x58\x20", &point[32..]].concat()
    }

    fn answer(&self, response: Value) -> String {
        let id = encoded(&self.credential);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
