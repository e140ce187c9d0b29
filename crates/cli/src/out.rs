//! What the program says: results on standard output, everything else on standard error. A reader that has gone away
//! is nobody's mistake.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use cratekeep_app::AppError;
use cratekeep_config::{Log, LogFormat, Problems, Settings};
use cratekeep_wire::control::AdminReply;
use tracing_subscriber::EnvFilter;

/// Prints a line of the result.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints what went wrong, one sentence a line.
pub(crate) fn complain(error: &anyhow::Error) {
    for sentence in sentences(error) {
        complain_line(&sentence);
    }
}

fn complain_line(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "error: {sentence}");
}

fn sentences(error: &anyhow::Error) -> Vec<String> {
    if let Some(Problems(problems)) = error.downcast_ref() {
        return problems.iter().map(ToString::to_string).collect();
    }
    match error.downcast_ref() {
        Some(AppError::Invalid(problems)) => problems.clone(),
        _ => vec![format!("{error:#}")],
    }
}

/// Prints the reply to a command; the exit code says whether all is well.
pub(crate) fn show_reply(reply: &AdminReply) -> ExitCode {
    match reply {
        AdminReply::Done { message } => say(message),
        AdminReply::Token { token } => say(token),
        AdminReply::Table { columns, rows } => show_table(columns, rows),
        AdminReply::Report { summary, findings } => {
            summary.iter().for_each(|line| say(line));
            findings.iter().for_each(|line| complain_line(line));
            if !findings.is_empty() {
                return ExitCode::FAILURE;
            }
        }
        AdminReply::Audit(page) => {
            page.entries
                .iter()
                .filter_map(|entry| serde_json::to_string(entry).ok())
                .for_each(|line| say(&line));
        }
        AdminReply::Refused { problems } => {
            problems.iter().for_each(|line| complain_line(line));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Prints rows under their titles, each column as wide as its widest cell.
pub(crate) fn show_table(columns: &[String], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    for row in std::iter::once(columns).chain(rows.iter().map(Vec::as_slice)) {
        let line: String = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        say(line.trim_end());
    }
}

/// Starts logging to standard error. A command that ends soon warns only, unless the settings say more.
pub(crate) fn start_logging(settings: &Settings, is_server: bool) {
    let Log { format, level } = &settings.log;
    let is_default = settings
        .shown()
        .iter()
        .any(|shown| shown.key == "log.level" && shown.origin == cratekeep_config::Origin::Default);
    let level = if is_default && !is_server { "warn" } else { level.as_str() };
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        complain_line(&format!("logging could not be started: {error}"));
    }
}
