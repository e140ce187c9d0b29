//! `[dump]`: dumps of the data for everybody.

use crate::kinds::Switch;
use crate::table::{Reader, section};

section! {
    /// Dumps of what everybody may read, in the layout of crates.io's.
    shown struct Dump in "dump" {
        /// Whether open registries offer a dump at /db-dump.tar.gz, made anew once a day.
        enabled: bool = Switch { default: "false" },
    }
}

impl Dump {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
