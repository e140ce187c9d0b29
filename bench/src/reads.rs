//! Index files, `config.json` and downloads, against nginx with the same bytes, runs taking turns.

use anyhow::Result;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::{Target, Upload};

use crate::Plan;
use crate::arena::{Arena, Engine, OPEN_REGISTRY};
use crate::load::requests_per_second;
use crate::nginx::Nginx;
use crate::table::{Spread, markdown};

/// Versions of the crate with a long index file.
const MANY: u32 = 300;

struct Case {
    name: String,
    path: String,
    headers: Vec<String>,
    peer_headers: Vec<String>,
}

/// Measures every case and gives the table.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let arena = Arena::start(plan, Engine::Sqlite)?;
    let nginx = Nginx::start()?;
    let cases = prepare(&arena, &nginx)?;
    let mut rows = Vec::new();
    for case in &cases {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let headers: Vec<_> = case.headers.iter().map(String::as_str).collect();
            let peer_headers: Vec<_> = case.peer_headers.iter().map(String::as_str).collect();
            let our =
                requests_per_second(&format!("{}{}", arena.server.url(), case.path), &headers, plan.seconds)?;
            let their =
                requests_per_second(&format!("{}{}", nginx.url(), case.path), &peer_headers, plan.seconds)?;
            ours.push(our);
            theirs.push(their);
            ratios.push(our / their);
        }
        rows.push(vec![
            case.name.clone(),
            Spread::of(&ours).show(0),
            Spread::of(&theirs).show(0),
            Spread::of(&ratios).show(2),
        ]);
    }
    let note = format!(
        "Requests per second, wrk with 32 keep-alive connections and 2 threads, {} rounds of {} s taking turns; median (lowest–highest).",
        plan.rounds, plan.seconds
    );
    Ok(markdown("Reads against nginx", &note, &["what", "cratekeep", "nginx", "ratio"], &rows))
}

fn prepare(arena: &Arena, nginx: &Nginx) -> Result<Vec<Case>> {
    let client = arena.client()?;
    arena.runtime.block_on(async {
        let small = Upload::of(&ArchiveBuilder::new("bench-one", "1.0.0"), Target::CratesIo)?;
        publish_in_main(arena, &client, &small).await?;
        for patch in 0..MANY {
            let version = format!("1.0.{patch}");
            let upload = Upload::of(&ArchiveBuilder::new("bench-many", &version), Target::CratesIo)?;
            publish_in_main(arena, &client, &upload).await?;
        }
        for (name, bytes) in SIZES {
            let noise = noise(*bytes);
            let builder = ArchiveBuilder::new(name, "1.0.0").file("src/noise.bin", noise);
            publish_in_main(arena, &client, &Upload::of(&builder, Target::CratesIo)?).await?;
        }
        let mut cases = Vec::new();
        add(&mut cases, &client, nginx, "config.json", "/index/config.json", false).await?;
        let one = ("index, 1 version", "/index/be/nc/bench-one");
        let many = ("index, 300 versions", "/index/be/nc/bench-many");
        for (name, path) in [one, many] {
            add(&mut cases, &client, nginx, name, path, true).await?;
        }
        for (name, _) in SIZES {
            let path = format!("/crates/{name}/1.0.0/download");
            add(&mut cases, &client, nginx, &format!("download {name}"), &path, false).await?;
        }
        Ok(cases)
    })
}

const SIZES: &[(&str, usize)] = &[("about-20kb", 20_000), ("about-200kb", 200_000), ("about-1mb", 1_000_000)];

async fn publish_in_main(
    arena: &Arena,
    client: &cratekeep_testkit::http::HttpClient,
    upload: &Upload,
) -> Result<()> {
    let reply = client.put("/api/v1/crates/new", upload.frame()).token(&arena.token).send().await?;
    anyhow::ensure!(reply.status == 200, "{}: {} (not in {OPEN_REGISTRY})", reply.status, reply.text());
    Ok(())
}

/// Gives nginx the bytes that we serve, and makes a case of the path; of a conditional one, a second for 304.
async fn add(
    cases: &mut Vec<Case>,
    client: &cratekeep_testkit::http::HttpClient,
    nginx: &Nginx,
    name: &str,
    path: &str,
    conditional: bool,
) -> Result<()> {
    let ours = client.get(path).send().await?.expect_status(200);
    nginx.put(path, &ours.body)?;
    let plain =
        |headers| Case { name: name.to_owned(), path: path.to_owned(), headers, peer_headers: Vec::new() };
    cases.push(plain(Vec::new()));
    if conditional {
        let peer = cratekeep_testkit::http::HttpClient::plain(&nginx.url())?;
        let theirs = peer.get(path).send().await?.expect_status(200);
        let when = |etag: &str| vec![format!("If-None-Match: {etag}")];
        cases.push(Case {
            name: format!("{name}, 304"),
            peer_headers: when(theirs.header("etag")),
            ..plain(when(ours.header("etag")))
        });
    }
    Ok(())
}

/// Bytes that do not compress, the same in every run.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(bytes)
    .collect()
}
