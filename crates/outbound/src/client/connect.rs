//! How connections are made: which certificates are trusted, through which proxy, with which limits.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Proxy};
use url::Url;

use super::CallError;
use crate::guard::GuardedResolver;
use crate::{Options, OutboundError};

/// Largest file of certificates.
const CA_FILE_BYTES_MAX: u64 = 4 << 20;
/// Idle connections that are kept for one host.
const IDLE_PER_HOST_MAX: usize = 4;
/// How long an idle connection is kept. What its address was checked for does not hold for ever.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// How this server names itself.
const USER_AGENT: &str = concat!("cratekeep/", env!("CARGO_PKG_VERSION"));

/// What was read and checked when the server started.
pub(super) struct Prepared {
    certificates: Vec<Certificate>,
    proxy: Option<Proxy>,
    proxy_host: Option<String>,
}

pub(super) fn prepare(options: &Options) -> Result<Prepared, OutboundError> {
    let certificates = match &options.extra_ca {
        Some(path) => read_certificates(path)
            .map_err(|problem| OutboundError::ExtraCa { path: path.clone(), problem })?,
        None => Vec::new(),
    };
    let Some(proxy) = &options.proxy else {
        return Ok(Prepared { certificates, proxy: None, proxy_host: None });
    };
    let url = Url::parse(proxy.expose()).map_err(|_| OutboundError::Proxy)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(OutboundError::Proxy);
    }
    let proxy_host = url.host_str().map(str::to_owned);
    let proxy = Proxy::all(url).map_err(|_| OutboundError::Proxy)?;
    Ok(Prepared { certificates, proxy: Some(proxy), proxy_host })
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(CA_FILE_BYTES_MAX).read_to_end(&mut text).map_err(|error| error.to_string())?;
    let found = Certificate::from_pem_bundle(&text).map_err(|_| "it is not in PEM form".to_owned())?;
    if found.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(found)
}

pub(super) fn build(options: &Options, prepared: &Prepared) -> Result<reqwest::Client, CallError> {
    // One provider of cryptography in the whole program. A second installation fails, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let resolver =
        GuardedResolver { allow_private: options.allow_private, proxy_host: prepared.proxy_host.clone() };
    let builder = || {
        // The environment is not read here: a proxy is what the settings say.
        let builder = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(resolver.clone())
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(options.connect_time_max)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_TIME_MAX);
        match &prepared.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    let trusting = builder().tls_certs_merge(prepared.certificates.clone()).build();
    // In the smallest containers the system has no certificates: plain addresses and our own ones still work there.
    let built = trusting.or_else(|_| builder().tls_certs_only(prepared.certificates.clone()).build());
    built.map_err(|error| CallError::Broken(error.without_url().to_string()))
}
