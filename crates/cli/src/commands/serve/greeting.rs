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

    /// Prints them at once, so that a script that waits for the first line has all of them.
    pub(super) fn print(&self) {
        say(&self.0.join("\n"));
    }
}

/// The address listened on as a URL.
pub(super) fn url_of(settings: &Settings, bound: SocketAddr) -> String {
    written(settings, settings.server.listen.host(), bound.port())
}

/// The address to tell clients when no setting does. A server that listens on every address has none of its own.
pub(super) fn guessed_base_url(settings: &Settings, bound: SocketAddr) -> String {
    if !bound.ip().is_unspecified() {
        return url_of(settings, bound);
    }
    let guessed = written(settings, "localhost", bound.port());
    if settings.server.base_url.is_none() {
        tracing::warn!(
            "the server listens on every address and server.base_url is not set: clients are told {guessed}, which other \
             machines cannot use; start it with --base-url"
        );
    }
    guessed
}

fn written(settings: &Settings, host: &str, port: u16) -> String {
    let scheme = if settings.server.tls_cert.is_some() { "https" } else { "http" };
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use cratekeep_config::{Flag, Sources};

    use super::*;

    #[test]
    fn a_server_on_every_address_tells_clients_of_none_of_them() {
        for (listen, bound, told) in [
            ("127.0.0.1:0", "127.0.0.1:4711", "http://127.0.0.1:4711"),
            ("localhost:8080", "127.0.0.1:8080", "http://localhost:8080"),
            ("[::1]:8080", "[::1]:8080", "http://[::1]:8080"),
            ("0.0.0.0:8080", "0.0.0.0:8080", "http://localhost:8080"),
            ("[::]:8080", "[::]:8080", "http://localhost:8080"),
        ] {
            let flags = vec![Flag { key: "server.listen", flag: "--listen", value: listen.to_owned() }];
            let settings = Settings::load(&Sources { flags, ..Sources::default() }).expect("good settings");
            assert_eq!(guessed_base_url(&settings, bound.parse().expect("an address")), told);
        }
    }
}
