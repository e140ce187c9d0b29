//! A real PostgreSQL for tests: started on a free port of the loopback interface, a fresh database for each test,
//! gone when the test process is. `CRATEKEEP_TEST_POSTGRES_URL` (a superuser's URL) makes many test processes share
//! one server that somebody else runs. Nothing here knows what the tests keep in their databases.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use url::Url;

use crate::environment;
use crate::port::Port;

/// Names a server to be used instead of one of our own.
const SHARED_SERVER: &str = "CRATEKEEP_TEST_POSTGRES_URL";
/// Where Debian puts the programs of each PostgreSQL version.
const DEBIAN_PROGRAMS: &str = "/usr/lib/postgresql";
const START_WAIT_MAX: Duration = Duration::from_secs(60);
const CONNECTIONS_MAX: u32 = 300;

/// Runs the server until its own standard input ends, which it does when the test process is gone, however that went.
const KEEPER: &str = r#"
"$1" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c "max_connections=$4" -c "fsync=$5" -c "full_page_writes=$5" >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

/// An empty database of its own. Dropped, it is gone.
#[derive(Debug)]
pub struct TestDatabase {
    url: Url,
    server: &'static Server,
}

impl TestDatabase {
    /// Makes one on a server that is quick because it never syncs its files.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start; the error names the package to install.
    pub async fn create() -> Result<Self> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        Self::create_on(|| match environment::read(SHARED_SERVER) {
            Some(url) => SERVER.get_or_init(|| told(Server::shared(&url.to_string_lossy()))),
            None => SERVER.get_or_init(|| told(Server::start(Durability::Off))),
        })
        .await
    }

    /// Makes one on a server that syncs as in earnest, for measurements.
    ///
    /// # Errors
    /// As [`TestDatabase::create`].
    pub async fn create_durable() -> Result<Self> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        Self::create_on(|| SERVER.get_or_init(|| told(Server::start(Durability::On)))).await
    }

    async fn create_on(
        server: impl FnOnce() -> &'static Result<Server, String> + Send + 'static,
    ) -> Result<Self> {
        tokio::task::spawn_blocking(move || {
            let server = server().as_ref().map_err(|error| anyhow!("{error}"))?;
            let name = format!("cratekeep_{}", random_hex()?);
            server.run(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
            let mut url = server.url.clone();
            url.set_path(&name);
            Ok(Self { url, server })
        })
        .await?
    }

    /// The superuser's URL of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A handle by which a test can cut the connections to the database from anywhere.
    #[must_use]
    pub fn handle(&self) -> DatabaseHandle {
        DatabaseHandle { name: self.name().to_owned(), server: self.server }
    }

    /// Lets psql run a script in a folder, and gives back what it printed, a value a line.
    ///
    /// # Errors
    /// psql is not there, or the script fails; the error has psql's words.
    pub fn run_script(&self, script: &str, folder: &Path) -> Result<String> {
        let mut psql = Command::new(self.server.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url.as_str()])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("psql could not be run")?;
        psql.stdin.take().context("psql reads scripts")?.write_all(script.as_bytes())?;
        let done = psql.wait_with_output()?;
        ensure!(done.status.success(), "psql: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    fn name(&self) -> &str {
        self.url.path().trim_start_matches('/')
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A server of our own takes its databases with it.
        if self.server.keeper.is_none() {
            let _left_behind = self.server.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name()));
        }
    }
}

/// Reaches the database of a test without owning it.
#[derive(Clone, Debug)]
pub struct DatabaseHandle {
    name: String,
    server: &'static Server,
}

impl DatabaseHandle {
    /// Ends every connection to the database, as a restarted server would. Blocks for some milliseconds.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn disconnect_all(&self) -> Result<()> {
        let name = &self.name;
        self.server
            .run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
    }
}

/// A server that answers.
#[derive(Debug)]
struct Server {
    /// The superuser's URL of the database `postgres`.
    url: Url,
    programs: PathBuf,
    /// Holds the pipe whose end ends the server, if it is ours.
    keeper: Option<Child>,
    _port: Option<Port>,
}

/// Whether a server syncs its files.
#[derive(Clone, Copy, Debug)]
enum Durability {
    On,
    Off,
}

impl Server {
    fn shared(url: &str) -> Result<Self> {
        let url = Url::parse(url).with_context(|| format!("{SHARED_SERVER} is no URL"))?;
        let server = Self { url, programs: find_programs()?, keeper: None, _port: None };
        server.run("SELECT 1").with_context(|| format!("the server of {SHARED_SERVER} does not answer"))?;
        Ok(server)
    }

