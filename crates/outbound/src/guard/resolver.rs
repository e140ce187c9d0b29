//! Names to addresses for the connector: what comes out of here has been checked, and is exactly what is connected to.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Refused, check_address};

/// Addresses of one name that are looked at.
const ADDRESSES_MAX: usize = 32;

/// Asks the system for addresses and refuses a name when one of them leads inside.
#[derive(Clone, Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) allow_private: bool,
    /// The host of the proxy, which the administrator chose and which may be inside.
    pub(crate) proxy_host: Option<String>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let is_proxy = self.proxy_host.as_ref().is_some_and(|proxy| proxy.eq_ignore_ascii_case(&host));
        let allow_private = self.allow_private || is_proxy;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.take(ADDRESSES_MAX).collect();
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            check_all(&host, &found, allow_private)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// One address inside refuses the name: which one a connection would use is not ours to say.
pub(super) fn check_all(host: &str, found: &[SocketAddr], allow_private: bool) -> Result<(), Refused> {
    found.iter().try_for_each(|address| check_address(host, address.ip(), allow_private))
}
