//! Bodies of `/api/v1/me/tokens`, as crates.io has them, with what this server limits besides.

use serde::{Deserialize, Serialize};

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTokenRequest {
    /// The token.
    pub api_token: NewTokenBody,
}

/// What is asked of a new token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTokenBody {
    /// What its holder calls it.
    pub name: String,
    /// Which crates it is for; absent means every crate.
    pub crate_scopes: Option<Vec<String>>,
    /// What it may do; absent means whatever its holder may, short of administering.
    pub endpoint_scopes: Option<Vec<String>>,
    /// When it ends, as in `2030-01-31T00:00:00Z`; absent means as late as the server allows.
    pub expired_at: Option<String>,
    /// Names of the registries it is for; absent means every registry. Not on crates.io.
    pub registries: Option<Vec<String>>,
    /// Networks from which it may be used; absent means from everywhere. Not on crates.io.
    pub addresses: Option<Vec<String>>,
}

/// How a token is to be renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// How long the text before goes on working, in seconds: zero ends it at once, absent is a day.
    pub grace_secs: Option<u32>,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenReply {
    /// The token.
    pub api_token: TokenBody,
}

/// Several tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensReply {
    /// The tokens, newest first.
    pub api_tokens: Vec<TokenBody>,
}

/// A token as its holder sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenBody {
    /// Its number.
    pub id: i64,
    /// What its holder calls it.
    pub name: String,
    /// Its text: once, when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was used last.
    pub last_used_at: Option<String>,
    /// From which network address it was used last.
    pub last_used_from: Option<String>,
    /// Which crates it is for; `null` means every crate.
    pub crate_scopes: Option<Vec<String>>,
    /// What it may do; `null` means whatever its holder may, short of administering.
    pub endpoint_scopes: Option<Vec<String>>,
    /// When it ends; `null` means never.
    pub expired_at: Option<String>,
    /// Which registries it is for; `null` means every registry.
    pub registries: Option<Vec<String>>,
    /// From which networks it may be used; `null` means from everywhere.
    pub addresses: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_of_crates_io_send_is_read() {
        let text = r#"{"api_token":{"name":"ci","crate_scopes":["acme-*"],"endpoint_scopes":null}}"#;
        let read: NewTokenRequest = serde_json::from_str(text).expect("the shape of crates.io");
        assert_eq!((read.api_token.name.as_str(), read.api_token.endpoint_scopes), ("ci", None));
        assert_eq!(read.api_token.crate_scopes, Some(vec!["acme-*".to_owned()]));
    }

    #[test]
    fn a_token_shows_its_text_only_when_it_has_one() {
        let body = TokenBody { id: 7, name: "ci".to_owned(), ..TokenBody::default() };
        let text = serde_json::to_string(&TokenReply { api_token: body }).expect("plain data");
        assert_eq!(
            text,
            r#"{"api_token":{"id":7,"name":"ci","created_at":"","last_used_at":null,"last_used_from":null,"crate_scopes":null,"endpoint_scopes":null,"expired_at":null,"registries":null,"addresses":null}}"#
        );
    }
}
