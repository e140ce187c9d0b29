//! The crates that this project is built from: where cargo keeps their files, in an order in which each comes after
//! what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use cratekeep_testkit::environment;
use serde_json::Value;

/// One downloaded crate.
#[derive(Clone, Debug)]
pub(crate) struct Downloaded {
    /// How cargo calls it.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The `.crate` file.
    pub(crate) archive: PathBuf,
    /// The file of cargo's index cache that has its lines.
    pub(crate) index_cache: PathBuf,
}

/// A package of this workspace.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its manifest, relative to the workspace.
    pub(crate) manifest: PathBuf,
    /// The source files that its manifest speaks of, relative to the workspace.
    pub(crate) sources: Vec<PathBuf>,
}

/// Everything that `cargo metadata` says and the tests need.
#[derive(Clone, Debug)]
pub(crate) struct Closure {
    /// The folder of the workspace.
    pub(crate) root: PathBuf,
    /// The crates, each after the normal and build dependencies it has.
    pub(crate) crates: Vec<Downloaded>,
    /// The packages of this workspace.
    pub(crate) members: Vec<Member>,
}

impl Closure {
    /// Lets cargo download what is missing and asks it where everything is.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().context("the workspace is two folders up")?;
        cargo(&root, &["fetch", "--locked"])?;
        let text = cargo(&root, &["metadata", "--locked", "--offline", "--format-version", "1"])?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata prints JSON")?;
        let packages = metadata["packages"].as_array().context("metadata lists packages")?;
        let order = in_order(&metadata)?;
        let mut found = BTreeMap::new();
        let mut members = Vec::new();
        for package in packages {
            let manifest = PathBuf::from(text_of(package, "manifest_path")?);
            if package["source"].is_null() {
                members.push(member(package, &manifest, &root)?);
            } else {
                found.insert(text_of(package, "id")?, downloaded(package, &manifest)?);
            }
        }
        let crates = order.iter().filter_map(|id| found.remove(id.as_str())).collect();
        ensure!(found.is_empty(), "cargo metadata resolves nothing to {:?}", found.keys());
        Ok(Self { root, crates, members })
    }
}

/// Runs the cargo that runs the tests, in the environment of the tests: its home has the downloads.
fn cargo(root: &Path, args: &[&str]) -> Result<String> {
    let program = environment::read("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(program).args(args).current_dir(root).output().context("could not start cargo")?;
    if !output.status.success() {
        bail!("`cargo {}`: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("cargo prints UTF-8")
}

fn text_of(value: &Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().with_context(|| format!("no text `{key}`"))?.to_owned())
}

/// Cargo unpacks `registry/cache/SOURCE/NAME-VERSION.crate` to `registry/src/SOURCE/NAME-VERSION` and keeps the lines
/// in `registry/index/SOURCE/.cache`.
fn downloaded(package: &Value, manifest: &Path) -> Result<Downloaded> {
    let (id, name, version) =
        (text_of(package, "id")?, text_of(package, "name")?, text_of(package, "version")?);
    let unpacked = manifest.parent().context("a manifest is in a folder")?;
    let sources = unpacked.parent().context("the folder is one of a registry")?;
    let (Some(source), Some(registry)) = (sources.file_name(), sources.parent().and_then(Path::parent))
    else {
        bail!("{} is not in a cargo home", manifest.display());
    };
    ensure!(
        sources.parent().is_some_and(|src| src.ends_with("registry/src")),
        "{name} is vendored: {manifest:?}"
    );
    let archive = registry.join("cache").join(source).join(format!("{name}-{version}.crate"));
    let index_cache =
        registry.join("index").join(source).join(".cache").join(cratekeep_wire::sparse_path(&name));
    Ok(Downloaded { id, name, version, archive, index_cache })
}

fn member(package: &Value, manifest: &Path, root: &Path) -> Result<Member> {
    let relative = |path: &Path| {
        path.strip_prefix(root)
            .map(Path::to_owned)
            .with_context(|| format!("{} is elsewhere", path.display()))
    };
    let targets = package["targets"].as_array().context("a package has targets")?;
    let sources = targets
        .iter()
        .map(|target| relative(Path::new(&text_of(target, "src_path")?)))
        .collect::<Result<_>>()?;
    Ok(Member { manifest: relative(manifest)?, sources })
}

/// Package ids, each after those it needs to be built. Only tests can make circles, and they are left out.
fn in_order(metadata: &Value) -> Result<Vec<String>> {
    let nodes = metadata["resolve"]["nodes"].as_array().context("metadata has a resolution")?;
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in nodes {
        let deps = node["deps"].as_array().context("a node has deps")?.iter();
        let built = deps.filter(|dep| {
            let kinds = dep["dep_kinds"].as_array().into_iter().flatten();
            kinds.into_iter().any(|kind| kind["kind"] != "dev")
        });
        needs.insert(text_of(node, "id")?, built.map(|dep| text_of(dep, "pkg")).collect::<Result<_>>()?);
    }
    let (mut order, mut done) = (Vec::new(), BTreeSet::new());
    while order.len() < needs.len() {
        let ready: Vec<_> = needs
            .iter()
            .filter(|(id, needs)| !done.contains(*id) && needs.iter().all(|need| done.contains(need)))
            .map(|(id, _)| id.clone())
            .collect();
        ensure!(!ready.is_empty(), "packages need each other in a circle");
        done.extend(ready.iter().cloned());
        order.extend(ready);
    }
    Ok(order)
}
