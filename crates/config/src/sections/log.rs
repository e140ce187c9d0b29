//! `[log]`: what the server says on standard error.

use std::marker::PhantomData;
use std::str::FromStr;

use crate::kinds::{Choice, Text};
use crate::table::{Reader, section};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("this is none of the words allowed".to_owned()),
        }
    }
}

section! {
    /// What the server says on standard error.
    shown struct Log in "log" {
        /// The form of a log line.
        format: LogFormat = Choice { default: "text", allowed: "text, json", of: PhantomData },
        /// How much is said: a level, or a level followed by parts of the program with levels of their own, as in
        /// `info,cratekeep_store=debug`.
        level: String = Text {
            default: "info",
            allowed: "error, warn, info, debug or trace, then perhaps `,part=level`",
            check: check_level,
        },
    }
}

impl Log {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}

fn check_level(text: &str) -> Result<(), String> {
    for directive in text.split(',') {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level).trim();
        if !matches!(level, "error" | "warn" | "info" | "debug" | "trace" | "off") {
            return Err(format!("`{level}` is no level"));
        }
    }
    Ok(())
}
