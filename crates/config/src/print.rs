//! Texts generated from the table: the example settings file and the reference of the guide.

use std::fmt::Write as _;

use crate::layers::variable_of;
use crate::providers::{KEYS, ProviderKey};
use crate::sections;
use crate::table::{Key, Preset, quoted};

/// Widest line of prose in the example file, in characters.
const LINE_CHARS_MAX: usize = 100;

/// A settings file that sets nothing: every key stands there as a comment with its description and its default, or
/// with an example where it has none.
#[must_use]
pub fn example() -> String {
    let mut out = String::from(
        "# Settings of Cratekeep. Every line shows a default or an example; take the `#` before a key away to set it.\n\
         # Sizes may carry a unit (10MiB), lengths of time too (30s, 90d).\n",
    );
    for section in sections::ALL.iter().filter(|section| !section.is_hidden) {
        out.push('\n');
        prose(&mut out, "# ", section.about);
        let _ = writeln!(out, "[{}]", section.name);
        for key in section.keys {
            out.push('\n');
            prose(&mut out, "# ", key.about);
            let _ = writeln!(out, "# Allowed: {}.", key.kind.allowed());
            if key.kind.is_secret() {
                let _ = writeln!(out, "# A secret: `{}_file` may name a file that holds it.", key.name);
            }
            let label = if matches!(key.kind.preset(), Preset::Value(_)) {
                ""
            } else {
                "  # an example; not set by default"
            };
            let _ = writeln!(out, "#{} = {}{label}", key.name, preset_text(key));
        }
    }
    out
}

/// The reference of all settings in Markdown, for the guide.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Settings\n\n\
         <!-- Written by `cratekeep config reference`; change the tables in `crates/config` instead. -->\n\n\
         Defaults are overridden by the settings file, that by environment variables, and those by flags. The file is \
         TOML, named by `--config` or `CRATEKEEP_CONFIG`; without either, `cratekeep.toml` in the data folder is read \
         if it is there. Relative paths in it start at its own folder. `cratekeep config show` prints each value and \
         where it came from, `config check` only the problems, `config example` a file to start from.\n\n\
         A key is also the environment variable `CRATEKEEP_SECTION__KEY`. A secret can stand in a file of its own: \
         `key_file` in TOML, `CRATEKEEP_SECTION__KEY__FILE` in the environment. Sizes are bytes or carry a unit \
         (`10MiB`), lengths of time are seconds or carry one (`30s`, `90d`).\n",
    );
    for section in sections::ALL.iter().filter(|section| !section.is_hidden) {
        let _ = write!(out, "\n## `[{}]`\n\n", section.name);
        let _ = writeln!(out, "{}", joined(section.about));
        for key in section.keys {
            let full = format!("{}.{}", section.name, key.name);
            let _ = write!(out, "\n### `{full}`\n\n{}\n\n", joined(key.about));
            let _ = writeln!(out, "- {}", default_text(key));
            let _ = writeln!(out, "- Allowed: {}", key.kind.allowed());
            let variable = variable_of(&full);
            let file = if key.kind.is_secret() { format!(" or `{variable}__FILE`") } else { String::new() };
            let _ = writeln!(out, "- Environment: `{variable}`{file}");
        }
    }
    provider_reference(&mut out);
    out
}

/// The keys of a provider's table, which have no variables of their own.
fn provider_reference(out: &mut String) {
    out.push_str(
        "\n## `[[provider]]`\n\n\
         A place by which people sign in; [Signing in by other places](providers.md) shows each kind step by step. There \
         may be several, each a table of its own, in the settings file or in `auth.providers`.\n\n\
         | Key | For kind | What it is |\n|---|---|---|\n",
    );
    for ProviderKey { name, kinds, about, .. } in KEYS {
        let _ = writeln!(out, "| `{name}` | {} | {about} |", kinds.join(", "));
    }
}

fn default_text(key: &Key) -> String {
    match key.kind.preset() {
        Preset::Value(_) => format!("Default: `{}`", preset_text(key)),
        Preset::EmptyList { .. } => format!("Default: none; for example `{}`", preset_text(key)),
        Preset::Unset { .. } => format!("Default: not set; for example `{}`", preset_text(key)),
    }
}

/// The default or example of a key as TOML.
fn preset_text(key: &Key) -> String {
    match key.kind.preset() {
        Preset::EmptyList { example } => format!("[{}]", quoted(example)),
        Preset::Value(text) | Preset::Unset { example: text } if key.kind.is_bare() => text.to_owned(),
        Preset::Value(text) | Preset::Unset { example: text } => quoted(text),
    }
}

fn joined(about: &[&str]) -> String {
    about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Writes a description broken into lines.
fn prose(out: &mut String, start: &str, about: &[&str]) {
    let mut line = String::new();
    for word in joined(about).split(' ') {
        if !line.is_empty() && line.len() + word.len() + start.len() >= LINE_CHARS_MAX {
            let _ = writeln!(out, "{start}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{start}{line}");
}

#[cfg(test)]
mod tests;
