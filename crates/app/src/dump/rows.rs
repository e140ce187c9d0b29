//! From rows of the database to lines of a dump.

use cratekeep_store::Conn;
use cratekeep_store::public_dump::{self, DumpRow, Key, Value};
use cratekeep_types::{RegistryId, Timestamp};
use cratekeep_wire::VersionMetadata;

use super::csv::{Csv, list_of};
use super::tables::Rows;
use crate::AppError;

/// Rows read at once.
const PAGE_ROWS: u32 = 1_000;
/// Places of dependencies in a version, as the web API counts them.
const PLACES: i64 = 1_000;

/// Which rows are wanted.
pub(super) struct Wanted {
    pub(super) registry: RegistryId,
    /// The first day of downloads by day.
    pub(super) from_day: i32,
}

/// Writes every row of a table.
pub(super) async fn write(
    conn: &mut Conn,
    wanted: &Wanted,
    rows: Rows,
    out: &mut Csv,
) -> Result<(), AppError> {
    let mut words = Words::default();
    let mut total = 0;
    for source in sources(rows) {
        let mut after = Key::default();
        loop {
            let page = page(conn, wanted, *source, &after).await?;
            for row in &page {
                match rows {
                    Rows::Metadata => total += number(row, 3),
                    Rows::Keywords | Rows::Categories => {
                        if let Some(ended) = words.next(row) {
                            out.line(&ended.line(rows)).await?;
                        }
                    }
                    Rows::CratesKeywords | Rows::CratesCategories => {
                        let _ = words.next(row);
                        let (krate, word) = (row.values[1].clone(), Value::Number(words.count));
                        let line = if rows == Rows::CratesKeywords { [krate, word] } else { [word, krate] };
                        out.line(&line).await?;
                    }
                    _ => out.line(&line(*source, rows, row)?).await?,
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE_ROWS as usize => after = last.key.clone(),
                _ => break,
            }
        }
    }
    match (rows, words.word) {
        (Rows::Metadata, _) => out.line(&[Value::Number(total)]).await,
        (Rows::Keywords | Rows::Categories, Some(last)) => out.line(&last.line(rows)).await,
        _ => Ok(()),
    }
}

/// Statements that rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Categories,
    Counts,
    Crates,
    Dependencies,
    Downloads,
    Keywords,
    Owners,
    TeamOwners,
    Teams,
    Users,
    Versions,
}

fn sources(rows: Rows) -> &'static [Source] {
    match rows {
        Rows::Categories | Rows::CratesCategories => &[Source::Categories],
        Rows::Keywords | Rows::CratesKeywords => &[Source::Keywords],
        Rows::CrateDownloads | Rows::DefaultVersions | Rows::Metadata => &[Source::Counts],
        Rows::Owners => &[Source::Owners, Source::TeamOwners],
        Rows::Crates => &[Source::Crates],
        Rows::Dependencies => &[Source::Dependencies],
        Rows::Teams => &[Source::Teams],
        Rows::Users => &[Source::Users],
        Rows::VersionDownloads => &[Source::Downloads],
        Rows::Versions => &[Source::Versions],
        Rows::Nothing => &[],
    }
}

async fn page(
    conn: &mut Conn,
    wanted: &Wanted,
    source: Source,
    after: &Key,
) -> Result<Vec<DumpRow>, AppError> {
    let (registry, rows) = (wanted.registry, PAGE_ROWS);
    Ok(match source {
        Source::Categories => public_dump::categories(conn, registry, after, rows).await?,
        Source::Counts => public_dump::counts(conn, registry, after, rows).await?,
        Source::Crates => public_dump::crates(conn, registry, after, rows).await?,
        Source::Dependencies => public_dump::dependencies(conn, registry, after, rows).await?,
        Source::Downloads => public_dump::downloads(conn, registry, wanted.from_day, after, rows).await?,
        Source::Keywords => public_dump::keywords(conn, registry, after, rows).await?,
        Source::Owners => public_dump::owners(conn, registry, after, rows).await?,
        Source::TeamOwners => public_dump::team_owners(conn, registry, after, rows).await?,
        Source::Teams => public_dump::teams(conn, registry, after, rows).await?,
        Source::Users => public_dump::users(conn, registry, after, rows).await?,
        Source::Versions => public_dump::versions(conn, registry, after, rows).await?,
    })
}

/// The values of a line in the order of the table's columns.
fn line(source: Source, rows: Rows, row: &DumpRow) -> Result<Vec<Value>, AppError> {
    let v = &row.values;
    let at = |at: usize| v[at].clone();
    Ok(match (source, rows) {
        (Source::Counts, Rows::CrateDownloads) => vec![at(0), at(3)],
        (Source::Counts, _) => vec![at(0), at(2), at(1)],
        (Source::Owners, _) => vec![at(0), at(2), at(3), at(1), Value::Number(0)],
        (Source::TeamOwners, _) => vec![at(0), at(2), at(3), at(1), Value::Number(1)],
        // No account is known by a number of GitHub here; -1 says so on crates.io too.
        (Source::Users, _) => vec![at(3), Value::Number(-1), at(0), at(2), at(1)],
        (Source::Teams, _) => {
            vec![at(5), forge_number(&v[3]), at(0), at(1), at(2), forge_number_or_null(&v[4])]
        }
        (Source::Downloads, _) => {
            let day = Timestamp::of_day(i32::try_from(number(row, 1)).unwrap_or_default());
            vec![Value::Text(day.to_day_text()), at(2), at(0)]
        }
        (Source::Dependencies, _) => dependency(row),
        (Source::Crates, _) => krate(row)?,
        (Source::Versions, _) => version(row)?,
        (Source::Keywords | Source::Categories, _) => Vec::new(),
    })
}

