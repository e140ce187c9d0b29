//! A build's identity for a token: judged by its issuer's keys and by the rules of owners, taken once.

use std::sync::Arc;

use cratekeep_outbound::KeysError;
use cratekeep_outbound::jwt::{Claims, Expected, JwtError, Presented};
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::trust_token::{Grant, NewTrustToken};
use cratekeep_store::trusted_publisher::{self, LISTED_MAX, PublisherRow};
use cratekeep_store::{StoreError, Tx, used_jwt};
use cratekeep_types::{CanonName, RegistryId, Timestamp, TrustTokenText, TrustedPublisherId};
use sha2::{Digest, Sha256};

use super::build::{Build, Issuer};
use super::{TrustFields, TrustProvider};
use crate::limits::Action;
use crate::{App, AppError, Caller, RegistryView};

/// By how many seconds clocks of issuers may differ from ours.
const LEEWAY_SECS: i64 = 60;
/// Longest `jti`.
const JTI_BYTES_MAX: usize = 512;
/// Most crates of one token.
const GRANTS_MAX: usize = 500;

/// An exchange that was judged, ready to be recorded. What can race is judged again.
struct Plan {
    registry: RegistryId,
    build: Build,
    rules: Vec<TrustedPublisherId>,
    issuer: String,
    jti: String,
    jti_until: Timestamp,
    hash: [u8; 32],
    built_by: String,
    audit: NewAudit,
    at: Timestamp,
    token_until: Timestamp,
}

impl App {
    /// Gives a build a token for its identity: good for the crates whose rules the build fits, or for one of them.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for an identity that is no good, was shown before, or fits no rule;
    /// [`AppError::SlowDown`] after too many of these from one address;
    /// [`AppError::Unavailable`] when the keys of its issuer are not to be had.
    pub async fn exchange_identity(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        jwt: &str,
        krate: Option<&str>,
    ) -> Result<TrustTokenText, AppError> {
        // Builds share addresses with many others, so only what is refused counts.
        let allowance = self.allowance(caller, Action::RefusedBuild).await?;
        let exchanged = self.exchange(caller, registry, jwt, krate).await;
        if let (Err(AppError::Invalid(_)), Some(allowance)) = (&exchanged, allowance)
            && let Err(AppError::Internal(text)) = self.spend_allowance(allowance).await
        {
            tracing::warn!(error = text, "a refused identity could not be counted");
        }
        exchanged
    }

    async fn exchange(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        jwt: &str,
        krate: Option<&str>,
    ) -> Result<TrustTokenText, AppError> {
        self.check_durable()?;
        let presented = Presented::read(jwt).map_err(refused)?;
        let address = presented.issuer().map_err(refused)?.to_owned();
        let issuer = self.issuer_at(&address).await?;
        let claims = self.prove(registry, &issuer, &address, presented).await?;
        let jti = jti_of(&issuer, &claims, jwt)?;
        let build = Build::read(&issuer, &claims)?;
        let rules = self.fitting_rules(registry, &build, krate).await?;
        let text = TrustTokenText::from_entropy(self.entropy.bytes());
        let at = self.clock.now();
        let plan = Arc::new(Plan {
            registry: registry.registry.id,
            rules,
            jti,
            jti_until: Timestamp(claims.expires_secs().saturating_mul(1_000_000)).plus_secs(LEEWAY_SECS + 1),
            hash: text.hash(),
            built_by: build.built_by(&address).to_json(),
            audit: NewAudit {
                who: Who::Workflow,
                ..caller.audit_in(&registry.registry.name, "trusted-publishing-exchange", at)
            },
            issuer: address,
            build,
            at,
            token_until: at.plus_secs(self.options.trust.token_secs),
        });
        self.store
            .write("exchange-identity", move |tx| {
                let plan = Arc::clone(&plan);
                Box::pin(async move { record(tx, &plan).await })
            })
            .await?;
        Ok(text)
    }

