//! ECDSA signatures on the curve P-256 over SHA-256, with a key in PEM form (RFC 5480).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

/// How the DER form of every P-256 public key begins; the uncompressed point follows.
const HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Checks a signature in base64 of DER over `body`.
///
/// # Errors
/// Half a sentence that says what is wrong; it repeats nothing of the request.
pub(super) fn check(pem: &str, signature: &str, body: &[u8]) -> Result<(), &'static str> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(lines).map_err(|_| "the key is not PEM")?;
    let point = der.strip_prefix(&HEAD).ok_or("the key is not on the curve P-256")?;
    let signature = STANDARD.decode(signature.trim()).map_err(|_| "the signature is not base64")?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(body, &signature)
        .map_err(|_| "invalid signature")
}
