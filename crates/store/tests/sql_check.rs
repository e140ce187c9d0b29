//! Finds every `sql!` in this room's sources and prepares it on both engines.

use std::fs;
use std::path::{Path, PathBuf};

use cratekeep_store::{Conn, DatabaseUrl, Options, Store};
use cratekeep_testkit::postgres::TestDatabase;
use cratekeep_types::{Secret, Steps, Timestamp};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

/// A statement in the sources.
struct Found {
    /// File and line.
    at: String,
    sqlite: String,
    postgres: String,
}

/// Every Rust file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn statements() -> Vec<Found> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&room) {
        let text = fs::read_to_string(&path).expect("a source");
        let name = path.strip_prefix(&room).expect("inside").display().to_string();
        for (place, _) in text.match_indices("sql!(").filter(|(place, _)| is_code(&text, *place)) {
            let at = format!("{name}:{}", text[..place].lines().count() + 1);
            found.push(read(&text[place + "sql!(".len()..], at));
        }
    }
    found
}

/// Whether this is not inside a comment.
fn is_code(text: &str, place: usize) -> bool {
    let line = text[..place].rsplit('\n').next().unwrap_or_default();
    !line.contains("//")
}

/// Reads the inside of a `sql!(…)` in any of its forms.
fn read(inside: &str, at: String) -> Found {
    let (words, literals) = tokens(inside);
    let literal =
        |number: usize| literals.get(number).cloned().unwrap_or_else(|| panic!("{at}: a literal is missing"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (sqlite, postgres) = match words[..] {
        [] => (literal(0), literal(0)),
        ["sqlite", "postgres"] => (literal(0), literal(1)),
        ["postgres"] => (String::new(), literal(0)),
        ["rows"] => (
            format!("{}json_each({}) AS item{}", literal(0), literal(1), literal(2)),
            format!(
                "{}jsonb_array_elements({}::JSONB) AS item (value){}",
                literal(0),
                literal(1),
                literal(2)
            ),
        ),
        _ => panic!("{at}: this form of sql! is unknown: {words:?}"),
    };
    Found { at, sqlite, postgres }
}

/// The words and the string literals up to the closing parenthesis.
fn tokens(inside: &str) -> (Vec<String>, Vec<String>) {
    let (mut words, mut literals) = (Vec::new(), Vec::new());
    let (mut depth, mut word) = (1, String::new());
    let mut signs = inside.chars();
    while let Some(sign) = signs.next() {
        if sign.is_alphanumeric() || sign == '_' {
            word.push(sign);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match sign {
            '(' => depth += 1,
            ')' if depth == 1 => break,
            ')' => depth -= 1,
            '"' => {
                let literal: String = signs.by_ref().take_while(|sign| *sign != '"').collect();
                assert!(!literal.contains('\\'), "an escape in a statement: {literal}");
                literals.push(literal);
            }
            _ => {}
        }
    }
    (words, literals)
}

/// What the house does not want in a statement.
fn complaints(sql: &str) -> Vec<&'static str> {
    let upper = sql.to_uppercase();
    let mut complaints = Vec::new();
    for (bad, complaint) in [
        ("SELECT *", "name the columns"),
        ("NOW()", "time is a parameter"),
        ("CURRENT_TIMESTAMP", "time is a parameter"),
        ("?", "parameters are written $1"),
    ] {
        if upper.contains(bad) {
            complaints.push(complaint);
        }
    }
    if upper.contains("LIMIT $") && !upper.contains("ORDER BY") {
        complaints.push("a bounded list needs an order");
    }
    complaints
}

async fn open(url: DatabaseUrl) -> Store {
    let store = Store::open(Options::new(url), Steps::unwatched()).await.expect("opened");
    store.migrate(Timestamp(0)).await.expect("migrated");
    store
}

/// Prepares every statement; returns what the engine said against them.
async fn prepare_all(store: &Store, text_of: fn(&Found) -> &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut conn = store.read().await.expect("a connection");
    for found in statements().iter().filter(|found| !text_of(found).is_empty()) {
        let sql = AssertSqlSafe(text_of(found)).into_sql_str();
        let prepared = match &mut *conn {
            Conn::Sqlite(link) => link.inner().prepare(sql).await.map(|_| ()),
            Conn::Postgres(link) => link.inner().prepare(sql).await.map(|_| ()),
        };
        if let Err(error) = prepared {
            errors.push(format!("{}: {error}", found.at));
        }
    }
    errors
}

#[tokio::test]
async fn every_statement_is_understood_by_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(DatabaseUrl::Sqlite { path: folder.path().join("cratekeep.db") }).await;
    assert_eq!(prepare_all(&store, |found| &found.sqlite).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_statement_is_understood_by_postgres() {
    let database = TestDatabase::create().await.expect("a PostgreSQL database");
    let store = open(DatabaseUrl::Postgres { url: Secret::new(database.url().to_owned()) }).await;
    assert_eq!(prepare_all(&store, |found| &found.postgres).await, Vec::<String>::new());
}

#[test]
fn every_statement_follows_the_house_rules() {
    let statements = statements();
    assert!(statements.len() > 70, "only {} statements were found", statements.len());
    let broken: Vec<String> = statements
        .iter()
        .flat_map(|found| {
            let said = complaints(&found.sqlite).into_iter().chain(complaints(&found.postgres));
            said.map(|complaint| format!("{}: {complaint}", found.at)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn the_reader_of_sources_knows_every_form() {
    let found = |inside: &str| read(inside, "here".to_owned());
    assert_eq!(found("\"A\");").postgres, "A");
    assert_eq!(found("sqlite: \"A\", postgres: \"B ()\")").sqlite, "A");
    assert_eq!(found("sqlite: \"A\", postgres: \"B ()\")").postgres, "B ()");
    assert_eq!(found("postgres: \"B\")").sqlite, "");
    assert_eq!(found("\"A \", rows(\"$1\"), \" B\") \"C\"").sqlite, "A json_each($1) AS item B");
}
