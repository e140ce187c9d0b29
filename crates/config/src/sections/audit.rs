//! `[audit]`: how long it is known who did what.

use std::marker::PhantomData;

use crate::kinds::{Optional, Whole};
use crate::table::{Reader, section};

section! {
    /// The log of who did what, with network addresses.
    shown struct Audit in "audit" {
        /// Days after which an entry is removed; not set keeps every entry.
        keep_days: Option<u32> = Optional(Whole { default: "365", min: 1, max: 36_500, of: PhantomData }),
    }
}

impl Audit {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
