//! `[readme]`: how readmes are shown.

use std::marker::PhantomData;
use std::str::FromStr;

use crate::kinds::{Choice, KIB, MIB, Size};
use crate::table::{Reader, section};

/// What becomes of images in readmes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadmeImages {
    /// Browsers load them from where they are.
    Direct,
    /// Their texts stand in their place.
    Off,
}

impl FromStr for ReadmeImages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "direct" => Ok(Self::Direct),
            "off" => Ok(Self::Off),
            other => Err(format!("`{other}` is neither direct nor off")),
        }
    }
}

section! {
    /// How readmes of crates are shown.
    shown struct Readme in "readme" {
        /// What becomes of images. With direct, browsers load them from where the author put them, and those servers
        /// learn who reads; with off, only their texts are shown. This server fetches no images itself.
        images: ReadmeImages = Choice { default: "direct", allowed: "direct, off", of: PhantomData },
        /// A longer readme is shown as plain text.
        bytes_max: u64 = Size { default: "512KiB", min: KIB, max: 4 * MIB },
    }
}

impl Readme {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
