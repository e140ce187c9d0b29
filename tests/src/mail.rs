//! The letters that a server under test has sent.

use std::path::{Path, PathBuf};

use cratekeep_outbound::mail::{MailPlace, SmtpPlace, SmtpSecurity};

use crate::TestApp;
use crate::engine::World;
use crate::spec::Mail;

/// A letter as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentLetter {
    /// Its receiver.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub text: String,
}

impl SentLetter {
    /// Reads the bytes of a letter.
    ///
    /// # Panics
    /// It has no head and body.
    #[must_use]
    pub fn read(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").expect("a letter has a head and a body");
        let value = |name: &str| {
            let start = format!("{name}: ");
            let line = head.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap_or_default().to_owned()
        };
        Self { to: value("To"), subject: value("Subject"), text: unquoted(body) }
    }

    /// The path of the first link in the body that begins with `start` (`/accept-invite/`).
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn link(&self, start: &str) -> String {
        let mut words = self.text.split_whitespace().filter(|word| word.starts_with("http"));
        let found = words.find_map(|word| word.find(start).map(|at| word[at..].to_owned()));
        found.unwrap_or_else(|| panic!("no link to {start} in: {}", self.text))
    }
}

impl TestApp {
    /// Runs every job that is due and gives the letters that are in the folder then, by when they were enqueued.
    ///
    /// # Panics
    /// The test was not started with mail into a folder.
    pub async fn letters(&self) -> Vec<SentLetter> {
        self.app().run_due_jobs().await.expect("the jobs can be claimed");
        let folder = folder(&self.shared.world);
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort_by_key(|file| number(file));
        let read = |file: &PathBuf| SentLetter::read(&std::fs::read_to_string(file).expect("a letter"));
        files.iter().map(read).collect()
    }
}

pub(crate) fn place(mail: &Mail, world: &World) -> Option<MailPlace> {
    match mail {
        Mail::Off => None,
        Mail::Folder => Some(MailPlace::Folder(folder(world))),
        Mail::Smtp(port) => Some(MailPlace::Smtp(SmtpPlace {
            host: "127.0.0.1".to_owned(),
            port: *port,
            security: SmtpSecurity::Plain,
            login: None,
        })),
    }
}

fn folder(world: &World) -> PathBuf {
    world.folder().join("letters")
}

/// The number of the job that sent a letter, from `letter-NUMBER-MARK.eml`.
fn number(file: &Path) -> u64 {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.split('-').nth(1).and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}

/// Undoes quoted-printable.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'=').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("letters are UTF-8")
}
