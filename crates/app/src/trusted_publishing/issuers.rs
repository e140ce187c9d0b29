//! Issuers of identities that an administrator allows, beside GitHub and GitLab.

use cratekeep_policy::builds::{ClaimRules, check_claim_rules};
use cratekeep_policy::may_administer;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::trust_issuer::{self, ISSUERS_MAX, IssuerRow};
use cratekeep_store::trusted_publisher;

use super::TrustProvider;
use crate::{App, AppError, Caller};

/// Longest name, address and audience of an issuer, in bytes.
const TEXT_BYTES_MAX: usize = 255;

impl App {
    /// Allows an issuer. Every identity of it must make the `required` claims.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators, [`AppError::Invalid`] for what an issuer cannot be,
    /// [`AppError::Conflict`] when name or address are taken.
    pub(crate) async fn allow_issuer(
        &self,
        caller: &Caller,
        (name, url): (&str, &str),
        audience: &str,
        required: &ClaimRules,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        self.check_issuer((name, url), audience, required)?;
        let at = self.clock.now();
        let row = IssuerRow {
            name: name.to_owned(),
            url: url.to_owned(),
            audience: audience.to_owned(),
            required: serde_json::to_string(required)
                .map_err(|error| AppError::Internal(error.to_string()))?,
            created_at: at,
        };
        let after =
            serde_json::json!({ "name": name, "url": url, "audience": audience, "required": required });
        let audit = NewAudit { after: Some(after.to_string()), ..caller.audit("trust-issuer-add", at) };
        let done = self
            .store
            .write("allow-issuer", move |tx| {
                let (row, audit) = (row.clone(), audit.clone());
                Box::pin(async move {
                    let all = trust_issuer::list(tx).await?;
                    if all.iter().any(|known| known.name == row.name || known.url == row.url) {
                        return Err(AppError::Conflict(format!(
                            "there is an issuer of the name `{}` or with the address {}; remove it first",
                            row.name, row.url
                        )));
                    }
                    if all.len() >= ISSUERS_MAX as usize {
                        return Err(AppError::invalid(format!("there are {ISSUERS_MAX} issuers already")));
                    }
                    trust_issuer::insert(tx, &row).await?;
                    tx.emit(Event::new(EventKind::SiteChanged, at));
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// Every issuer that was allowed, by name.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators.
    pub(crate) async fn list_issuers(&self, caller: &Caller) -> Result<Vec<IssuerRow>, AppError> {
        may_administer(&caller.actor)?;
        Ok(trust_issuer::list(&mut *self.store.read().await?).await?)
    }

    /// Allows an issuer no more, and removes the rules of crates that name it; says how many. Tokens that were given for
    /// its identities count no more.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators, [`AppError::NotFound`] when there is none of this name.
    pub(crate) async fn remove_issuer(&self, caller: &Caller, name: &str) -> Result<u64, AppError> {
        may_administer(&caller.actor)?;
        let at = self.clock.now();
        let audit = NewAudit { before: Some(name.to_owned()), ..caller.audit("trust-issuer-remove", at) };
        let name = name.to_owned();
        let done = self
            .store
            .write("remove-issuer", move |tx| {
                let (name, audit) = (name.clone(), audit.clone());
                Box::pin(async move {
                    if !trust_issuer::remove(tx, &name).await? {
                        return Err(AppError::NotFound(format!("there is no issuer `{name}`")));
                    }
                    let word = TrustProvider::Oidc.word();
                    let rules = trusted_publisher::remove_by_subject(tx, word, &name).await?;
                    tx.emit(Event::new(EventKind::SiteChanged, at));
                    tx.audit(audit);
                    Ok::<_, AppError>(rules)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }

    fn check_issuer(
        &self,
        (name, url): (&str, &str),
        audience: &str,
        required: &ClaimRules,
    ) -> Result<(), AppError> {
        let mut problems = check_claim_rules(required).err().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_taken = [TrustProvider::Github, TrustProvider::Gitlab].iter().any(|one| one.word() == name);
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) || is_taken {
            problems.push(format!(
                "the name of an issuer has 1 to 64 small letters, digits and `-`, and is neither github nor gitlab; \
                 found `{name}`"
            ));
        }
        if let Err(problem) = self.outbound.check_issuer(url) {
            problems.push(problem);
        }
        let trust = &self.options.trust;
        if url == trust.github_issuer || url == trust.gitlab_issuer {
            problems.push(format!("{url} is known already; crates name it by `github` or `gitlab`"));
        }
        for (what, text) in [("address", url), ("audience", audience)] {
            if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
                problems.push(format!("the {what} of an issuer has 1 to {TEXT_BYTES_MAX} bytes"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }
}
