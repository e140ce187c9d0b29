//! What stands above every page about a crate: its name, how to add it, the facts, the tabs.

use std::collections::BTreeMap;

use cratekeep_app::{App, AppError, DayCount, ExtraCount, Krate, Version, VersionOrder};
use cratekeep_types::{Timestamp, VersionId};

use crate::chart::{self, Chart, Series};
use crate::page::SetUp;
use crate::visit::Visit;
use crate::words;

/// Downloads count as recent for this many days.
const RECENT_DAYS: i32 = 90;
/// As many versions get a colour of their own in the chart.
const OWN_LINES: u32 = 5;
/// Size of the small line beside the number of downloads.
const SPARK: (f64, f64) = (72.0, 18.0);

/// A fact with its label.
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What stands beside it, smaller.
    pub(crate) about: String,
}

/// By whom and why a version was yanked.
pub(crate) struct Yank {
    pub(crate) by: Option<String>,
    pub(crate) when: String,
    pub(crate) why: Option<String>,
}

/// The head of a page about a crate.
pub(crate) struct Head {
    /// `/crates/{name}` below the registry's path.
    pub(crate) path: String,
    /// As `path`, with the version if it is not the one to show first.
    pub(crate) version_path: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) num: Option<String>,
    /// Whether this is the version to show first.
    pub(crate) is_default: bool,
    pub(crate) default_num: Option<String>,
    pub(crate) add: String,
    pub(crate) install: Option<String>,
    pub(crate) line: String,
    pub(crate) set_up: SetUp,
    pub(crate) facts: Vec<Fact>,
    pub(crate) spark: String,
    pub(crate) downloads: String,
    pub(crate) recent_downloads: String,
    pub(crate) yank: Option<Yank>,
    pub(crate) is_all_yanked: bool,
    pub(crate) is_for_builds_only: bool,
    pub(crate) versions: u64,
    pub(crate) tab: &'static str,
}

/// What the pages about a crate are made from.
pub(crate) struct Whole {
    pub(crate) head: Head,
    pub(crate) krate: Krate,
    pub(crate) version: Option<Version>,
    pub(crate) chart: Option<Chart>,
}

impl Whole {
    /// Asks for a crate and one of its versions, or the one to show first.
    pub(crate) async fn read(
        app: &App,
        visit: &Visit,
        num: Option<&str>,
        tab: &'static str,
    ) -> Result<Self, AppError> {
        let (caller, registry, name) = (&visit.caller, &visit.registry, visit.params.get("name"));
        let krate = app.show_crate(caller, registry, name).await?;
        let version = match num {
            Some(num) => {
                let shown = app.show_version(caller, registry, name, num).await;
                Some(shown.map_err(|error| no_page(error, name, num))?)
            }
            None => app.show_default_version(caller, registry, name).await?,
        };
        let needs = match &version {
            Some(version) => {
                let num = version.row.num.to_string();
                app.dependencies_of(caller, registry, name, &num)
                    .await?
                    .1
                    .into_iter()
                    .map(|row| row.kind)
                    .collect()
            }
            None => Vec::new(),
        };
        let counts = app.crate_downloads(caller, registry, name, None).await?;
        let order = VersionOrder::Number(cratekeep_app::Below::everything());
        let highest = app.list_versions(caller, registry, name, &order, OWN_LINES).await?.versions;
        let labels = highest.iter().map(|version| (version.row.id, version.row.num.to_string())).collect();
        let now = app.now();
        let days = (now.day() - RECENT_DAYS + 1, now.day());
        let spark = chart::spark(&sums(&counts), days, SPARK);
        let mut head = Head::of(visit, &krate, version.as_ref(), &needs, now);
        (head.tab, head.spark) = (tab, spark);
        Ok(Self { head, chart: Chart::draw(series(counts, labels), days), krate, version })
    }
}

/// An address with something in it that is no version is the address of nothing.
fn no_page(error: AppError, name: &str, num: &str) -> AppError {
    match error {
        AppError::Invalid(_) => AppError::NotFound(format!("crate `{name}` does not have a version `{num}`")),
        other => other,
    }
}

