//! How long the program takes until it listens, and what it needs in memory when nothing happens.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Plan;
use crate::arena::{Arena, Engine};
use crate::table::{Spread, markdown};

/// Starts of each kind.
const STARTS: usize = 5;

/// Starts the program several times and gives the table.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let spec = cratekeep_testkit::server::ServerSpec::new(&plan.program);
        let mut server = spec.start()?;
        first.push(begun.elapsed().as_secs_f64() * 1e3);
        server.terminate()?;
        let begun = Instant::now();
        server.restart()?;
        again.push(begun.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_secs(1));
        memory.push(resident_mib(server.pid())?);
    }
    let loaded = after_real_crates(plan)?;
    let rows = vec![
        vec!["first start, empty folder, ms".to_owned(), Spread::of(&first).show(0)],
        vec!["start on existing data, ms".to_owned(), Spread::of(&again).show(0)],
        vec!["resident memory, idle and empty, MiB".to_owned(), Spread::of(&memory).show(1)],
        vec![format!("resident memory after {} publishes, MiB", loaded.0), format!("{:.1}", loaded.1)],
    ];
    let note =
        format!("{STARTS} starts of each, from `exec` to the printed address; median (lowest–highest).");
    Ok(markdown("Start and memory", &note, &["what", "measured"], &rows))
}

fn after_real_crates(plan: &Plan) -> Result<(usize, f64)> {
    let arena = Arena::start(plan, Engine::Sqlite)?;
    let client = arena.client()?;
    let uploads = crate::crates::uploads(plan.crates_max)?;
    arena.runtime.block_on(async {
        for upload in &uploads {
            arena.publish(&client, upload).await?;
        }
        anyhow::Ok(())
    })?;
    Ok((uploads.len(), resident_mib(arena.server.pid())?))
}

/// Resident memory of a process, as the kernel counts it.
fn resident_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
