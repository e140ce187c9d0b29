//! The reference of all commands for administrators, made from the command line itself: for each its words and the
//! JSON that the API takes, with the names of the values in their places.

use anyhow::{Context as _, Result, anyhow};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, CommandFactory as _, Parser as _};

use crate::args::{Cli, Command as Word};

const PREFACE: &str = "\
# Commands for administrators

<!-- Generated: `cratekeep admin reference`. Change the command line, then run `cargo xtask docs`. -->

Each command runs at the shell of the server, also while the server runs. Administrators can send the same commands to
the API: `POST /api/v1/admin/commands` with the JSON shown, and a session or a token with the scope `admin`. In the
JSON, words in capitals stand for values, and what is shown as `null` or as the default may be left out. How it is
used: [administration.md](administration.md).
";

/// The reference in Markdown.
pub(super) fn reference() -> Result<String> {
    let mut root = Cli::command();
    root.build();
    let admin = root.find_subcommand("admin").context("the command line has `admin`")?;
    let mut text = PREFACE.to_owned();
    describe(&mut text, admin, &["admin".to_owned()])?;
    Ok(text)
}

fn describe(text: &mut String, command: &Command, words: &[String]) -> Result<()> {
    let below: Vec<_> =
        command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help").collect();
    for sub in &below {
        describe(text, sub, &[words, &[sub.get_name().to_owned()]].concat())?;
    }
    if below.is_empty() {
        let title = words.join(" ");
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let json = json(command, words).with_context(|| format!("no example of `{title}`"))?;
        text.push_str(&format!("\n## `{title}`\n\n{about}.\n\n```text\n{}\n```\n", usage(command, words)));
        let explained: String = arguments(command).map(explained).collect();
        text.push_str(&if explained.is_empty() { explained } else { format!("\n{explained}") });
        text.push_str(&format!("\n```json\n{json}\n```\n"));
    }
    Ok(())
}

/// What the command itself takes, without what every command of the program takes.
fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        let name = arg.get_id().as_str();
        !arg.is_hide_set() && !arg.is_global_set() && !["help", "version"].contains(&name)
    })
}

fn usage(command: &Command, words: &[String]) -> String {
    let shown = arguments(command).map(|arg| {
        let shown = shown(arg);
        if arg.is_required_set() { shown } else { format!("[{shown}]") }
    });
    ["cratekeep".to_owned()]
        .into_iter()
        .chain(words.iter().cloned())
        .chain(shown)
        .collect::<Vec<_>>()
        .join(" ")
}

fn shown(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_action().takes_values()) {
        (Some(long), true) => format!("--{long} {}", value_name(arg)),
        (Some(long), false) => format!("--{long}"),
        (None, _) => value_name(arg),
    }
}

fn explained(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = match default.first() {
        Some(word) if arg.get_action().takes_values() => format!(" [default: {word}]"),
        _ => String::new(),
    };
    format!("- `{}`: {help}{default}\n", shown(arg))
}

fn value_name(arg: &Arg) -> String {
    let given = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    given.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

/// The JSON of the command with everything it can say at once, found by trying the command line.
fn json(command: &Command, words: &[String]) -> Result<String> {
    let mut line: Vec<String> = [vec!["cratekeep".to_owned()], words.to_vec()].concat();
    let (needed, more): (Vec<_>, Vec<_>) = arguments(command).partition(|arg| arg.is_required_set());
    for arg in needed.into_iter().chain(more) {
        if let Some(longer) = with(&line, arg) {
            line = longer;
        }
    }
    let Word::Admin(args) = Cli::try_parse_from(&line)?.command else {
        return Err(anyhow!("the line {line:?} is no command of administrators"));
    };
    match super::command(args) {
        Some(command) => Ok(serde_json::to_string(&command)?),
        None => Err(anyhow!("the line {line:?} makes no command")),
    }
}

/// The line with a value for `arg`, if the line then still lacks nothing but other arguments.
fn with(line: &[String], arg: &Arg) -> Option<Vec<String>> {
    let flag = arg.get_long().map(|long| format!("--{long}"));
    let lines: Vec<Vec<String>> = match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count => {
            vec![[line, &[flag?]].concat()]
        }
        _ => values(arg)
            .into_iter()
            .map(|value| line.iter().cloned().chain(flag.clone()).chain([value]).collect())
            .collect(),
    };
    lines.into_iter().find(|line| match Cli::try_parse_from(line) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::MissingRequiredArgument,
    })
}

/// What may stand for a value: its name where it is a text, else a number, a time, a date or one of its words.
fn values(arg: &Arg) -> Vec<String> {
    let possible = arg.get_possible_values();
    let words = possible.iter().map(|value| value.get_name().to_owned());
    let plain = [value_name(arg).as_str(), "90d", "1", "2026-01-31"].map(str::to_owned);
    words.take(1).chain(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_an_example() {
        let text = reference().expect("each command can be written");
        let token = r#"{"command":"token","action":"create","user":"USER","name":"NAME","scope":"SCOPE,…","crates":["PATTERN","…"],"registries":["NAME","…"],"addresses":["NETWORK","…"],"expires_secs":7776000}"#;
        assert!(text.contains(token), "{text}");
        assert!(text.contains("cratekeep admin token revoke ID\n"), "{text}");
    }
}
