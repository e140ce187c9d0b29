//! `admin trust …`

use cratekeep_policy::builds::ClaimRules;
use cratekeep_wire::control::{AdminReply, TrustCommand};

use super::{done, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_trust(
        &self,
        caller: &Caller,
        command: TrustCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            TrustCommand::IssuerAdd { name, url, audience, require } => {
                let required = require.iter().map(|text| claim_rule(text)).collect::<Result<_, _>>()?;
                self.allow_issuer(caller, (&name, &url), &audience, &required).await?;
                Ok(done(format!("builds of {url} are trusted to say who they are, as issuer {name}")))
            }
            TrustCommand::IssuerList => self.issuer_table(caller).await,
            TrustCommand::IssuerRemove { name } => {
                let rules = self.remove_issuer(caller, &name).await?;
                Ok(done(format!("issuer {name} removed, and {rules} configs of crates that named it")))
            }
        }
    }

    async fn issuer_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        let issuers = self.list_issuers(caller).await?;
        let rows = issuers
            .into_iter()
            .map(|issuer| {
                let required: ClaimRules = serde_json::from_str(&issuer.required).unwrap_or_default();
                let required: Vec<_> =
                    required.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let since = issuer.created_at.to_seconds_text();
                vec![issuer.name, issuer.url, issuer.audience, required.join(" "), since]
            })
            .collect();
        Ok(table(&["name", "address", "audience", "required claims", "since"], rows))
    }
}

/// Reads `CLAIM=PATTERN`.
fn claim_rule(text: &str) -> Result<(String, String), AppError> {
    let rule = text.split_once('=').ok_or_else(|| {
        AppError::invalid(format!("write a claim as NAME=VALUE or NAME=BEGINNING*, found `{text}`"))
    })?;
    Ok((rule.0.trim().to_owned(), rule.1.trim().to_owned()))
}
