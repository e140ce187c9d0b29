//! What a started server prints: where it listens, what to tell cargo, and how to become its administrator.

use std::net::SocketAddr;

use anyhow::Result;
use cratekeep_app::App;
use cratekeep_config::Settings;

use crate::out::say;

/// The lines to print.
#[derive(Debug)]
pub(super) struct Greeting(Vec<String>);

impl Greeting {
    /// Gathers the lines; makes the one-time link if there is no administrator.
    pub(super) async fn of(app: &App, bound: &str) -> Result<Self> {
        let registry = app.default_registry();
        let mut lines = vec![
            format!("listening on {bound}"),
            String::new(),
            "For cargo, put this into .cargo/config.toml:".to_owned(),
            String::new(),
            format!("[registries.{}]", registry.registry.name),
            format!("index = \"{}\"", registry.index_url()),
            String::new(),
            "[registry]".to_owned(),
            "global-credential-providers = [\"cargo:token\"]".to_owned(),
        ];
        if let Some(code) = app.offer_setup().await? {
            lines.push(String::new());
            lines.push("To become the administrator, open this link; it works once:".to_owned());
            lines.push(format!("{}/setup/{}", app.base_url(), code.expose()));
        }
        Ok(Self(lines))
    }

    /// Prints them.
    pub(super) fn print(&self) {
        self.0.iter().for_each(|line| say(line));
    }
}

/// The address listened on as a URL.
pub(super) fn url_of(settings: &Settings, bound: SocketAddr) -> String {
    let scheme = if settings.server.tls_cert.is_some() { "https" } else { "http" };
    let host = settings.server.listen.host();
    let port = bound.port();
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}