    fn start(durability: Durability) -> Result<Self> {
        let programs = find_programs()?;
        let runner = Runner::choose()?;
        let folder = tempfile::Builder::new().prefix("cratekeep-postgres-").tempdir()?.keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let password = random_hex()?;
        fs::write(folder.join("password"), &password)?;
        runner.give(&folder)?;
        runner.give(&folder.join("password"))?;
        let made = init(&programs, &runner, &folder);
        if made.is_err() {
            fs::remove_dir_all(&folder)?;
        }
        made?;
        let port = Port::reserve()?;
        let fsync = match durability {
            Durability::On => "on",
            Durability::Off => "off",
        };
        let keeper = runner
            .command("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(programs.join("postgres"))
            .arg(&folder)
            .args([port.number().to_string(), CONNECTIONS_MAX.to_string(), fsync.to_owned()])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("the PostgreSQL server could not be started")?;
        let url =
            Url::parse(&format!("postgres://postgres:{password}@127.0.0.1:{}/postgres", port.number()))?;
        let mut server = Self { url, programs, keeper: Some(keeper), _port: Some(port) };
        server.wait_until_ready(&folder.join("log"))?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let begun = Instant::now();
        while let Err(error) = self.run("SELECT 1") {
            let ended = match &mut self.keeper {
                Some(keeper) => keeper.try_wait()?.is_some(),
                None => false,
            };
            if ended || begun.elapsed() > START_WAIT_MAX {
                let log = fs::read_to_string(log).unwrap_or_default();
                return Err(error.context(format!("the PostgreSQL server did not start; it said:\n{log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Runs one statement.
    fn run(&self, sql: &str) -> Result<()> {
        let done = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, "-d", self.url.as_str()])
            .stdin(Stdio::null())
            .output()
            .context("psql could not be run")?;
        ensure!(done.status.success(), "`{sql}` failed: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(())
    }
}

fn init(programs: &Path, runner: &Runner, folder: &Path) -> Result<()> {
    let done = runner
        .command(programs.join("initdb"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("--pwfile")
        .arg(folder.join("password"))
        .args(["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("initdb could not be run")?;
    ensure!(done.status.success(), "initdb failed: {}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(())
}

/// As whom the server runs: it refuses to be root.
struct Runner {
    other: Option<User>,
}

struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl Runner {
    fn choose() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { other: None });
        }
        let known = fs::read_to_string("/etc/passwd")?;
        let other = ["postgres", "nobody"].iter().find_map(|name| find_user(&known, name));
        ensure!(
            other.is_some(),
            "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`"
        );
        Ok(Self { other })
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        match &self.other {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", &user.name, "--"]).arg(program);
                command
            }
        }
    }

    fn give(&self, path: &Path) -> Result<()> {
        if let Some(user) = &self.other {
            chown(path, Some(user.uid), Some(user.gid))?;
        }
        Ok(())
    }
}

/// Finds a user in the text of `/etc/passwd`.
fn find_user(known: &str, name: &str) -> Option<User> {
    let line = known.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(User { name: name.to_owned(), uid, gid })
}

/// The folder with `initdb`, `postgres` and `psql`: the newest one of Debian, or one on the path.
fn find_programs() -> Result<PathBuf> {
    let versions =
        fs::read_dir(DEBIAN_PROGRAMS).map(|found| found.flatten().map(|entry| entry.path()).collect());
    let mut versions: Vec<PathBuf> = versions.unwrap_or_default();
    versions.sort_by_key(|path| version_of(path));
    let debian = versions.into_iter().rev().map(|path| path.join("bin"));
    let path = environment::read("PATH").unwrap_or_default();
    let listed: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    match debian.chain(listed).find(complete) {
        Some(folder) => Ok(folder),
        None => bail!(
            "these tests need PostgreSQL: install the Debian package `postgresql` (programs initdb, postgres, psql), or name a server in {SHARED_SERVER}"
        ),
    }
}

fn version_of(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn random_hex() -> Result<String> {
    let mut bytes = [0; 12];
    std::io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(hex::encode(bytes))
}

/// A result that can be told to every test that asks.
fn told(started: Result<Server>) -> Result<Server, String> {
    started.map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let known = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:PG,,,:/var:/bin/sh\n";
        let user = find_user(known, "postgres").expect("listed");
        assert_eq!((user.name.as_str(), user.uid, user.gid), ("postgres", 101, 104));
        assert!(find_user(known, "nobody").is_none());
    }

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own() {
        let (one, two) =
            (TestDatabase::create().await.expect("one"), TestDatabase::create().await.expect("two"));
        assert_ne!(one.url(), two.url());
        let run = |database: &TestDatabase, sql: &str| {
            let programs = find_programs().expect("PostgreSQL is installed");
            let psql = Command::new(programs.join("psql"))
                .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, "-d", database.url()])
                .output();
            psql.expect("psql runs").status.success()
        };
        assert!(run(&one, "CREATE TABLE mine (id BIGINT)"));
        assert!(run(&one, "SELECT id FROM mine") && !run(&two, "SELECT id FROM mine"));
        one.handle().disconnect_all().expect("nobody is connected");
    }
}
