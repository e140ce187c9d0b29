//! Bodies about exposed tokens. Those of GitHub's secret scanning are as GitHub sends and reads them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `POST /api/v1/tokens/report`
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenReport {
    /// The text that was found.
    pub token: String,
    /// Where it was found.
    #[serde(default)]
    pub url: Option<String>,
}

/// One find of GitHub's secret scanning.
#[derive(Clone, Serialize, Deserialize)]
pub struct Alert {
    /// The text that was found.
    pub token: String,
    /// What GitHub calls this kind of text.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it was found.
    #[serde(default)]
    pub url: Option<String>,
}

/// What GitHub is told about a find.
#[derive(Clone, Serialize, Deserialize)]
pub struct AlertLabel {
    /// The text that was found.
    pub token_raw: String,
    /// What GitHub calls this kind of text.
    pub token_type: String,
    /// `true_positive` or `false_positive`.
    pub label: String,
}

macro_rules! silent {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )*};
}
silent!(TokenReport Alert AlertLabel);
