//! Whether a publish and a yank cost more as a crate gets more versions.

use std::time::Instant;

use anyhow::Result;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::publish::{Target, Upload};

use crate::Plan;
use crate::arena::{Arena, Engine};
use crate::table::{Spread, markdown};

/// At how many versions the cost is taken.
const MARKS: &[u32] = &[1, 300, 5_000];
/// Publishes and yanks measured at each mark.
const SAMPLES: u32 = 40;

/// Grows one crate and gives the table.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let arena = Arena::start(plan, Engine::Sqlite)?;
    let client = arena.client()?;
    let mut rows = Vec::new();
    arena.runtime.block_on(async {
        let mut patch = 0;
        let mut first: Option<(f64, f64)> = None;
        for &mark in MARKS {
            while patch < mark {
                publish(&arena, &client, patch).await?;
                patch += 1;
            }
            let (mut publishes, mut yanks) = (Vec::new(), Vec::new());
            for _ in 0..SAMPLES {
                let begun = Instant::now();
                publish(&arena, &client, patch).await?;
                publishes.push(begun.elapsed().as_secs_f64() * 1e3);
                let begun = Instant::now();
                yank(&arena, &client, patch).await?;
                yanks.push(begun.elapsed().as_secs_f64() * 1e3);
                patch += 1;
            }
            let (publish, yank) = (Spread::of(&publishes), Spread::of(&yanks));
            let (p0, y0) = *first.get_or_insert((publish.median, yank.median));
            rows.push(vec![
                mark.to_string(),
                publish.show(2),
                format!("{:.2}", publish.median / p0),
                yank.show(2),
                format!("{:.2}", yank.median / y0),
            ]);
        }
        anyhow::Ok(())
    })?;
    let note = format!(
        "Milliseconds for one client, {SAMPLES} of each, SQLite; median (lowest–highest), and the median against that at 1 version."
    );
    Ok(markdown("Cost as a crate grows", &note, &["versions", "publish", "ratio", "yank", "ratio"], &rows))
}

async fn publish(arena: &Arena, client: &HttpClient, patch: u32) -> Result<()> {
    let builder = ArchiveBuilder::new("growing", &format!("1.0.{patch}"));
    arena.publish(client, &Upload::of(&builder, Target::CratesIo)?).await
}

async fn yank(arena: &Arena, client: &HttpClient, patch: u32) -> Result<()> {
    let path = format!("/r/{}/api/v1/crates/growing/1.0.{patch}/yank", crate::arena::OPEN_REGISTRY);
    let reply = client.delete(&path).token(&arena.token).send().await?;
    anyhow::ensure!(reply.status == 200, "{}: {}", reply.status, reply.text());
    Ok(())
}