fn krate(row: &DumpRow) -> Result<Vec<Value>, AppError> {
    let at = |at: usize| row.values[at].clone();
    let metadata = metadata(&row.values[5])?;
    let description = match &row.values[4] {
        Value::Null => Value::Text(String::new()),
        said => said.clone(),
    };
    Ok(vec![
        at(3),
        description,
        text(metadata.documentation),
        text(metadata.homepage),
        at(0),
        at(7),
        at(6),
        at(1),
        Value::Null,
        text(metadata.repository),
        at(8),
        at(2),
    ])
}

fn version(row: &DumpRow) -> Result<Vec<Value>, AppError> {
    let at = |at: usize| row.values[at].clone();
    let metadata = metadata(&row.values[5])?;
    let features = serde_json::to_string(&metadata.features)
        .map_err(|error| AppError::Internal(format!("features do not print: {error}")))?;
    let license = metadata.license.or_else(|| metadata.license_file.map(|_| "non-standard".to_owned()));
    Ok(vec![
        list_of(&metadata.bin_names),
        list_of(&metadata.categories),
        at(1),
        at(6),
        at(4),
        text(metadata.description),
        text(metadata.documentation),
        at(10),
        text(Some(metadata.edition).filter(|edition| !edition.is_empty())),
        Value::Text(features),
        Value::Flag(metadata.has_lib),
        text(metadata.homepage),
        at(0),
        list_of(&metadata.keywords),
        text(license),
        text(metadata.links),
        at(2),
        at(3),
        at(8),
        text(metadata.repository),
        text(metadata.rust_version),
        at(9),
        at(4),
        at(7),
    ])
}

fn dependency(row: &DumpRow) -> Vec<Value> {
    let at = |at: usize| row.values[at].clone();
    let word = |at: usize| match &row.values[at] {
        Value::Text(word) => word.as_str(),
        _ => "",
    };
    let features: Vec<String> = serde_json::from_str(word(6)).unwrap_or_default();
    let kind = match word(8) {
        "build" => 1,
        "dev" => 2,
        _ => 0,
    };
    let is_renamed = !word(9).eq_ignore_ascii_case(word(10));
    vec![
        at(2),
        at(5),
        if is_renamed { at(9) } else { Value::Null },
        list_of(&features),
        Value::Number(number(row, 0) * PLACES + number(row, 1)),
        Value::Number(kind),
        at(4),
        at(3),
        at(7),
        at(0),
    ]
}

/// Words that come sorted, each several times: what is known of the one at hand, and how many there were.
#[derive(Default)]
struct Words {
    word: Option<Word>,
    count: i64,
}

struct Word {
    id: i64,
    word: String,
    crates: i64,
    since: Timestamp,
}

impl Words {
    /// Takes the next row in; gives the word before when another one begins.
    fn next(&mut self, row: &DumpRow) -> Option<Word> {
        let since = match row.values[2] {
            Value::Time(time) => time,
            _ => Timestamp(0),
        };
        if let Some(word) = self.word.as_mut().filter(|word| word.word == row.key.word) {
            word.crates += 1;
            word.since = word.since.min(since);
            return None;
        }
        self.count += 1;
        self.word.replace(Word { id: self.count, word: row.key.word.clone(), crates: 1, since })
    }
}

impl Word {
    fn line(&self, rows: Rows) -> Vec<Value> {
        let (id, crates, since) =
            (Value::Number(self.id), Value::Number(self.crates), Value::Time(self.since));
        if rows == Rows::Keywords {
            return vec![crates, since, id, Value::Text(self.word.clone())];
        }
        let name = self.word.rsplit("::").next().unwrap_or(&self.word).to_owned();
        let path = format!("root.{}", self.word.replace("::", ".").replace('-', "_"));
        vec![
            Value::Text(name),
            crates,
            since,
            Value::Text(String::new()),
            id,
            Value::Text(path),
            Value::Text(self.word.clone()),
        ]
    }
}

fn metadata(value: &Value) -> Result<VersionMetadata, AppError> {
    let Value::Text(text) = value else { return Ok(VersionMetadata::default()) };
    VersionMetadata::from_json(text)
        .map_err(|error| AppError::Internal(format!("stored metadata does not parse: {error}")))
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn number(row: &DumpRow, at: usize) -> i64 {
    match row.values[at] {
        Value::Number(number) => number,
        _ => 0,
    }
}

/// The number of a team at its forge; 0 for a team of this server.
fn forge_number(value: &Value) -> Value {
    match forge_number_or_null(value) {
        Value::Null => Value::Number(0),
        number => number,
    }
}

fn forge_number_or_null(value: &Value) -> Value {
    match value {
        Value::Text(text) => text.parse().map_or(Value::Null, Value::Number),
        _ => Value::Null,
    }
}
