//! Signing in by GitHub or GitHub Enterprise.

use cratekeep_types::Secret;

use super::{Begin, Finish, ForgeOptions, ProviderError, Visitor, failed};
use crate::{Client, GitHubApi};

/// GitHub as a provider.
#[derive(Debug)]
pub(super) struct GitHub {
    options: ForgeOptions,
    client: Client,
    api: GitHubApi,
}

impl GitHub {
    pub(super) fn new(options: ForgeOptions, client: Client) -> Self {
        Self { api: GitHubApi::new(&options.api_url, client.clone()), options, client }
    }

    pub(super) fn api(&self) -> &GitHubApi {
        &self.api
    }

    pub(super) fn begin(&self, begin: &Begin<'_>) -> Result<String, ProviderError> {
        self.options.authorize("/login/oauth/authorize", begin)
    }

    pub(super) async fn finish(&self, finish: &Finish<'_>) -> Result<Visitor, ProviderError> {
        let token = self.options.token(&self.client, "/login/oauth/access_token", finish).await?;
        let user = self.api.user(&token).await.map_err(failed("asking who it is"))?;
        let groups = if finish.wants_groups { self.groups(&token).await? } else { Vec::new() };
        Ok(Visitor {
            subject: user.id.to_string(),
            login: user.login,
            display_name: user.name,
            email: user.email,
            email_verified: false,
            groups,
            token: Some(token),
        })
    }

    /// Organisations as `acme` and `id:17`, teams as `acme/core` and `id:17/42`: names for reading, ids for those who
    /// do not want to depend on who holds a name tomorrow.
    async fn groups(&self, token: &Secret<String>) -> Result<Vec<String>, ProviderError> {
        let what = "asking for organisations and teams";
        let mut groups = Vec::new();
        for organization in self.api.organizations(token).await.map_err(failed(what))? {
            groups.push(format!("id:{}", organization.id));
            groups.push(organization.login);
        }
        for team in self.api.teams(token).await.map_err(failed(what))? {
            groups.push(format!("id:{}/{}", team.organization.id, team.id));
            groups.push(format!("{}/{}", team.organization.login, team.slug));
        }
        Ok(groups)
    }
}
