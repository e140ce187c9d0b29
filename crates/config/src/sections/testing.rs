//! `[testing]`: switches for tests of the server, left out of the guide.

use std::marker::PhantomData;
use std::str::FromStr;

use crate::kinds::{Choice, Optional};
use crate::table::{Reader, section};

/// At which passing of which step the server kills itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillAt {
    /// The name of the step.
    pub step: String,
    /// Which passing of it, from 1.
    pub nth: u64,
}

impl FromStr for KillAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (step, nth) = text.split_once(':').unwrap_or((text, "1"));
        let nth =
            nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(|| format!("`{nth}` is no count from 1"))?;
        Ok(Self { step: step.to_owned(), nth })
    }
}

section! {
    /// Switches for tests of the server.
    hidden struct Testing in "testing" {
        /// The server kills itself when it passes this step for the n-th time.
        kill_at: Option<KillAt> =
            Optional(Choice { default: "publish.recorded:1", allowed: "STEP or STEP:COUNT", of: PhantomData }),
    }
}

impl Testing {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
