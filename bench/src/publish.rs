//! Durable publishes of real crates per second, with the syncs that each costs.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cratekeep_testkit::http::HttpClient;

use crate::arena::{Arena, Engine, send};
use crate::table::{Spread, markdown};
use crate::{Plan, crates};

/// Publishers at once.
const CLIENTS: &[usize] = &[1, 4, 16];
/// Rounds of each, on fresh data.
const ROUNDS: usize = 3;

/// Measures both engines and gives the table.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let uploads = crates::uploads(plan.crates_max)?;
    let bytes: usize = uploads.iter().map(|upload| upload.archive.len()).sum();
    let frames: Arc<Vec<Vec<u8>>> =
        Arc::new(uploads.iter().map(cratekeep_testkit::publish::Upload::frame).collect());
    let mut rows = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for &clients in CLIENTS {
            let mut rates = Vec::new();
            for _ in 0..ROUNDS {
                let arena = Arena::start(plan, engine)?;
                rates.push(frames.len() as f64 / publish_all(&arena, &frames, clients)?);
            }
            let syncs = syncs_per_publish(plan, engine, &frames, clients)?;
            rows.push(vec![
                engine.word().to_owned(),
                clients.to_string(),
                Spread::of(&rates).show(0),
                syncs.map_or_else(|| "not counted".to_owned(), |syncs| format!("{syncs:.1}")),
            ]);
        }
    }
    let note = format!(
        "{} real crates, {:.1} MB, each inspected whole, durable and in the index when it is answered; {ROUNDS} rounds on fresh data; median (lowest–highest). Syncs are counted in a run of its own under strace; on PostgreSQL only those of this program.",
        frames.len(),
        bytes as f64 / 1e6
    );
    Ok(markdown("Publishes", &note, &["database", "clients", "publishes/s", "syncs per publish"], &rows))
}

/// Seconds that `clients` publishers took for all frames.
fn publish_all(arena: &Arena, frames: &Arc<Vec<Vec<u8>>>, clients: usize) -> Result<f64> {
    let next = Arc::new(AtomicUsize::new(0));
    arena.runtime.block_on(async {
        let begun = Instant::now();
        let mut workers = Vec::new();
        for _ in 0..clients {
            let client = arena.client()?;
            let (token, frames, next) = (arena.token.clone(), Arc::clone(frames), Arc::clone(&next));
            workers.push(tokio::spawn(async move { publish_some(&client, &token, &frames, &next).await }));
        }
        for worker in workers {
            worker.await??;
        }
        Ok(begun.elapsed().as_secs_f64())
    })
}

async fn publish_some(
    client: &HttpClient,
    token: &str,
    frames: &[Vec<u8>],
    next: &AtomicUsize,
) -> Result<()> {
    while let Some(frame) = frames.get(next.fetch_add(1, Ordering::Relaxed)) {
        send(client, token, frame.clone()).await?;
    }
    Ok(())
}

/// Counts `fsync` and `fdatasync` of the server with strace; `None` where there is no strace.
fn syncs_per_publish(
    plan: &Plan,
    engine: Engine,
    frames: &Arc<Vec<Vec<u8>>>,
    clients: usize,
) -> Result<Option<f64>> {
    let arena = Arena::start(plan, engine)?;
    let log = tempfile::NamedTempFile::new()?;
    let child = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(log.path())
        .args(["-p", &arena.server.pid().to_string()])
        .spawn();
    let Ok(mut strace) = child else { return Ok(None) };
    // strace says nothing when it is ready; it has begun when a first sync shows in its log.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let count = || -> Result<usize> {
        let text = std::fs::read_to_string(log.path())?;
        Ok(text.lines().filter(|line| line.contains("sync(") && !line.contains("resumed")).count())
    };
    let before = count()?;
    publish_all(&arena, frames, clients)?;
    let after = count()?;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(strace.id().cast_signed()).context("strace has a pid")?,
        rustix::process::Signal::INT,
    )?;
    strace.wait()?;
    ensure!(after > before, "strace saw no sync at all");
    Ok(Some((after - before) as f64 / frames.len() as f64))
}
