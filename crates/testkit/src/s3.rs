//! An S3-compatible server inside of the test's process, over a folder, with credentials, and with faults that a test
//! can order. It runs on a thread of its own, so it outlives the runtime of any one test function.

mod fault;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use fault::{Desk, answer};
pub use fault::{Effect, Fault, SeenRequest};

/// The one bucket there is.
pub const BUCKET: &str = "crates";
/// The region that requests are signed for.
pub const REGION: &str = "us-east-1";
/// Id of the one key that is accepted.
pub const ACCESS_KEY: &str = "test-access-key";
/// The secret that goes with it.
pub const SECRET_KEY: &str = "test-secret-key-for-loopback-only";

/// A running server. Dropped, it stops and its objects are gone.
#[derive(Debug)]
pub struct S3Server {
    folder: tempfile::TempDir,
    address: SocketAddr,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts a server with an empty bucket on a free port of the loopback interface.
    ///
    /// # Errors
    /// No temporary folder, no port, or no thread could be had.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("could not make a folder for objects")?;
        std::fs::create_dir(folder.path().join(BUCKET)).context("could not make the bucket")?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
        listener.set_nonblocking(true).context("could not set up the port")?;
        let address = listener.local_addr().context("the port has no number")?;
        let desk = Arc::new(Desk::default());
        let service = service(folder.path())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread_desk = desk.clone();
        let thread = std::thread::Builder::new().name("s3".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve(listener, service, thread_desk) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { folder, address, desk, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Orders a fault. When several fit a request, the one ordered first is used.
    pub fn order(&self, fault: Fault) {
        self.desk.order(fault);
    }

    /// Forgets all faults that are still to come.
    pub fn clear_faults(&self) {
        self.desk.clear_faults();
    }

    /// Everything that was asked so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.desk.requests()
    }

    /// Forgets what was asked so far.
    pub fn clear_requests(&self) {
        self.desk.clear_requests();
    }

    /// The file that holds an object, to be damaged or removed behind the server's back.
    #[must_use]
    pub fn object_file(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed over there.
            let _ = thread.join();
        }
    }
}

fn service(folder: &Path) -> Result<S3Service> {
    let files = s3s_fs::FileSystem::new(folder)
        .map_err(|error| anyhow::anyhow!("could not serve {}: {error:?}", folder.display()))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    Ok(builder.build())
}

async fn serve(listener: std::net::TcpListener, service: S3Service, desk: Arc<Desk>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (service, desk) = (service.clone(), desk.clone());
        tokio::spawn(async move {
            let each = service_fn(move |request| {
                let (service, desk) = (service.clone(), desk.clone());
                async move { answer(&desk, &service, request).await }
            });
            // A connection that breaks is what the client sees; here it is nothing.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), each).await;
        });
    }
}
