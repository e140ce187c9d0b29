//! nginx over a folder of files, set up as well as its manual says for small static files.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cratekeep_testkit::child::Watched;
use cratekeep_testkit::port::Port;
use tempfile::TempDir;

/// A running nginx and the folder it serves.
pub(crate) struct Nginx {
    place: TempDir,
    port: Port,
    _child: Watched,
}

impl Nginx {
    /// Starts nginx over an empty folder.
    pub(crate) fn start() -> Result<Self> {
        let place = TempDir::new()?;
        let port = Port::reserve()?;
        let root = place.path().join("root");
        fs::create_dir(&root)?;
        open_to_all(place.path())?;
        open_to_all(&root)?;
        let config = place.path().join("nginx.conf");
        fs::write(&config, configuration(place.path(), port.number()))?;
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&config).arg("-p").arg(place.path()).args(["-g", "daemon off;"]);
        let child = Watched::spawn(command, std::process::Stdio::null())
            .context("nginx is not there; install the Debian package `nginx-light`")?;
        let nginx = Self { place, port, _child: child };
        nginx.wait_until_it_answers()?;
        Ok(nginx)
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Puts a file where `path` will find it.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = self.place.path().join("root").join(path.trim_start_matches('/'));
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::File::create(file)?.write_all(bytes)?;
        Ok(())
    }

    fn wait_until_it_answers(&self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if std::net::TcpStream::connect(("127.0.0.1", self.port.number())).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("nginx does not answer")
    }
}

/// Its workers are another user when this is root.
fn open_to_all(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?)
}

fn configuration(place: &Path, port: u16) -> String {
    let place = place.display();
    format!(
        "worker_processes 2;
error_log {place}/error.log warn;
pid {place}/nginx.pid;
events {{ worker_connections 1024; multi_accept on; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 100000000;
    open_file_cache max=10000 inactive=60s;
    open_file_cache_valid 60s;
    default_type text/plain;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{port} reuseport;
        root {place}/root;
        location ~ \\.crate/download$ {{ default_type application/gzip; }}
    }}
}}
"
    )
}
