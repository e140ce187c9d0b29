//! GitHub's API, as far as it is asked: people, teams and their members, and the keys of secret scanning.

use http::header::ACCEPT;
use http::{HeaderName, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use cratekeep_types::Secret;

use crate::{Call, CallError, Client, Reply};

const VERSION: (HeaderName, &str) = (HeaderName::from_static("x-github-api-version"), "2022-11-28");
/// Results of one page, GitHub's own limit.
const PAGE: usize = 100;
/// Most pages that are read of one list.
const PAGES_MAX: usize = 20;

/// The API of GitHub or of a GitHub Enterprise.
#[derive(Clone, Debug)]
pub struct GitHubApi {
    url: String,
    client: Client,
}

/// A person or an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GitHubUser {
    /// The id that nobody else ever gets.
    pub id: u64,
    /// The name, which may be somebody else's tomorrow.
    pub login: String,
    /// The name for people to read.
    #[serde(default)]
    pub name: Option<String>,
    /// The public mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The address of a picture.
    #[serde(default)]
    pub avatar_url: Option<String>,
}

/// A team of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GitHubTeam {
    /// The id that no other team ever gets.
    pub id: u64,
    /// The name in addresses.
    pub slug: String,
    /// The name for people to read.
    #[serde(default)]
    pub name: Option<String>,
    /// Whose it is.
    pub organization: GitHubUser,
}

/// A key with which GitHub signs what its secret scanning sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GitHubKey {
    /// What a signed request names it by.
    pub key_identifier: String,
    /// An ECDSA P-256 public key in PEM form.
    pub key: String,
    /// Whether it is in use now.
    #[serde(default)]
    pub is_current: bool,
}

#[derive(Deserialize)]
struct Keys {
    public_keys: Vec<GitHubKey>,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
    #[serde(default)]
    role: String,
}

impl GitHubApi {
    /// The API at an address without a final slash (`https://api.github.com`).
    #[must_use]
    pub fn new(url: &str, client: Client) -> Self {
        Self { url: url.to_owned(), client }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn user(&self, token: &Secret<String>) -> Result<GitHubUser, CallError> {
        self.get(&["user"], &[], Some(token)).await?.json()
    }

    /// The person or organisation of this name, if there is one.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn user_by_login(
        &self,
        login: &str,
        token: Option<&Secret<String>>,
    ) -> Result<Option<GitHubUser>, CallError> {
        if_there(&self.get(&["users", login], &[], token).await?)
    }

    /// A team by its organisation and its name in addresses, if there is one that this token's person may see.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn team(
        &self,
        organization: &str,
        slug: &str,
        token: &Secret<String>,
    ) -> Result<Option<GitHubTeam>, CallError> {
        if_there(&self.get(&["orgs", organization, "teams", slug], &[], Some(token)).await?)
    }

    /// Whether a person is in a team now. Somebody who was only invited is not.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn is_member(
        &self,
        organization_id: u64,
        team_id: u64,
        login: &str,
        token: &Secret<String>,
    ) -> Result<bool, CallError> {
        let (organization, team) = (organization_id.to_string(), team_id.to_string());
        let path = ["organizations", &organization, "team", &team, "memberships", login];
        let found: Option<Membership> = if_there(&self.get(&path, &[], Some(token)).await?)?;
        Ok(found.is_some_and(|membership| membership.state == "active"))
    }

    /// Whether a person is one of the owners of an organisation now.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn is_organization_owner(
        &self,
        organization_id: u64,
        login: &str,
        token: &Secret<String>,
    ) -> Result<bool, CallError> {
        let path = ["organizations", &organization_id.to_string(), "memberships", login];
        let found: Option<Membership> = if_there(&self.get(&path, &[], Some(token)).await?)?;
        Ok(found.is_some_and(|membership| membership.state == "active" && membership.role == "admin"))
    }

    /// The organisations that a token's person is in.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn organizations(&self, token: &Secret<String>) -> Result<Vec<GitHubUser>, CallError> {
        self.list(&["user", "orgs"], token).await
    }

    /// The teams that a token's person is in.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn teams(&self, token: &Secret<String>) -> Result<Vec<GitHubTeam>, CallError> {
        self.list(&["user", "teams"], token).await
    }

    /// The keys with which GitHub signs what its secret scanning sends.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn public_keys(&self) -> Result<Vec<GitHubKey>, CallError> {
        let reply = self.get(&["meta", "public_keys", "secret_scanning"], &[], None).await?;
        reply.json::<Keys>().map(|keys| keys.public_keys)
    }

    async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        token: &Secret<String>,
    ) -> Result<Vec<T>, CallError> {
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let (size, page) = (PAGE.to_string(), page.to_string());
            let query = [("per_page", size.as_str()), ("page", page.as_str())];
            let mut some: Vec<T> = self.get(path, &query, Some(token)).await?.json()?;
            let is_last = some.len() < PAGE;
            all.append(&mut some);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        token: Option<&Secret<String>>,
    ) -> Result<Reply, CallError> {
        let url = address(&self.url, path, query)?;
        let call = Call::get(&url).header(ACCEPT, "application/vnd.github+json")?;
        let call = call.header(VERSION.0, VERSION.1)?;
        let call = match token {
            Some(token) => call.bearer(token.expose())?,
            None => call,
        };
        self.client.send(call).await
    }
}

/// The address of a path below `base`; what a segment holds cannot lead anywhere else.
pub(crate) fn address(base: &str, path: &[&str], query: &[(&str, &str)]) -> Result<String, CallError> {
    let no_url = || CallError::Refused(crate::guard::Refused::NoUrl("the address of an API".to_owned()));
    let mut url = Url::parse(base).map_err(|_| no_url())?;
    if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
        return Err(no_url());
    }
    url.path_segments_mut().map_err(|()| no_url())?.pop_if_empty().extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url.into())
}

/// What is not there, or not for this token, is nothing.
fn if_there<T: DeserializeOwned>(reply: &Reply) -> Result<Option<T>, CallError> {
    match reply.status {
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(None),
        _ => reply.json().map(Some),
    }
}
