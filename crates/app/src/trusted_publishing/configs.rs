//! Rules of owners: which builds may publish their crate.

use cratekeep_policy::builds::{GithubBuild, GitlabBuild, check_github, check_gitlab, check_oidc};
use cratekeep_policy::{may_list_trusted_publishing, may_read, may_set_trusted_publishing};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::KrateRow;
use cratekeep_store::trusted_publisher::{self, LISTED_MAX, NewPublisher};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{CanonName, Timestamp, TrustedPublisherId, UserId};

use super::notice::{Notice, lines_of};
use super::{RULES_PER_CRATE_MAX, TrustConfig, TrustFields, TrustProvider};
use crate::mail::trust::Change;
use crate::{App, AppError, Caller, RegistryView};

/// Whose rules are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustOf<'a> {
    /// Those of a crate.
    Crate(&'a str),
    /// Those of all crates of an account.
    User(UserId),
}

impl App {
    /// Rules of one kind, by row: those after `after`, and how many there are in all.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but owners, [`AppError::NotFound`] for an unknown crate.
    pub async fn list_trust_configs(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        (provider, of): (TrustProvider, TrustOf<'_>),
        (after, limit): (TrustedPublisherId, u32),
    ) -> Result<(Vec<TrustConfig>, usize), AppError> {
        let mut all = match of {
            TrustOf::Crate(name) => self.configs_of_crate(caller, registry, provider, name).await?,
            TrustOf::User(user) => self.configs_of_user(caller, registry, provider, user).await?,
        };
        let total = all.len();
        all.retain(|config| config.id > after);
        all.truncate(limit as usize);
        Ok((all, total))
    }

    async fn configs_of_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        provider: TrustProvider,
        name: &str,
    ) -> Result<Vec<TrustConfig>, AppError> {
        let krate = self.crate_to_set_up(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let start = TrustedPublisherId(0);
        let rows =
            trusted_publisher::list_by_krate(&mut conn, krate.id, provider.word(), start, LISTED_MAX).await?;
        Ok(rows.into_iter().map(TrustConfig::of).collect::<Result<_, _>>()?)
    }

    /// A token that is for some crates only shows the rules of those.
    async fn configs_of_user(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        provider: TrustProvider,
        user: UserId,
    ) -> Result<Vec<TrustConfig>, AppError> {
        may_list_trusted_publishing(&caller.actor, &registry.registry, user)?;
        may_read(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        let (whose, start) = ((registry.registry.id, user), TrustedPublisherId(0));
        let mut rows =
            trusted_publisher::list_by_owner(&mut conn, whose, provider.word(), start, LISTED_MAX).await?;
        rows.retain(|row| {
            let standing = cratekeep_policy::Standing::Owner;
            may_set_trusted_publishing(&caller.actor, &registry.registry, &row.krate_name, standing).is_ok()
        });
        Ok(rows.into_iter().map(TrustConfig::of).collect::<Result<_, _>>()?)
    }

    /// Makes a rule. GitHub is asked for the number of the owner, which stays when the name changes hands.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what a rule cannot say, [`AppError::Denied`] for all but owners,
    /// [`AppError::Conflict`] when the crate has as many as it may, [`AppError::Unavailable`] when GitHub does not
    /// answer.
    pub async fn create_trust_config(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        mut fields: TrustFields,
    ) -> Result<TrustConfig, AppError> {
        self.check_durable()?;
        let checked = match &fields {
            TrustFields::Github(fields) => check_github(fields),
            TrustFields::Gitlab(fields) => check_gitlab(fields),
            TrustFields::Oidc(fields) => check_oidc(fields),
        };
        let krate = self.crate_to_set_up(caller, registry, name).await?;
        self.check_reachable(caller).await?;
        checked.map_err(AppError::Invalid)?;
        self.complete(&mut fields).await?;
        let at = self.clock.now();
        let new = NewPublisher {
            krate: krate.id,
            provider: fields.provider().word().to_owned(),
            subject: subject_of(&fields),
            fields: fields.to_json(),
            created_by: caller.actor.account().map(|account| account.id),
        };
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            after: Some(new.fields.clone()),
            ..caller.audit_in(&registry.registry.name, "trusted-publishing-add", at)
        };
        let name = krate.name.clone();
        let (app, notice) = (self.clone(), Notice::of(caller, &registry.registry.name, at));
        let done = self
            .store
            .write("add-trusted-publisher", move |tx| {
                let (krate, new, audit) = (krate.clone(), new.clone(), audit.clone());
                let (app, notice) = (app.clone(), notice.clone());
                Box::pin(async move {
                    let id = insert(tx, (&krate, &new), audit, at).await?;
                    app.tell_of_trust(tx, &krate, &notice, &Change::Added(lines_of(&new.fields))).await?;
                    Ok::<_, AppError>(id)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(TrustConfig { id: done.value, krate: name, fields, created_at: at })
    }

    /// Removes a rule. Tokens that were given by it count no more.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such rule here, [`AppError::Denied`] for all but owners.
    pub async fn remove_trust_config(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        provider: TrustProvider,
        id: TrustedPublisherId,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        self.may_send(caller)?;
        let absent = || AppError::NotFound("Not Found".to_owned());
        let found = trusted_publisher::find(&mut *self.store.read().await?, id).await?;
        let is_here = |row: &trusted_publisher::PublisherRow| {
            row.registry == registry.registry.id && row.provider == provider.word()
        };
        let row = found.filter(is_here).ok_or_else(absent)?;
        let krate = self.crate_to_set_up(caller, registry, row.krate_name.as_str()).await?;
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            before: Some(row.fields.clone()),
            ..caller.audit_in(&registry.registry.name, "trusted-publishing-remove", at)
        };
        let (app, notice) = (self.clone(), Notice::of(caller, &registry.registry.name, at));
        let done = self
            .store
            .write("remove-trusted-publisher", move |tx| {
                let (krate, audit, fields) = (krate.clone(), audit.clone(), row.fields.clone());
                let (app, notice) = (app.clone(), notice.clone());
                Box::pin(async move {
                    if trusted_publisher::remove(tx, id).await? {
                        note(tx, &krate, audit, at).await?;
                        app.tell_of_trust(tx, &krate, &notice, &Change::Removed(lines_of(&fields))).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// A crate whose trusted publishing the caller may set up.
    pub(super) async fn crate_to_set_up(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<KrateRow, AppError> {
        self.may_send(caller)?;
        self.enter_crate(caller, registry, name).await?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        may_set_trusted_publishing(&caller.actor, &registry.registry, &krate.name, standing)?;
        Ok(krate)
    }

    /// What the owner did not say: GitHub's number and spelling of the repository's owner; whether there is the issuer.
    async fn complete(&self, fields: &mut TrustFields) -> Result<(), AppError> {
        match fields {
            TrustFields::Github(fields) => {
                let owner = self.github_owner(&fields.repository_owner).await?;
                fields.repository_owner_id = owner.id;
                fields.repository_owner = owner.login;
            }
            TrustFields::Gitlab(fields) => fields.namespace_id = None,
            TrustFields::Oidc(fields) => {
                let mut conn = self.store.read().await?;
                let found = cratekeep_store::trust_issuer::find(&mut conn, &fields.issuer).await?;
                found.ok_or_else(|| {
                    AppError::invalid(format!(
                        "there is no issuer `{}`; an administrator allows one with `cratekeep admin trust issuer add`",
                        fields.issuer
                    ))
                })?;
            }
        }
        Ok(())
    }
}

fn subject_of(fields: &TrustFields) -> String {
    match fields {
        TrustFields::Github(fields) => GithubBuild::subject_of(fields),
        TrustFields::Gitlab(fields) => GitlabBuild::subject_of(fields),
        TrustFields::Oidc(fields) => fields.issuer.clone(),
    }
}

async fn insert(
    tx: &mut Tx,
    (krate, new): (&KrateRow, &NewPublisher),
    audit: NewAudit,
    at: Timestamp,
) -> Result<TrustedPublisherId, AppError> {
    cratekeep_store::krate::lock_crate(tx, krate.registry, &krate.name.canon()).await?;
    let count = trusted_publisher::count_by_krate(tx, new.krate, &new.provider).await?;
    if count >= RULES_PER_CRATE_MAX {
        let title = [TrustProvider::Github, TrustProvider::Gitlab, TrustProvider::Oidc]
            .into_iter()
            .find(|provider| provider.word() == new.provider)
            .map_or("", TrustProvider::title);
        return Err(AppError::Conflict(format!(
            "This crate already has the maximum number of {title} Trusted Publishing configurations \
             ({RULES_PER_CRATE_MAX})"
        )));
    }
    let id = trusted_publisher::insert(tx, new, at).await?;
    note(tx, krate, audit, at).await?;
    Ok(id)
}

async fn note(tx: &mut Tx, krate: &KrateRow, audit: NewAudit, at: Timestamp) -> Result<(), StoreError> {
    cratekeep_store::krate::lock_crate(tx, krate.registry, &krate.name.canon()).await?;
    tx.emit(Event {
        registry: Some(krate.registry),
        krate: Some(krate.id),
        ..Event::new(EventKind::CrateChanged, at)
    });
    tx.audit(audit);
    Ok(())
}
