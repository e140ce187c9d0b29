//! One test's registry together with a cargo that knows it: what tests say in one line each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::cargo::{CargoCase, CargoRun, PackageText, Toolchain};
use cratekeep_testkit::http::{RawConnection, RawReply};
use cratekeep_testkit::publish::{Target, Upload};
use serde_json::Value;

use crate::recorder::Seen;
use crate::world::{Kind, World};

/// How packages name the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `registry = "here"` on each dependency.
    Alternative,
    /// Nothing: crates.io is replaced by it.
    Replacement,
}

/// A registry of its own, a cargo home of its own. In cargo's settings the registry is called `here`.
#[derive(Debug)]
pub(crate) struct Case {
    /// The server.
    pub(crate) world: Arc<World>,
    /// The registry's name on the server.
    pub(crate) registry: String,
    /// How packages name it.
    pub(crate) role: Role,
    /// The cargo.
    pub(crate) cargo: CargoCase,
    /// Which one that is.
    pub(crate) toolchain: Toolchain,
    mark: usize,
}

/// Every cargo there is: the one that runs the tests, and the nightly if it is installed.
pub(crate) fn toolchains() -> &'static [Toolchain] {
    static FOUND: OnceLock<Vec<Toolchain>> = OnceLock::new();
    FOUND.get_or_init(|| [Toolchain::Current].into_iter().chain(Toolchain::nightly()).collect())
}

/// Runs a test in an open registry with every cargo, with `ann`'s token in its credentials.
pub(crate) fn in_open(test: impl Fn(&mut Case)) {
    for toolchain in toolchains() {
        test(&mut Case::new(*toolchain, Kind::Open, Role::Alternative));
    }
}

/// Runs a test in a closed registry with every cargo, with `ann`'s token in its credentials.
pub(crate) fn in_closed(test: impl Fn(&mut Case)) {
    for toolchain in toolchains() {
        test(&mut Case::new(*toolchain, Kind::Closed, Role::Alternative));
    }
}

/// Runs a test twice with every cargo: in a registry beside crates.io, and in one that replaces it.
pub(crate) fn in_both_roles(test: impl Fn(&mut Case)) {
    in_open(&test);
    for toolchain in toolchains() {
        test(&mut Case::new(*toolchain, Kind::Replica, Role::Replacement));
    }
}

impl Case {
    /// A new registry with a cargo that knows it.
    pub(crate) fn new(toolchain: Toolchain, kind: Kind, role: Role) -> Self {
        let world = World::shared();
        let registry = world.new_registry(kind);
        let mut case = Self::over(world, registry, toolchain, role);
        case.cargo.token("here", &case.world.ann).expect("settings can be written");
        case
    }

    /// A second cargo without a token that knows the same registry; nothing is cached there.
    pub(crate) fn stranger(&self) -> Self {
        Self::over(Arc::clone(&self.world), self.registry.clone(), self.toolchain, self.role)
    }

    /// A cargo without a token that knows a registry which is there already.
    pub(crate) fn over(world: Arc<World>, registry: String, toolchain: Toolchain, role: Role) -> Self {
        let mut cargo = CargoCase::with(toolchain).expect("a temporary folder");
        cargo.registry("here", &world.index(&registry)).expect("settings can be written");
        // Nothing leaves this machine: where nobody listens is the way to everybody else.
        cargo.env("https_proxy", "http://127.0.0.1:9");
        if role == Role::Replacement {
            cargo.replace_crates_io("here").expect("settings can be written");
        }
        let mark = world.recorder.count();
        Self { world, registry, role, cargo, toolchain, mark }
    }

    /// The registry's index URL.
    pub(crate) fn index(&self) -> String {
        self.world.index(&self.registry)
    }

    /// Whether this cargo is newer than the one that the project is built with.
    pub(crate) fn is_nightly(&self) -> bool {
        self.toolchain == Toolchain::Nightly
    }

    /// How a crate of this registry is archived when it needs another one of this registry.
    pub(crate) fn needs(&self, built: ArchiveBuilder, name: &str, more: &str) -> ArchiveBuilder {
        built.table(&format!("[dependencies.{name}]\n{more}\n{}", self.registry_index()))
    }

    /// The line that a packaged manifest has for a dependency on this registry.
    pub(crate) fn registry_index(&self) -> String {
        match self.role {
            Role::Alternative => format!("registry-index = {:?}", self.index()),
            Role::Replacement => String::new(),
        }
    }

    /// The value of a dependency in a project's manifest: `dep("1")`, `dep("1\", features = [\"x\"]")`.
    pub(crate) fn dep(&self, requirement: &str) -> String {
        self.dep_with(&format!("version = {requirement:?}"))
    }

    /// As [`Case::dep`], with all its keys: `version = "1", optional = true`.
    pub(crate) fn dep_with(&self, keys: &str) -> String {
        match self.role {
            Role::Alternative => format!("{{ {keys}, registry = \"here\" }}"),
            Role::Replacement => format!("{{ {keys} }}"),
        }
    }

