//! Real cargo resolving and fetching some 300 crates, from this program and from nginx with the same bytes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::publish::Upload;

use crate::arena::{Arena, Engine, OPEN_REGISTRY};
use crate::nginx::Nginx;
use crate::table::{Spread, markdown};
use crate::{Plan, crates};

/// Direct dependencies of the measured project.
const ROOTS: usize = 60;

/// Publishes real crates, copies what is served to nginx, and gives the table.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let arena = Arena::start(plan, Engine::Sqlite)?;
    let nginx = Nginx::start()?;
    let client = arena.client()?;
    let uploads = crates::uploads(usize::MAX)?;
    arena.runtime.block_on(copy(&arena, &nginx, &client, &uploads))?;
    let ours = Side { index: arena.server.index_url(OPEN_REGISTRY) };
    let theirs = Side { index: format!("sparse+{}/index/", nginx.url()) };
    let mut figures: Vec<[Vec<f64>; 2]> = (0..STEPS.len()).map(|_| [Vec::new(), Vec::new()]).collect();
    let mut locked = 0;
    for _ in 0..plan.rounds {
        for (side, place) in [&ours, &theirs].into_iter().zip(0..) {
            let times = measure(side, &uploads, &mut locked)?;
            for (step, time) in times.into_iter().enumerate() {
                figures[step][place].push(time);
            }
        }
    }
    let rows = STEPS.iter().zip(&figures).map(|(step, [our, their])| {
        let ratios: Vec<_> = our.iter().zip(their).map(|(our, their)| our / their).collect();
        vec![
            (*step).to_owned(),
            Spread::of(our).show(3),
            Spread::of(their).show(3),
            Spread::of(&ratios).show(2),
        ]
    });
    let note = format!(
        "Seconds of the whole cargo command over plain HTTP, {locked} packages locked, {} rounds taking turns; median (lowest–highest). Less is better.",
        plan.rounds
    );
    Ok(markdown(
        "cargo against nginx",
        &note,
        &["step", "cratekeep", "nginx", "ratio"],
        &rows.collect::<Vec<_>>(),
    ))
}

const STEPS: &[&str] = &[
    "generate-lockfile, empty home",
    "generate-lockfile, index cached",
    "update",
    "fetch --locked, all cold",
];

struct Side {
    index: String,
}

async fn copy(arena: &Arena, nginx: &Nginx, client: &HttpClient, uploads: &[Upload]) -> Result<()> {
    let config = serde_json::json!({ "dl": format!("{}/crates", nginx.url()) }).to_string();
    nginx.put("/index/config.json", config.as_bytes())?;
    for upload in uploads {
        arena.publish(client, upload).await?;
    }
    for upload in uploads {
        let (name, version) = identity(upload)?;
        nginx.put(&format!("/crates/{name}/{version}/download"), &upload.archive)?;
        let path = format!("index/{}", index_path(name));
        let reply = client.get(&format!("/r/{OPEN_REGISTRY}/{path}")).send().await?.expect_status(200);
        nginx.put(&path, &reply.body)?;
    }
    Ok(())
}

fn identity(upload: &Upload) -> Result<(&str, &str)> {
    let text = |key: &str| upload.json[key].as_str().with_context(|| format!("no `{key}`"));
    Ok((text("name")?, text("vers")?))
}

fn index_path(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.len() {
        1 | 2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// Seconds of each step, in a cargo home of its own.
fn measure(side: &Side, uploads: &[Upload], locked: &mut usize) -> Result<Vec<f64>> {
    let mut case = CargoCase::new()?;
    case.registry("peer", &side.index)?;
    case.replace_crates_io("peer")?;
    let project = case.root().join("project");
    write_project(&project, uploads)?;
    let timed = |case: &CargoCase, args: &[&str]| -> Result<f64> {
        let begun = Instant::now();
        let run = case.run(&project, args)?;
        let seconds = begun.elapsed().as_secs_f64();
        run.success();
        Ok(seconds)
    };
    let cold = timed(&case, &["generate-lockfile"])?;
    let lock = std::fs::read_to_string(project.join("Cargo.lock"))?;
    *locked = lock.matches("[[package]]").count();
    ensure!(*locked > 100, "only {locked} packages were locked");
    std::fs::remove_file(project.join("Cargo.lock"))?;
    let cached = timed(&case, &["generate-lockfile"])?;
    let update = timed(&case, &["update"])?;
    case.empty_home()?;
    let fetch = timed(&case, &["fetch", "--locked"])?;
    Ok(vec![cold, cached, update, fetch])
}

/// A project that leans on the crates with the most dependencies, so that much of the closure comes in. Without their
/// default features, because these may need crates that this very program does not.
fn write_project(folder: &Path, uploads: &[Upload]) -> Result<()> {
    let complete = complete(uploads)?;
    let mut by_weight: Vec<_> = uploads.iter().collect();
    by_weight.sort_by_key(|upload| {
        let deps = upload.json["deps"].as_array().map_or(0, |deps| {
            deps.iter()
                .filter(|dep| dep["kind"] == "normal" && dep["optional"] == false && dep["target"].is_null())
                .count()
        });
        std::cmp::Reverse(deps)
    });
    let mut manifest = String::from(
        "[package]\nname = \"measured\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n",
    );
    let mut names = BTreeSet::new();
    for upload in by_weight {
        let (name, _) = identity(upload)?;
        if names.len() < ROOTS && complete.contains(name) && names.insert(name.to_owned()) {
            manifest.push_str(&format!("{name} = {{ version = \"*\", default-features = false }}\n"));
        }
    }
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    Ok(())
}

/// Names whose crates find everything they need among the uploads: cargo's home may hold crates of other projects.
fn complete(uploads: &[Upload]) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for upload in uploads {
        names.insert(identity(upload)?.0.to_owned());
    }
    loop {
        let before = names.len();
        for upload in uploads {
            let deps = upload.json["deps"].as_array().map_or(&[][..], Vec::as_slice);
            let needed = deps.iter().filter(|dep| dep["kind"] != "dev" && dep["optional"] == false);
            if !needed.map(|dep| dep["name"].as_str().unwrap_or_default()).all(|name| names.contains(name)) {
                names.remove(identity(upload)?.0);
            }
        }
        if names.len() == before {
            return Ok(names);
        }
    }
}
