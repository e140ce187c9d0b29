//! The number that GitHub gave a user or an organization: it stays when the name goes to somebody else.

use cratekeep_outbound::{CallError, GitHubApi, GitHubUser};

use crate::{App, AppError};

impl App {
    pub(super) async fn github_owner(&self, login: &str) -> Result<GitHubUser, AppError> {
        let address = &self.options.trust.github_api;
        let api = GitHubApi::new(address, self.outbound.client().clone());
        match api.user_by_login(login, None).await {
            Ok(Some(owner)) => Ok(owner),
            Ok(None) => Err(AppError::invalid("Unknown GitHub user or organization")),
            Err(cause) => Err(cannot_ask(address, login, &cause)),
        }
    }
}

fn cannot_ask(address: &str, login: &str, cause: &CallError) -> AppError {
    tracing::warn!(%cause, github.api = address, "GitHub could not be asked for the number of an owner");
    AppError::Unavailable(format!(
        "GitHub could not be asked for the number of `{login}`, which a Trusted Publishing config needs; the server \
         asks at {address} (setting `trusted_publishing.github_api`), try again later or ask its administrator"
    ))
}
