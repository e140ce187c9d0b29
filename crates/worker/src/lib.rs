//! Background work: chores that the use cases offer, done again and again until the server stops, and the lanes that
//! run jobs.
//!
//! When and how often is decided here; what a chore does, and that it may be done twice, late or cut off half-way, is
//! the use case's business.

mod chore;
mod lane;

use std::time::Duration;

use cratekeep_app::App;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use chore::{Rhythm, repeat};

/// How often the chores are done. The roof fills it in from the settings.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Between two writes of the counts held in memory.
    pub flush: Duration,
    /// Between two searches for stored objects that nothing names.
    pub sweep: Duration,
    /// Jobs run at once.
    pub lanes: usize,
}

/// Between two looks for entries of the audit log that are too old.
const AUDIT_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// The first search for objects that nothing names comes this long after the start at the latest, so that a server
/// that is restarted every day is swept too.
const FIRST_SWEEP_MAX: Duration = Duration::from_secs(600);

/// Between two sweeps of tokens of builds and of identities that are over.
const SWEEP_BUILDS: Duration = Duration::from_secs(600);
/// How often tokens are looked for that end soon.
const WARN: Duration = Duration::from_secs(3_600);
/// Between two looks for dumps that are a day old.
const DUMPS: Duration = Duration::from_secs(3_600);
/// From the start to the first time.
const FIRST_WARN: Duration = Duration::from_secs(60);

/// Between two counts of the downloads that lists are ordered by.
const ROLL_UP: Duration = Duration::from_secs(24 * 3_600);
/// From the start to the first one.
const FIRST_ROLL_UP: Duration = Duration::from_secs(300);

/// The chores of one process.
#[derive(Debug)]
pub struct Workers {
    tasks: TaskTracker,
}

impl Workers {
    /// Starts every chore that `app` has.
    #[must_use]
    pub fn start(app: &App, options: Options, stop: &CancellationToken) -> Self {
        let tasks = TaskTracker::new();
        let flush = Rhythm { first: options.flush, every: options.flush };
        let flushing = app.clone();
        tasks.spawn(repeat("flush of counts", flush, stop.clone(), move || {
            let app = flushing.clone();
            async move { app.flush_counts().await }
        }));
        let sweep = Rhythm { first: options.sweep.min(FIRST_SWEEP_MAX), every: options.sweep };
        let sweeping = app.clone();
        tasks.spawn(repeat("sweep", sweep, stop.clone(), move || {
            let app = sweeping.clone();
            async move { app.sweep().await.map(drop) }
        }));
        let builds = Rhythm { first: SWEEP_BUILDS, every: SWEEP_BUILDS };
        let over = app.clone();
        tasks.spawn(repeat("sweep of builds", builds, stop.clone(), move || {
            let app = over.clone();
            async move { app.sweep_builds().await.map(drop) }
        }));
        let warn = Rhythm { first: FIRST_WARN, every: WARN };
        let warning = app.clone();
        tasks.spawn(repeat("letters about ending tokens", warn, stop.clone(), move || {
            let app = warning.clone();
            async move { app.warn_of_ending_tokens().await.map(drop) }
        }));
        let daily = Rhythm { first: FIRST_ROLL_UP, every: ROLL_UP };
        let rolling = app.clone();
        tasks.spawn(repeat("roll-up of downloads", daily, stop.clone(), move || {
            let app = rolling.clone();
            async move { app.roll_up_downloads().await.map(drop) }
        }));
        for _ in 0..options.lanes {
            tasks.spawn(lane::run(app.clone(), stop.clone()));
        }
        tasks.spawn(lane::run_long(app.clone(), stop.clone()));
        let dumps = Rhythm { first: FIRST_WARN, every: DUMPS };
        let dumping = app.clone();
        tasks.spawn(repeat("schedule of dumps", dumps, stop.clone(), move || {
            let app = dumping.clone();
            async move { app.schedule_dumps().await }
        }));
        let forget = Rhythm { first: FIRST_SWEEP_MAX, every: AUDIT_EVERY };
        let forgetting = app.clone();
        tasks.spawn(repeat("end of old audit entries", forget, stop.clone(), move || {
            let app = forgetting.clone();
            async move { app.forget_old_audit().await.map(drop) }
        }));
        let (following, stop) = (app.clone(), stop.clone());
        tasks.spawn(async move { following.follow(stop.cancelled()).await });
        Self { tasks }
    }

    /// Waits until every chore and every job under way has ended, which the stop brings about.
    pub async fn ended(self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
