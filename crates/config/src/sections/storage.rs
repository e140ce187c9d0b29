//! `[storage]`: where the bytes of crates are.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use cratekeep_types::Secret;

use crate::kinds::{Choice, MIB, Optional, SecretText, Size, Span, Switch, Text, any_text};
use crate::table::{Reader, section};

/// Where the objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoragePlace {
    /// `blobs` in the data folder.
    DataFolder,
    /// A folder on this machine.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store.
    S3 {
        /// The bucket.
        bucket: String,
        /// What stands before every key; empty or without slashes at its ends.
        prefix: String,
    },
}

impl FromStr for StoragePlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "file" {
            return Ok(Self::DataFolder);
        }
        if let Some(path) = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:")) {
            if !path.starts_with('/') {
                return Err("the path of the folder must start with a slash".to_owned());
            }
            return Ok(Self::Folder(PathBuf::from(path)));
        }
        let rest = text.strip_prefix("s3://").ok_or("this is the address of no storage we know")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("the bucket is missing".to_owned());
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

/// When a stored object is hashed again before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyOnRead {
    /// Each time it is read from the storage.
    Always,
    /// At its first full read after the start, and once a day after that.
    Daily,
}

impl FromStr for VerifyOnRead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "always" => Ok(Self::Always),
            "daily" => Ok(Self::Daily),
            _ => Err("this is none of the words allowed".to_owned()),
        }
    }
}

section! {
    /// Where the bytes of crates are kept: a folder, or an S3-compatible store.
    shown struct Storage in "storage" {
        /// `file` for the folder `blobs` in the data folder, `file:///PATH` for another one, or `s3://BUCKET/PREFIX`.
        url: StoragePlace = Choice {
            default: "file",
            allowed: "file, file:///PATH or s3://BUCKET/PREFIX",
            of: PhantomData,
        },
        /// The address of the S3-compatible store; without it Amazon's for the region.
        endpoint: Option<String> = Optional(Text {
            default: "https://s3.example.com",
            allowed: "an http:// or https:// address",
            check: check_endpoint,
        }),
        /// The region of the bucket.
        region: String = Text { default: "us-east-1", allowed: "the name of a region", check: any_text },
        /// The access key of the store.
        access_key: Option<Secret<String>> =
            Optional(SecretText { default: "AKIAEXAMPLE", allowed: "an access key", check: any_text }),
        /// The secret key that belongs to the access key.
        secret_key: Option<Secret<String>> =
            Optional(SecretText { default: "wJalrEXAMPLE", allowed: "a secret key", check: any_text }),
        /// Whether the bucket stands in the path of an address instead of the host name.
        path_style: bool = Switch { default: "false" },
        /// Objects of this size and above are uploaded to an S3-compatible store in parts.
        multipart_bytes_min: u64 = Size { default: "8MiB", min: 5 * MIB, max: 16 * MIB },
        /// How long one request to an S3-compatible store may stay silent before it counts as failed.
        silence_secs_max: Duration = Span { default: "30s", min_secs: 1, max_secs: 3_600 },
        /// When a stored object is hashed again before it is sent: each time it is read from the storage, or at its
        /// first full read after the start and once a day.
        verify: VerifyOnRead = Choice { default: "daily", allowed: "always, daily", of: PhantomData },
    }
}

impl Storage {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let storage = Self::read(reader)?;
        if storage.access_key.is_some() != storage.secret_key.is_some() {
            reader.conflict(
                "storage.access_key and storage.secret_key belong together; one of them is not set"
                    .to_owned(),
            );
        }
        Some(storage)
    }
}

fn check_endpoint(text: &str) -> Result<(), String> {
    let url = url::Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the scheme is `{}`", url.scheme()));
    }
    Ok(())
}