    /// Takes back the token that is shown. One that is not there any more is as good as taken back.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for no token or for text that is none.
    pub async fn revoke_build_token(&self, caller: &Caller, shown: Option<&str>) -> Result<(), AppError> {
        let shown =
            shown.ok_or_else(|| AppError::Unauthenticated("Missing `Authorization` header".to_owned()))?;
        let token: TrustTokenText = crate::identify::without_scheme(shown).parse().map_err(|_| {
            AppError::Unauthenticated("Invalid `Authorization` header: Failed to parse token".to_owned())
        })?;
        let found =
            cratekeep_store::trust_token::find_by_hash(&mut *self.store.read().await?, &token.hash()).await?;
        let Some(row) = found else { return Ok(()) };
        let at = self.clock.now();
        let audit = NewAudit {
            who: Who::Workflow,
            credential: Some(format!("trusted publishing token {}", row.id)),
            before: Some(row.build),
            ..caller.audit("trusted-publishing-revoke", at)
        };
        let done = self
            .store
            .write("revoke-build-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    if cratekeep_store::trust_token::remove(tx, row.id).await? {
                        tx.emit(Event {
                            registry: Some(row.registry),
                            ..Event::new(EventKind::BuildTokenRevoked, at)
                        });
                        tx.audit(audit);
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Removes tokens of builds and identities that are over.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn sweep_builds(&self) -> Result<u64, AppError> {
        let now = self.clock.now();
        let swept = self
            .store
            .write_relaxed::<_, StoreError, _>("sweep-builds", move |tx| {
                Box::pin(async move {
                    // Tokens stay for a day, so that a late build reads that its token has expired.
                    let tokens = cratekeep_store::trust_token::sweep(tx, now.plus_secs(-86_400)).await?;
                    Ok(tokens + used_jwt::sweep(tx, now).await?)
                })
            })
            .await?;
        Ok(swept.value)
    }

    async fn issuer_at(&self, address: &str) -> Result<Issuer, AppError> {
        let trust = &self.options.trust;
        if address == trust.github_issuer {
            return Ok(Issuer::Github);
        }
        if address == trust.gitlab_issuer {
            return Ok(Issuer::Gitlab);
        }
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::trust_issuer::find_by_url(&mut conn, address).await?;
        let shown: String = address.chars().filter(|c| !c.is_control()).take(120).collect();
        found.map(Issuer::Other).ok_or_else(|| AppError::invalid(format!("Unsupported JWT issuer: {shown}")))
    }

    /// The signature, the issuer, the audience and the times.
    async fn prove(
        &self,
        registry: &RegistryView,
        issuer: &Issuer,
        address: &str,
        presented: Presented,
    ) -> Result<Claims, AppError> {
        let now = self.clock.now();
        let keys = self.outbound.keys(address, &presented, now).await.map_err(|error| no_keys(&error))?;
        let own = [without_protocol(&self.options.base_url), without_protocol(&registry.address)];
        let named;
        let audiences: &[&str] = match (issuer, &self.options.trust.audience) {
            (Issuer::Other(row), _) => {
                named = [row.audience.as_str()];
                &named
            }
            (_, Some(audience)) => {
                named = [audience.as_str()];
                &named
            }
            (_, None) if own[0] == own[1] => &own[..1],
            (_, None) => &own,
        };
        let expected = Expected { issuer: address, audiences, now, leeway_secs: LEEWAY_SECS };
        presented.verify(&keys, &expected).map_err(refused)
    }

    /// The rules of owners here that the build fits; there is at least one.
    async fn fitting_rules(
        &self,
        registry: &RegistryView,
        build: &Build,
        krate: Option<&str>,
    ) -> Result<Vec<TrustedPublisherId>, AppError> {
        let (id, subject) = (registry.registry.id, build.subject());
        let mut conn = self.store.read().await?;
        let mut rows: Vec<PublisherRow> = Vec::new();
        loop {
            let after = rows.last().map_or(TrustedPublisherId(0), |row| row.id);
            let by = (build.provider().word(), subject.as_str());
            let page = trusted_publisher::list_by_subject(&mut conn, id, by, after, LISTED_MAX).await?;
            let is_last = page.len() < LISTED_MAX as usize;
            rows.extend(page);
            if is_last {
                break;
            }
        }
        if let Some(name) = krate {
            let canon = CanonName::of(name);
            rows.retain(|row| row.krate_name.canon() == canon);
        }
        let left: Vec<_> = build.fitting(rows)?.into_iter().map(|(row, _)| row.id).collect();
        if left.len() > GRANTS_MAX {
            return Err(AppError::invalid(format!(
                "this build may publish {} crates and a token is for at most {GRANTS_MAX}; name one in `crate`",
                left.len()
            )));
        }
        Ok(left)
    }
}

async fn record(tx: &mut Tx, plan: &Plan) -> Result<(), AppError> {
    if !used_jwt::insert(tx, (&plan.issuer, &plan.jti), plan.jti_until).await? {
        return Err(AppError::invalid(
            "JWT has already been used; an identity is exchanged once, ask for a new one",
        ));
    }
    let rows = trusted_publisher::find_all(tx, &plan.rules).await?;
    let rules = plan.build.fitting(rows)?;
    for (row, fields) in &rules {
        pin(tx, row, fields).await?;
    }
    let grants: Vec<_> = rules.iter().map(|(row, _)| Grant { krate: row.krate, by: row.id }).collect();
    let new = NewTrustToken {
        hash: plan.hash,
        registry: plan.registry,
        grants,
        build: plan.built_by.clone(),
        expires_at: plan.token_until,
    };
    let id = cratekeep_store::trust_token::insert(tx, &new, plan.at).await?;
    let names: Vec<_> = rules.iter().map(|(row, _)| row.krate_name.to_string()).collect();
    tx.audit(NewAudit {
        credential: Some(format!("trusted publishing token {id}")),
        krate: Some(names.join(", ")).filter(|_| names.len() == 1),
        before: Some(plan.built_by.clone()),
        after: Some(serde_json::json!({ "crates": names }).to_string()),
        ..plan.audit.clone()
    });
    Ok(())
}

/// A rule that learned something keeps it: the number of GitLab's namespace, from the first build on.
async fn pin(tx: &mut Tx, row: &PublisherRow, fields: &TrustFields) -> Result<(), StoreError> {
    let text = fields.to_json();
    if fields.provider() == TrustProvider::Gitlab && text != row.fields {
        trusted_publisher::set_fields(tx, row.id, &text).await?;
    }
    Ok(())
}

/// What an identity is remembered by. GitHub and GitLab give each one a number; of others that do not, what was signed
/// is remembered.
fn jti_of(issuer: &Issuer, claims: &Claims, jwt: &str) -> Result<String, AppError> {
    match (claims.optional_text("jti").map_err(refused)?, issuer) {
        (Some(jti), _) if !jti.is_empty() && jti.len() <= JTI_BYTES_MAX && !jti.contains('\0') => {
            Ok(jti.to_owned())
        }
        (None, Issuer::Other(_)) => {
            let signed = jwt.rsplit_once('.').map_or(jwt, |(signed, _)| signed);
            Ok(format!("sha256:{}", hex::encode(Sha256::digest(signed))))
        }
        (None, _) => Err(refused(JwtError::Missing("jti".to_owned()))),
        (Some(_), _) => {
            Err(refused(JwtError::Type { name: "jti".to_owned(), wanted: "a text of 1 to 512 bytes" }))
        }
    }
}

/// The texts that clients of crates.io know stay as they are; the others get crates.io's beginning.
fn refused(error: JwtError) -> AppError {
    match error {
        JwtError::NoKeyId | JwtError::UnknownKey => AppError::invalid(error.to_string()),
        other => AppError::invalid(format!("Failed to decode JWT: {other}")),
    }
}

fn no_keys(error: &KeysError) -> AppError {
    AppError::Unavailable(format!("Failed to load OIDC key set: {error}"))
}

/// `crates.example.com` of `https://crates.example.com`, as the public action for trusted publishing names an audience.
fn without_protocol(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}
