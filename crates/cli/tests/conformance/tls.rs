//! A server that speaks TLS itself, with a certificate of a private authority: cargo over HTTP/2, and all commands.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_testkit::tls::TestCa;
use tempfile::TempDir;

use crate::case::toolchains;
use crate::walk::{Walk, walk};

struct Secure {
    server: Server,
    ca: TestCa,
    place: TempDir,
    token: String,
}

impl Secure {
    fn start() -> Self {
        let place = TempDir::new().expect("a temporary folder");
        let ca = TestCa::new().expect("an authority");
        let files = ca.issue(place.path()).expect("a certificate");
        let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
            .env("CRATEKEEP_SERVER__TLS_CERT", path(&files.certificate))
            .env("CRATEKEEP_SERVER__TLS_KEY", path(&files.key))
            .start()
            .expect("the server starts");
        std::fs::write(place.path().join("ca.pem"), ca.pem()).expect("a file can be written");
        let token = server.user("ann").expect("a user");
        Self { server, ca, place, token }
    }

    fn index(&self) -> String {
        let url = self.server.url().replace("http://", "https://");
        format!("sparse+{url}/index/")
    }

    fn trust(&self, cargo: &mut CargoCase) {
        let path = self.place.path().join("ca.pem");
        cargo.configure(&format!("[http]\ncainfo = {:?}", path.to_string_lossy())).expect("settings");
    }
}

#[test]
fn cargo_trusts_the_authority_it_is_told_and_no_other() {
    let secure = Secure::start();
    for &toolchain in toolchains() {
        let mut cargo = CargoCase::with(toolchain).expect("a temporary folder");
        cargo.registry("here", &secure.index()).expect("settings");
        cargo.token("here", &secure.token).expect("settings");
        let folder = cargo
            .package(&format!("secure-{toolchain:?}").to_lowercase(), "0.1.0")
            .write()
            .expect("a package");
        let publish = ["publish", "--registry", "here", "--no-verify"];
        cargo.run(&folder, &publish).expect("cargo starts").failure().says("SSL");
        secure.trust(&mut cargo);
        cargo.run(&folder, &publish).expect("cargo starts").success();
        let prefix = format!("tls-{toolchain:?}").to_lowercase();
        walk(&Walk { cargo: &mut cargo, prefix: &prefix, token: &secure.token, other: None });
    }
}

#[test]
fn a_wide_graph_goes_over_one_connection_of_http_2() {
    let secure = Secure::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let base = secure.server.url().replace("http://", "https://");
    let client = HttpClient::trusting(&base, &secure.ca).expect("a client");
    let names: Vec<String> = (0..100).map(|number| format!("wide{number:03}")).collect();
    for name in &names {
        let upload =
            Upload::of(&ArchiveBuilder::new(name, "0.1.0"), Target::CratesIo).expect("a good manifest");
        let request = client.put("/api/v1/crates/new", upload.frame()).token(&secure.token);
        let reply = runtime.block_on(request.send()).expect("an answer").expect_status(200);
        assert_eq!(format!("{:?}", reply.version), "HTTP/2.0");
    }
    for &toolchain in toolchains() {
        let mut cargo = CargoCase::with(toolchain).expect("a temporary folder");
        cargo.registry("here", &secure.index()).expect("settings");
        secure.trust(&mut cargo);
        cargo.env("CARGO_HTTP_DEBUG", "true");
        cargo.env("CARGO_LOG", "network=trace");
        let begin = cargo.package("app", "0.1.0");
        let value = "{ version = \"*\", registry = \"here\" }";
        let app =
            names.iter().fold(begin, |app, name| app.dependency(name, value)).write().expect("a project");
        let run = cargo.run(&app, &["fetch"]).expect("cargo starts").success();
        let used = run.stderr.matches("HTTP/2 200").count();
        assert!(used >= 200, "{used} answers over HTTP/2");
        assert!(!run.stderr.contains("HTTP/1.1 200"));
        let connections = run.stderr.matches("SSL connection using").count();
        assert!((1..=4).contains(&connections), "{connections} connections");
    }
}
