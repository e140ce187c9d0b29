//! The certificate: read at the start, read again when its files change or somebody asks for it.
//!
//! A new pair that is no good is logged and the old one kept, so that a half-written file never ends the service.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{ServeError, TlsFiles};

/// The certificate in use and where it comes from.
pub(super) struct Certificates {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

/// The pair that new connections get.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Certificates {
    /// Reads the files.
    pub(super) fn load(files: &TlsFiles) -> Result<Self, ServeError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let pair = read_pair(files, &provider).map_err(ServeError::Tls)?;
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        let acceptor = acceptor(&provider, &current)?;
        Ok(Self { files: files.clone(), provider, current, acceptor })
    }

    /// Takes TLS connections with the pair that is current when each begins.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Looks for a new pair in the background until the server stops.
    pub(super) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut seen = changed_at(&self.files);
        loop {
            let is_asked = tokio::select! {
                () = stop.cancelled() => return,
                () = self.files.reload.notified() => true,
                () = tokio::time::sleep(self.files.poll) => false,
            };
            let now = changed_at(&self.files);
            if is_asked || now != seen {
                seen = now;
                self.read_again();
            }
        }
    }

    /// Takes the pair that is in the files now if it is good; says whether it was.
    pub(super) fn read_again(&self) -> bool {
        match read_pair(&self.files, &self.provider) {
            Ok(pair) => {
                self.current.0.store(Arc::new(pair));
                tracing::info!(tls.certificate = %self.files.certificate.display(), "the certificate was read again");
                true
            }
            Err(problem) => {
                tracing::error!("{problem}; the certificate in use is kept");
                false
            }
        }
    }
}

/// Speaks TLS 1.2 and 1.3, and offers HTTP/2 before HTTP/1.1.
fn acceptor(provider: &Arc<CryptoProvider>, current: &Arc<Current>) -> Result<TlsAcceptor, ServeError> {
    let mut config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| ServeError::Tls(format!("TLS cannot be set up: {error}")))?
        .with_no_client_auth()
        .with_cert_resolver(current.clone());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// When each of the two files was last changed.
fn changed_at(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    [changed(&files.certificate), changed(&files.key)]
}

/// Reads both files and checks that the key belongs to the certificate.
fn read_pair(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let certificate = files.certificate.display();
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| format!("the certificate file {certificate} cannot be used: {error}"))?;
    if chain.is_empty() {
        return Err(format!("the certificate file {certificate} has no certificate in PEM form"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| format!("the key file {} cannot be used: {error}", files.key.display()))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        format!(
            "the certificate {certificate} and the key {} do not go together: {error}",
            files.key.display()
        )
    })
}
