//! What is wrong with an archive, as sentences for the person who made it.

use std::fmt;
use std::io;

use thiserror::Error;

/// Sentences kept of one archive; an archive can be wrong in more ways than anyone reads.
const SENTENCES_MAX: usize = 50;

/// At least one sentence, each saying what to change.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Problems(Vec<String>);

impl Problems {
    /// The sentences.
    #[must_use]
    pub fn sentences(&self) -> &[String] {
        &self.0
    }

    /// The sentences, given away.
    #[must_use]
    pub fn into_sentences(self) -> Vec<String> {
        self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

/// Why there is no package.
#[derive(Debug, Error)]
pub enum InspectError {
    /// The archive is bad.
    #[error(transparent)]
    Refused(#[from] Problems),
    /// The archive could not be read from where it lies.
    #[error("reading the archive failed: {0}")]
    Unreadable(#[source] io::Error),
}

/// Collects sentences.
#[derive(Debug, Default)]
pub(crate) struct Found {
    sentences: Vec<String>,
    more: usize,
}

impl Found {
    pub(crate) fn add(&mut self, sentence: impl Into<String>) {
        if self.sentences.len() < SENTENCES_MAX {
            self.sentences.push(sentence.into());
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    pub(crate) fn finish(mut self) -> Result<(), Problems> {
        if self.more > 0 {
            self.sentences.push(format!("{} more problems are not listed", self.more));
        }
        if self.sentences.is_empty() { Ok(()) } else { Err(Problems(self.sentences)) }
    }
}

/// Text from an archive in a form that cannot disturb whoever reads it.
pub(crate) fn shown(text: &[u8]) -> String {
    const CHARS_MAX: usize = 200;
    let text = String::from_utf8_lossy(text);
    let mut shown: String = text.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
