//! Signing in by GitLab, hosted or self-managed.

use cratekeep_types::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Begin, Finish, ForgeOptions, ProviderError, Visitor, failed};
use crate::github::address;
use crate::{Call, CallError, Client};

/// Results of one page, GitLab's own limit.
const PAGE: usize = 100;
/// Most pages that are read.
const PAGES_MAX: usize = 10;
/// GitLab's number for a guest: whoever has been invited to a group only, or sees it because it is public, has less.
const GUEST: &str = "10";

/// GitLab as a provider.
#[derive(Debug)]
pub(super) struct GitLab {
    options: ForgeOptions,
    client: Client,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    username: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    confirmed_at: Option<String>,
    #[serde(default)]
    state: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    id: u64,
    full_path: String,
}

impl GitLab {
    pub(super) fn new(options: ForgeOptions, client: Client) -> Self {
        Self { options, client }
    }

    pub(super) fn begin(&self, begin: &Begin<'_>) -> Result<String, ProviderError> {
        self.options.authorize("/oauth/authorize", begin)
    }

    pub(super) async fn finish(&self, finish: &Finish<'_>) -> Result<Visitor, ProviderError> {
        let token = self.options.token(&self.client, "/oauth/token", finish).await?;
        let user: User = self.get(&["user"], &[], &token).await.map_err(failed("asking who it is"))?;
        if user.state.as_deref().is_some_and(|state| state != "active") {
            return Err(ProviderError::Refused("the account there is not active".to_owned()));
        }
        let groups = if finish.wants_groups { self.groups(&token).await? } else { Vec::new() };
        Ok(Visitor {
            subject: user.id.to_string(),
            login: user.username,
            display_name: user.name,
            email_verified: user.email.is_some() && user.confirmed_at.is_some(),
            email: user.email,
            groups,
            token: Some(token),
        })
    }

    /// Groups as `acme/rust` and `id:17`.
    async fn groups(&self, token: &Secret<String>) -> Result<Vec<String>, ProviderError> {
        let mut groups = Vec::new();
        for page in 1..=PAGES_MAX {
            let (size, page) = (PAGE.to_string(), page.to_string());
            let query = [("min_access_level", GUEST), ("per_page", size.as_str()), ("page", page.as_str())];
            let some: Vec<Group> =
                self.get(&["groups"], &query, token).await.map_err(failed("asking for groups"))?;
            let is_last = some.len() < PAGE;
            for group in some {
                groups.push(format!("id:{}", group.id));
                groups.push(group.full_path);
            }
            if is_last {
                break;
            }
        }
        Ok(groups)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        token: &Secret<String>,
    ) -> Result<T, CallError> {
        let url = address(&self.options.api_url, path, query)?;
        self.client.send(Call::get(&url).wants_json().bearer(token.expose())?).await?.json()
    }
}