impl Head {
    fn of(visit: &Visit, krate: &Krate, version: Option<&Version>, needs: &[String], now: Timestamp) -> Self {
        let row = &krate.row;
        let (name, registry) = (row.name.to_string(), visit.registry.registry.name.as_str());
        let path = format!("{}/crates/{name}", visit.place());
        let num = version.map(|version| version.row.num.to_string());
        let default_num = row.default_version.as_ref().map(ToString::to_string);
        let is_default = num == default_num;
        let at = num.as_ref().filter(|_| !is_default).map(|num| format!("@{num}")).unwrap_or_default();
        let has_bins = version.is_some_and(|version| !version.metadata.bin_names.is_empty());
        let requirement = num.as_deref().map_or("*", requirement_of);
        Self {
            version_path: match &num {
                Some(num) if !is_default => format!("{path}/{num}"),
                _ => path.clone(),
            },
            path,
            description: version
                .map_or(row.description.clone(), |version| version.metadata.description.clone()),
            add: format!("cargo add {name}{at} --registry {registry}"),
            install: has_bins.then(|| format!("cargo install {name}{at} --registry {registry}")),
            line: format!("{name} = {{ version = \"{requirement}\", registry = \"{registry}\" }}"),
            set_up: SetUp::of(&visit.registry),
            facts: version.map(|version| facts(version, needs, now)).unwrap_or_default(),
            spark: String::new(),
            downloads: words::count(row.downloads),
            recent_downloads: words::count(row.recent_downloads),
            yank: version.filter(|version| version.row.yanked).map(yank_of),
            is_all_yanked: row.yanked,
            is_for_builds_only: row.trustpub_only,
            versions: row.versions,
            tab: "",
            name,
            num,
            default_num,
            is_default,
        }
    }
}

/// What to require so that compatible versions are taken: without build metadata.
fn requirement_of(num: &str) -> &str {
    num.split('+').next().unwrap_or(num)
}

fn facts(version: &Version, needs: &[String], now: Timestamp) -> Vec<Fact> {
    let (row, said) = (&version.row, &version.metadata);
    let fact = |label, value: String, about: String| Fact { label, value, about };
    let of_kind = |kind: &str| needs.iter().filter(|one| *one == kind).count() as u64;
    let (normal, build, dev) = (of_kind("normal"), of_kind("build"), of_kind("dev"));
    let unpacked = if said.unpacked_bytes == 0 {
        String::new()
    } else {
        format!("{} unpacked, {}", words::size(said.unpacked_bytes), words::counted(said.files, "file"))
    };
    let by = match (&row.built_by, &row.published_by) {
        (Some(build), _) => format!("by a build: {build}"),
        (None, Some(person)) => format!("by {}", person.name),
        (None, None) => String::new(),
    };
    let more: Vec<String> = [(build, "to build"), (dev, "to test")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", words::count(number)))
        .collect();
    [
        fact(
            "Published",
            words::ago(&row.published_at, &now),
            format!("{} {by}", words::day(&row.published_at)),
        ),
        fact(
            "Rust",
            said.rust_version.clone().unwrap_or_else(|| "not said".to_owned()),
            edition(&said.edition),
        ),
        fact(
            "Licence",
            said.license.clone().unwrap_or_else(|| "in a file".to_owned()),
            said.license_file.clone().unwrap_or_default(),
        ),
        fact("Size", words::size(row.size), unpacked),
        fact("Needs", words::counted(normal, "crate"), more.join(", ")),
    ]
    .into_iter()
    .chain(version.facts.as_ref().map(|facts| {
        let lines = &facts.linecounts;
        let about = format!("and {} of comments", words::count(lines.total_comment_lines));
        fact("Lines of code", words::count(lines.total_code_lines), about)
    }))
    .collect()
}

fn edition(edition: &str) -> String {
    if edition.is_empty() { String::new() } else { format!("edition {edition}") }
}

/// Who yanked a version last, when, and with which words.
pub(crate) fn yank_of(version: &Version) -> Yank {
    let act = version.acts.iter().rev().find(|act| act.action == "yank");
    Yank {
        by: act.map(|act| act.name.to_string()),
        when: act.map(|act| words::day(&act.at)).unwrap_or_default(),
        why: version.row.yank_message.clone().filter(|text| !text.is_empty()),
    }
}

type Counts = (Vec<DayCount>, Vec<ExtraCount>);

fn sums((own, others): &Counts) -> BTreeMap<i32, u64> {
    let mut days = BTreeMap::new();
    let all = own
        .iter()
        .map(|one| (one.day, one.downloads))
        .chain(others.iter().map(|one| (one.day, one.downloads)));
    all.for_each(|(day, count)| *days.entry(day).or_default() += count);
    days
}

/// The versions of the chart with their labels, the highest at the bottom, and all others above them.
fn series((own, others): Counts, labels: Vec<(VersionId, String)>) -> Vec<Series> {
    let of =
        |id: VersionId| own.iter().filter(move |one| one.version == id).map(|one| (one.day, one.downloads));
    let mut all: Vec<_> =
        labels.into_iter().map(|(id, label)| Series { label, days: of(id).collect() }).collect();
    let others = others.into_iter().map(|one| (one.day, one.downloads)).collect();
    all.push(Series { label: "others".to_owned(), days: others });
    all
}
