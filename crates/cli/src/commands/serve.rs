//! `cratekeep serve`: from the settings to a server that listens, and from a signal to one that has lost nothing.

mod greeting;
mod signals;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use axum::Extension;
use clap::Args;
use cratekeep_api::{Front, Readiness};
use cratekeep_app::App;
use cratekeep_config::{Flag, Settings};
use cratekeep_http::guarded;
use cratekeep_http::serve::{Server, listen};
use cratekeep_worker::Workers;
use tokio_util::sync::CancellationToken;

use crate::args::Place;
use crate::bootstrap;
use crate::commands::runtime;
use crate::control::ControlSocket;
use crate::data::{self, Address, Opened, Purpose};
use crate::folder::{DataFolder, Lock};
use crate::out::start_logging;
use crate::wiring::serve_options;
use greeting::Greeting;
use signals::Signals;

/// Settings that are often given by hand.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// The address that clients use, if it is another one
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

impl ServeArgs {
    fn flags(self) -> impl Iterator<Item = Flag> {
        let listen = self.listen.map(|value| Flag { key: "server.listen", flag: "--listen", value });
        let base_url = self.base_url.map(|value| Flag { key: "server.base_url", flag: "--base-url", value });
        listen.into_iter().chain(base_url)
    }
}

/// Runs the command.
pub(crate) fn run(place: &Place, args: ServeArgs) -> Result<ExitCode> {
    let settings = place.settings(args.flags())?;
    start_logging(&settings, true);
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let signals = Signals::catch()?;
        tokio::select! {
            served = serve(&settings, &signals) => served,
            () = signals.second() => bail!("stopped at once by a second signal; requests may have been cut off"),
        }
    });
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

/// The life of a server.
async fn serve(settings: &Settings, signals: &Signals) -> Result<()> {
    let folder = DataFolder::of(settings);
    folder.make()?;
    let _lock = Lock::take(settings, &folder)?;
    let address = &settings.server.listen;
    let listener = listen(address.host(), address.port()).await?;
    let bound = listener.local_addr().context("the listener has no address")?;
    let server = Server::new(listener, serve_options(settings, signals.reload()))?;
    let opened = data::open(settings, &folder, Purpose::Serve, base_url(settings, bound)).await?;
    tracing::info!("{}", opened.brought.sentence());
    bootstrap::apply(&opened.app, settings, &folder).await?;
    opened.app.forget_gone_providers().await?;
    let control = ControlSocket::make(&folder.socket())?;
    let background = Background::start(&opened, settings, control);
    let readiness = Readiness::default();
    let running = server.run(router(&opened.app, &readiness), signals.stop());
    readiness.set(true);
    let greeting = Greeting::of(&opened.app, &greeting::url_of(settings, bound)).await?;
    let (drained, ()) = tokio::join!(running, async {
        greeting.print();
        signals.stop().cancelled().await;
        readiness.set(false);
        opened.app.end_waits();
        tracing::info!("asked to stop; requests under way may finish");
    });
    if drained.cut_off > 0 {
        tracing::warn!(connections = drained.cut_off, "requests that went on for too long were cut off");
    }
    background.end().await;
    opened.app.flush_counts().await.context("the last counts of downloads could not be written")?;
    opened.store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// A server whose port is another one at each start has no lasting address.
fn base_url(settings: &Settings, bound: SocketAddr) -> Address {
    let guessed = greeting::guessed_base_url(settings, bound);
    if settings.server.base_url.is_none() && settings.server.listen.port() == 0 {
        return Address::Passing(guessed);
    }
    Address::Lasting(guessed)
}

/// Every route of every face, with the short way for index files in front.
fn router(app: &App, readiness: &Readiness) -> Front {
    let routes = cratekeep_api::routes().and(cratekeep_web::routes()).into_router();
    let router = guarded(routes, app.clone()).layer(Extension(readiness.clone()));
    Front::new(app.clone(), router)
}

/// What goes on beside the requests.
struct Background {
    workers: Workers,
    control: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl Background {
    fn start(opened: &Opened, settings: &Settings, control: ControlSocket) -> Self {
        let stop = CancellationToken::new();
        let rhythms = cratekeep_worker::Options {
            flush: settings.limits.flush_secs,
            sweep: settings.limits.sweep_secs,
            lanes: settings.jobs.at_once,
        };
        let workers = Workers::start(&opened.app, rhythms, &stop);
        let control = tokio::spawn(control.serve(opened.app.clone(), stop.clone()));
        Self { workers, control, stop }
    }

    /// Stops it all and waits for what is under way. Comes after the drain: until then others must be followed.
    async fn end(self) {
        self.stop.cancel();
        self.workers.ended().await;
        if let Err(error) = self.control.await {
            tracing::warn!(%error, "the control socket failed");
        }
    }
}