    /// Publishes as `ann` without cargo.
    #[track_caller]
    pub(crate) fn publish(&self, built: &ArchiveBuilder) {
        let index = self.index();
        let target = match self.role {
            Role::Alternative => Target::Registry(&index),
            Role::Replacement => Target::CratesIo,
        };
        let upload = Upload::of(built, target).expect("a good manifest");
        let reply = self.send("PUT", "/api/v1/crates/new", &self.world.ann, &upload.frame());
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// Publishes small libraries without dependencies: `&[("foo", "1.0.0")]`.
    #[track_caller]
    pub(crate) fn publish_all(&self, crates: &[(&str, &str)]) {
        for (name, version) in crates {
            self.publish(&ArchiveBuilder::new(name, version));
        }
    }

    /// Yanks as `ann` without cargo.
    #[track_caller]
    pub(crate) fn yank(&self, name: &str, version: &str) {
        let path = format!("/api/v1/crates/{name}/{version}/yank");
        let reply = self.send("DELETE", &path, &self.world.ann, b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// Sends a request to the registry past cargo and past the recorder.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, token: &str, body: &[u8]) -> RawReply {
        let mut headers = vec![("Accept", "application/json")];
        if !token.is_empty() {
            headers.push(("Authorization", token));
        }
        self.ask(method, path, &headers, body)
    }

    /// As [`Case::send`] with any headers.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> RawReply {
        let path = format!("{}{path}", World::path(&self.registry));
        let mut connection = RawConnection::open(&self.world.server.address()).expect("the server listens");
        connection.request(method, &path, headers, body).expect("an answer")
    }

    /// The lines of a crate's index file as they are served; none when there is no such file.
    #[track_caller]
    pub(crate) fn lines(&self, name: &str) -> Vec<Value> {
        let path = format!("/index/{}", cratekeep_wire::sparse_path(name));
        let reply = self.send("GET", &path, &self.world.ann, b"");
        match reply.status {
            200 => {
                reply.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
            }
            404 => Vec::new(),
            other => panic!("{other} for {path}: {}", reply.text()),
        }
    }

    /// Begins a project that publishes nothing.
    pub(crate) fn project(&self, name: &str) -> PackageText {
        self.cargo.package(name, "0.1.0").field("publish", "false")
    }

    /// Writes a project with these dependencies on the registry and gives its folder.
    pub(crate) fn project_on(&self, needs: &[(&str, &str)]) -> PathBuf {
        let begin = self.project("app");
        let project =
            needs.iter().fold(begin, |project, (name, req)| project.dependency(name, &self.dep(req)));
        project.write().expect("a project can be written")
    }

    /// Runs cargo.
    #[track_caller]
    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> CargoRun {
        self.cargo.run(folder, args).expect("cargo starts and ends")
    }

    /// Runs cargo, which must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, folder: &Path, args: &[&str]) -> CargoRun {
        self.run(folder, args).success()
    }

    /// Publishes a package with cargo, without building it first.
    #[track_caller]
    pub(crate) fn cargo_publish(&self, package: &PackageText) -> CargoRun {
        let folder = package.write().expect("a package can be written");
        self.ok(&folder, &["publish", "--registry", "here", "--no-verify"])
    }

    /// Runs cargo, which must fail and say each of these.
    #[track_caller]
    pub(crate) fn fails(&self, folder: &Path, args: &[&str], says: &[&str]) -> CargoRun {
        says.iter().fold(self.run(folder, args).failure(), |run, word| run.says(word))
    }

    /// The name and version of everything in a lock file but the project itself, as `foo 1.0.0`.
    #[track_caller]
    pub(crate) fn locked(&self, folder: &Path) -> BTreeSet<String> {
        let text = std::fs::read_to_string(folder.join("Cargo.lock")).expect("there is a lock file");
        let lock: toml::Table = text.parse().expect("a lock file is TOML");
        let packages = lock["package"].as_array().expect("a lock file lists packages").iter();
        let from_outside = packages.filter(|package| package.get("source").is_some());
        let word = |package: &toml::Value, key| package[key].as_str().expect("a text").to_owned();
        from_outside
            .map(|package| format!("{} {}", word(package, "name"), word(package, "version")))
            .collect()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget_requests(&mut self) {
        self.mark = self.world.recorder.count();
    }

    /// What cargo asked of this registry since the last [`Case::forget_requests`], paths without the registry's own.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        let start = World::path(&self.registry);
        let mut seen = self.world.recorder.since(self.mark, &format!("{start}/"));
        for one in &mut seen {
            one.path = one.path[start.len()..].to_owned();
        }
        seen
    }

    /// The requests as `GET /index/config.json 200`.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        let line = |seen: &Seen| format!("{} {} {}", seen.method, seen.path, seen.status);
        self.requests().iter().map(line).collect()
    }
}

impl Drop for Case {
    #[expect(clippy::print_stderr, reason = "a failing test says in which of its runs it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (registry, role, toolchain) = (&self.registry, self.role, self.toolchain);
            let requests = self.request_lines().join("\n");
            eprintln!("with cargo {toolchain:?}, registry {registry} as {role:?}; it was asked:\n{requests}");
        }
    }
}
