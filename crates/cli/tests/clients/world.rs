//! A server that a client takes for crates.io, with crates that have something of everything.

use std::path::Path;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_testkit::tls::TestCa;
use tempfile::TempDir;

/// The running server.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) ca: TestCa,
    pub(crate) http: HttpClient,
    _place: TempDir,
}

impl World {
    /// Starts it with the crates of [`crates`], the first of them yanked.
    pub(crate) async fn start() -> Self {
        let place = TempDir::new().expect("a temporary folder");
        let ca = TestCa::new().expect("an authority");
        let files = ca.issue(place.path()).expect("a certificate");
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
            .env("CRATEKEEP_SERVER__TLS_CERT", path(&files.certificate))
            .env("CRATEKEEP_SERVER__TLS_KEY", path(&files.key))
            .start()
            .expect("the server starts");
        let token = server.user("ann").expect("a user");
        let https = server.url().replace("http://", "https://");
        let http = HttpClient::trusting(&https, &ca).expect("a client");
        let world = Self { server, ca, http, _place: place };
        let index = format!("sparse+{https}/index/");
        for built in crates(&index) {
            let upload = Upload::of(&built, Target::Registry(&index)).expect("a good archive");
            let request = world.http.put("/api/v1/crates/new", upload.frame()).token(&token);
            let _ = request.send().await.expect("an answer").expect_status(200);
        }
        let yank = world.http.delete("/api/v1/crates/groundwork/0.1.0/yank").token(&token);
        let _ = yank.send().await.expect("an answer").expect_status(200);
        world
    }
}

/// In an order in which each finds what it depends on, in the registry with this index.
fn crates(index: &str) -> Vec<ArchiveBuilder> {
    let groundwork = |version: &str| {
        ArchiveBuilder::new("groundwork", version)
            .package_line("keywords = [\"ground\", \"work\"]")
            .package_line("categories = [\"data-structures\"]")
            .package_line("rust-version = \"1.70\"")
            .package_line("repository = \"https://example.com/groundwork\"")
            .readme("# Groundwork\n\nWhat the others stand on.")
    };
    let needs =
        |table: &str, more: &str| format!("[{table}]\nversion = \"1\"\nregistry-index = \"{index}\"\n{more}");
    vec![
        groundwork("0.1.0"),
        groundwork("1.0.0-rc.1"),
        groundwork("1.0.0+built.7"),
        ArchiveBuilder::new("Upper_Floor", "0.1.0")
            .table("[features]\ndefault = [\"std\"]\nstd = []\nextra = [\"dep:base\", \"base?/std\"]")
            .table(&needs("dependencies.groundwork", ""))
            .table(&needs("dependencies.base", "package = \"groundwork\"\noptional = true"))
            .table(&needs("target.'cfg(unix)'.build-dependencies.groundwork", "default-features = false"))
            .table(&needs("dev-dependencies.groundwork", "")),
        ArchiveBuilder::new("linked-sys", "3.2.1")
            .package_line("links = \"linked\"")
            .package_line("build = \"build.rs\"")
            .file("build.rs", "fn main() {}"),
    ]
}
