//! `config.json`, the first file that cargo reads of an index.

use serde::{Deserialize, Serialize};

/// Where clients of an index find everything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexConfig {
    /// Prefix of download addresses, without a slash at its end: clients append `/{crate}/{version}/download`.
    pub dl: String,
    /// Base of the web API, without a slash at its end. Without it cargo can build but not publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Whether every request must carry a token.
    #[serde(rename = "auth-required", default, skip_serializing_if = "is_false")]
    pub auth_required: bool,
}

impl IndexConfig {
    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a struct of strings and a bool always prints")
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_keys_appear_only_when_they_say_something() {
        let mut config = IndexConfig { dl: "https://r.example/dl".into(), api: None, auth_required: false };
        assert_eq!(config.to_json(), r#"{"dl":"https://r.example/dl"}"#);
        config.api = Some("https://r.example".into());
        config.auth_required = true;
        assert_eq!(
            config.to_json(),
            r#"{"dl":"https://r.example/dl","api":"https://r.example","auth-required":true}"#
        );
    }
}
