//! A certificate authority for one test, and the client settings that trust it and nobody else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::http::Insist;

/// An authority that signs certificates for `localhost`, `127.0.0.1` and `crates.io`, whose clients name no other host.
pub struct TestCa(CertifiedIssuer<'static, KeyPair>);

/// A server certificate and its key on disk.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl TestCa {
    /// A new authority with a new key.
    ///
    /// # Errors
    /// No key can be made.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new()).context("an authority without names is fine")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Without a name of its own it has that of every certificate, and OpenSSL takes those for self-signed.
        params.distinguished_name.push(DnType::CommonName, "An authority for tests");
        let key = KeyPair::generate().context("could not make a key")?;
        let issuer = CertifiedIssuer::self_signed(params, key).context("could not sign the authority")?;
        Ok(Self(issuer))
    }

    /// The authority's certificate as PEM text, for cargo's `http.cainfo`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Writes a new certificate and key into `folder`, over earlier ones.
    ///
    /// # Errors
    /// A key cannot be made or a file not written.
    pub fn issue(&self, folder: &Path) -> Result<CertificateFiles> {
        let names = ["localhost", "127.0.0.1", "crates.io"].map(str::to_owned);
        let params = CertificateParams::new(names).context("the names are good")?;
        let key = KeyPair::generate().context("could not make a key")?;
        let certificate = params.signed_by(&key, &self.0).context("could not sign a certificate")?;
        let files =
            CertificateFiles { certificate: folder.join("server.pem"), key: folder.join("server.key") };
        std::fs::write(&files.key, key.serialize_pem()).context("could not write the key")?;
        std::fs::write(&files.certificate, certificate.pem()).context("could not write the certificate")?;
        Ok(files)
    }
}

impl std::fmt::Debug for TestCa {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("TestCa")
    }
}

/// Client settings that trust `ca` alone; without one, no certificate at all.
///
/// # Errors
/// The authority's certificate cannot be read back.
pub fn client_config(ca: Option<&TestCa>, insist: Insist) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        let der = CertificateDer::from_pem_slice(ca.pem().as_bytes()).context("the authority is no PEM")?;
        roots.add(der).context("the authority is no certificate")?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("the provider has no usable protocol version")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let protocols: &[&[u8]] = match insist {
        Insist::Nothing => &[b"h2", b"http/1.1"],
        Insist::Http1 => &[b"http/1.1"],
        Insist::Http2 => &[b"h2"],
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConnection, ServerConfig, ServerConnection, Stream};

    use super::*;

    /// Greets one client over TLS with the certificate on disk; gives the address.
    fn serve(files: &CertificateFiles) -> String {
        let chain = CertificateDer::pem_file_iter(&files.certificate).expect("a file");
        let chain = chain.collect::<Result<Vec<_>, _>>().expect("PEM");
        let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("certificate and key fit");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("the test connects");
            let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
            let _ = Stream::new(&mut session, &mut socket).write_all(b"hello");
        });
        address
    }

    #[expect(clippy::disallowed_methods, reason = "a test is a client")]
    fn greet(address: &str, ca: Option<&TestCa>) -> std::io::Result<Vec<u8>> {
        let config = client_config(ca, Insist::Nothing).expect("a configuration");
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        let mut session = ClientConnection::new(Arc::new(config), name).expect("a session");
        let mut socket = TcpStream::connect(address)?;
        let mut hello = vec![0; 5];
        Stream::new(&mut session, &mut socket).read_exact(&mut hello)?;
        Ok(hello)
    }

    #[test]
    fn a_certificate_is_trusted_by_its_own_authority_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ca = TestCa::new().expect("an authority");
        let files = ca.issue(folder.path()).expect("a certificate");
        assert_eq!(greet(&serve(&files), Some(&ca)).expect("trusted"), b"hello");
        let other = TestCa::new().expect("an authority");
        assert!(greet(&serve(&files), Some(&other)).is_err());
        assert!(greet(&serve(&files), None).is_err());
    }
}
