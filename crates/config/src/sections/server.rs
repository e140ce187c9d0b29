//! `[server]`: where the server keeps its data, listens and is reached.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use crate::kinds::{BaseUrl, Choice, FilePath, Listen, ListenAddress, Networks, Optional, Span, Switch};
use crate::table::{Reader, section};

/// The data folder when nothing names one.
pub(crate) const DATA_DIR_DEFAULT: &str = "./cratekeep-data";

/// The header in which proxies name the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded`.
    Forwarded,
}

impl FromStr for ForwardedHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("this is none of the words allowed".to_owned()),
        }
    }
}

section! {
    /// Where the server keeps its data, where it listens and how clients reach it.
    shown struct Server in "server" {
        /// The folder for everything the server keeps on this machine: database, crate files, lock and control
        /// socket. A file `cratekeep.toml` in it is read when no other settings file is named.
        data_dir: PathBuf = FilePath { default: DATA_DIR_DEFAULT },
        /// Whether a database that is not there, or has nothing in it, is made. Set this to false after the first start,
        /// and a volume that is not mounted is refused instead of being taken for a new server.
        new_data: bool = Switch { default: "true" },
        /// The address and port to listen on. Port 0 lets the system choose one.
        listen: ListenAddress = Listen { default: "127.0.0.1:8080" },
        /// The address that clients use, when it is not simply the one listened on: behind a reverse proxy, or with a
        /// host name. It is part of every index URL and thereby of every lock file, so it is stored at the first start
        /// and a different one is refused until `cratekeep admin base-url set` allows it.
        base_url: Option<String> = Optional(BaseUrl { default: "https://crates.example.com" }),
        /// The networks from which proxies in front of the server connect. Their word on a client's address counts, nobody
        /// else's does. Name the proxies only, never networks that clients are in.
        trusted_proxies: Vec<IpNet> = Networks { example: "10.1.2.0/24" },
        /// The header in which these proxies name the client. The other one does not count.
        forwarded_header: ForwardedHeader = Choice {
            default: "x-forwarded-for",
            allowed: "x-forwarded-for, forwarded",
            of: PhantomData,
        },
        /// The certificate chain in PEM form, to serve TLS. Needs `tls_key`.
        tls_cert: Option<PathBuf> = Optional(FilePath { default: "/etc/cratekeep/cert.pem" }),
        /// The private key of the certificate in PEM form.
        tls_key: Option<PathBuf> = Optional(FilePath { default: "/etc/cratekeep/key.pem" }),
        /// How often the two files are looked at for a new certificate. SIGHUP looks at once.
        tls_poll_secs: Duration = Span { default: "60s", min_secs: 1, max_secs: 86_400 },
        /// A file of users, registries and first tokens that is applied at each start. Without this setting
        /// `bootstrap.toml` in the data folder is applied if it is there.
        bootstrap: Option<PathBuf> = Optional(FilePath { default: "/etc/cratekeep/bootstrap.toml" }),
        /// How long requests may go on after the server was asked to stop.
        drain_secs: Duration = Span { default: "30s", min_secs: 0, max_secs: 3_600 },
    }
}

impl Server {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let server = Self::read(reader)?;
        if server.tls_cert.is_some() != server.tls_key.is_some() {
            let (set, missing) =
                if server.tls_cert.is_some() { ("tls_cert", "tls_key") } else { ("tls_key", "tls_cert") };
            reader.conflict(format!(
                "server.{set} is set ({}) and server.{missing} is not; TLS needs both",
                reader.layers.origin(&format!("server.{set}"))
            ));
        }
        Some(server)
    }
}
