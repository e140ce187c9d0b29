//! How often somebody may do something: buckets in the database for what changes, buckets in memory for what is asked.
//!
//! Spent after the request was found good, so that a mistake costs nothing. Builds, the operator and the server itself
//! are not limited.

use std::sync::{Arc, Mutex, PoisonError};

use cratekeep_store::rate::Override;
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{Access, Actor, Bucket, Credential, Rate, Timestamp, UserId};
use quick_cache::sync::Cache;

use crate::{App, AppError, Caller, RegistryView};

/// Askers whose requests are counted in memory.
const ASKERS_MAX: usize = 50_000;
/// A bucket in the database that nobody used for this long is full again and forgotten, in seconds.
pub(crate) const BUCKET_SECS_MAX: i64 = 370 * 86_400;

/// What is limited. The words are those of `cratekeep admin rate` and of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To publish a crate that is new, in an open registry.
    PublishNew,
    /// To publish a version of a crate, in an open registry.
    PublishUpdate,
    /// To yank or unyank, in an open registry.
    Yank,
    /// As [`Action::PublishNew`], in an internal or closed registry.
    PublishNewInside,
    /// As [`Action::PublishUpdate`], in an internal or closed registry.
    PublishUpdateInside,
    /// As [`Action::Yank`], in an internal or closed registry.
    YankInside,
    /// To try to sign in to an account.
    SignIn,
    /// To try to sign in from an address.
    SignInAddress,
    /// To report exposed tokens.
    TokenReport,
    /// To ask whether a sign-in for the credential provider is finished.
    CredentialPoll,
    /// To show an identity of a build that is refused.
    RefusedBuild,
}

/// How often each action may be done; `None` is without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// For [`Action::PublishNew`].
    pub publish_new: Option<Rate>,
    /// For [`Action::PublishUpdate`].
    pub publish_update: Option<Rate>,
    /// For [`Action::Yank`].
    pub yank: Option<Rate>,
    /// For [`Action::PublishNewInside`].
    pub publish_new_inside: Option<Rate>,
    /// For [`Action::PublishUpdateInside`].
    pub publish_update_inside: Option<Rate>,
    /// For [`Action::YankInside`].
    pub yank_inside: Option<Rate>,
    /// For [`Action::SignIn`].
    pub sign_in: Option<Rate>,
    /// For [`Action::SignInAddress`].
    pub sign_in_address: Option<Rate>,
    /// For [`Action::TokenReport`].
    pub token_report: Option<Rate>,
    /// For [`Action::CredentialPoll`].
    pub credential_poll: Option<Rate>,
    /// For [`Action::RefusedBuild`].
    pub refused_build: Option<Rate>,
    /// Requests to the web API, by credential or address, in memory.
    pub requests: Option<Rate>,
}

impl Action {
    /// Every action that an account can have figures of its own for.
    pub const OF_ACCOUNTS: [Self; 6] = [
        Self::PublishNew,
        Self::PublishUpdate,
        Self::Yank,
        Self::PublishNewInside,
        Self::PublishUpdateInside,
        Self::YankInside,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PublishNew => "publish-new",
            Self::PublishUpdate => "publish-update",
            Self::Yank => "yank",
            Self::PublishNewInside => "publish-new-inside",
            Self::PublishUpdateInside => "publish-update-inside",
            Self::YankInside => "yank-inside",
            Self::SignIn => "sign-in",
            Self::SignInAddress => "sign-in-address",
            Self::TokenReport => "token-report",
            Self::CredentialPoll => "credential-poll",
            Self::RefusedBuild => "refused-build",
        }
    }

    /// The form of the action that `registry` counts.
    pub(crate) fn within(self, registry: &RegistryView) -> Self {
        let is_open = registry.registry.access == Access::Open;
        match self {
            Self::PublishNew if !is_open => Self::PublishNewInside,
            Self::PublishUpdate if !is_open => Self::PublishUpdateInside,
            Self::Yank if !is_open => Self::YankInside,
            other => other,
        }
    }

    fn rate(self, rates: &Rates) -> Option<Rate> {
        match self {
            Self::PublishNew => rates.publish_new,
            Self::PublishUpdate => rates.publish_update,
            Self::Yank => rates.yank,
            Self::PublishNewInside => rates.publish_new_inside,
            Self::PublishUpdateInside => rates.publish_update_inside,
            Self::YankInside => rates.yank_inside,
            Self::SignIn => rates.sign_in,
            Self::SignInAddress => rates.sign_in_address,
            Self::TokenReport => rates.token_report,
            Self::CredentialPoll => rates.credential_poll,
            Self::RefusedBuild => rates.refused_build,
        }
    }

    /// What was done too often, in the words of crates.io where it has some.
    fn complaint(self) -> &'static str {
        match self {
            Self::PublishNew | Self::PublishNewInside => {
                "You have published too many new crates in a short period of time"
            }
            Self::PublishUpdate | Self::PublishUpdateInside => {
                "You have published too many updates to existing crates in a short period of time"
            }
            Self::Yank | Self::YankInside => {
                "You have yanked or unyanked too many versions in a short period of time"
            }
            Self::SignIn => {
                "There were too many attempts to sign in to this account in a short period of time"
            }
            Self::SignInAddress => {
                "There were too many attempts to sign in from your address in a short period of time"
            }
            Self::TokenReport => "You have reported too many tokens in a short period of time",
            Self::CredentialPoll => "You have asked too often in a short period of time",
            Self::RefusedBuild => {
                "Too many identities of builds from your address were refused in a short time"
            }
        }
    }
}

/// A limit that holds for somebody: to be looked at before the work, and spent in the transaction that does it.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    subject: String,
    action: Action,
    rate: Rate,
    now: Timestamp,
}

impl Allowance {
    /// Spends one token in a write that is under way; a refusal rolls the write back.
    pub(crate) async fn spend(&self, tx: &mut Tx) -> Result<(), AppError> {
        let word = self.action.word();
        let known = cratekeep_store::rate::lock_bucket(tx, &self.subject, word).await?;
        let bucket = Bucket::after(known, self.rate, self.now);
        self.check(bucket)?;
        cratekeep_store::rate::put_bucket(tx, &self.subject, word, bucket).await?;
        Ok(())
    }

    fn check(&self, bucket: Bucket) -> Result<(), AppError> {
        if bucket.passes() {
            return Ok(());
        }
        let next = bucket.next_at(self.rate);
        Err(AppError::SlowDown {
            text: format!(
                "{}. Please try again after {} or ask an administrator of this server for a higher limit.",
                self.action.complaint(),
                // Whole seconds, and never too early.
                next.plus_secs(1).to_http_text()
            ),
            retry_after_secs: u64::try_from(next.secs_since(self.now)).unwrap_or(0) + 1,
        })
    }
}

impl App {
    /// Spends one token of the caller's for an action: of the account, or of the address where there is no account.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] when there is none left.
    pub(crate) async fn spend(&self, caller: &Caller, action: Action) -> Result<(), AppError> {
        let Some(allowance) = self.allowance(caller, action).await? else { return Ok(()) };
        self.spend_allowance(allowance).await
    }

    /// As [`App::spend`], where it is not the caller whose tokens are spent: an account somebody tries to sign in to,
    /// whether it exists or not.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] when there is none left.
    pub(crate) async fn spend_of(&self, subject: &str, action: Action) -> Result<(), AppError> {
        let Some(rate) = action.rate(&self.options.rates) else { return Ok(()) };
        let now = self.clock.now();
        self.spend_allowance(Allowance { subject: subject.to_owned(), action, rate, now }).await
    }

    /// What the caller may still do, already looked at: a refusal comes before the work. `None` is without a limit.
    pub(crate) async fn allowance(
        &self,
        caller: &Caller,
        action: Action,
    ) -> Result<Option<Allowance>, AppError> {
        let usual = action.rate(&self.options.rates);
        let now = self.clock.now();
        let (subject, account) = match &caller.actor {
            Actor::Operator | Actor::System | Actor::Workflow(_) => return Ok(None),
            Actor::Account { account, .. } => (format!("account {}", account.id), Some(account.id)),
            Actor::Nobody(_) => (format!("address {}", caller.address.as_deref().unwrap_or("unknown")), None),
        };
        let Some(rate) = self.rate_for(account, action, usual, now).await? else { return Ok(None) };
        let allowance = Allowance { subject, action, rate, now };
        let mut conn = self.store.read().await?;
        let known = cratekeep_store::rate::find_bucket(&mut conn, &allowance.subject, action.word()).await?;
        allowance.check(Bucket::after(known, rate, now))?;
        Ok(Some(allowance))
    }

    async fn rate_for(
        &self,
        account: Option<UserId>,
        action: Action,
        usual: Option<Rate>,
        now: Timestamp,
    ) -> Result<Option<Rate>, AppError> {
        let (Some(account), Some(usual)) = (account, usual) else { return Ok(usual) };
        let mut conn = self.store.read().await?;
        let own = cratekeep_store::rate::find_override(&mut conn, account, action.word(), now).await?;
        Ok(Some(own.map_or(usual, |own| rate_of(&own, usual))))
    }

    pub(crate) async fn spend_allowance(&self, allowance: Allowance) -> Result<(), AppError> {
        self.store
            .write_relaxed("spend", move |tx| {
                let allowance = allowance.clone();
                Box::pin(async move { allowance.spend(tx).await })
            })
            .await?;
        Ok(())
    }

    /// Counts a request to the web API, in memory.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] when this credential or address has asked too often.
    pub fn count_request(&self, caller: &Caller) -> Result<(), AppError> {
        let Some(rate) = self.options.rates.requests else { return Ok(()) };
        let asker = match &caller.actor {
            Actor::Operator | Actor::System => return Ok(()),
            Actor::Account { credential: Credential::Token { id, .. }, .. } => Asker::Token(id.0),
            Actor::Account { account, .. } => Asker::Account(account.id.0),
            Actor::Workflow(workflow) => Asker::Workflow(workflow.token.0),
            Actor::Nobody(_) => Asker::Address(caller.address.clone().unwrap_or_default()),
        };
        let bucket = self.requests.spend(asker, rate, self.clock.now());
        if bucket.passes() {
            return Ok(());
        }
        Err(AppError::SlowDown {
            text: "You have sent too many requests in a short period of time; try again in a moment"
                .to_owned(),
            retry_after_secs: 1,
        })
    }

    /// Forgets buckets that are full again for long.
    pub(crate) async fn sweep_buckets(&self) -> Result<(), AppError> {
        let before = self.clock.now().plus_secs(-BUCKET_SECS_MAX);
        self.store
            .write_relaxed::<_, StoreError, _>("sweep-buckets", move |tx| {
                Box::pin(async move { cratekeep_store::rate::sweep_buckets(tx, before).await })
            })
            .await?;
        Ok(())
    }
}

/// The rate of an account with figures of its own.
fn rate_of(own: &Override, usual: Rate) -> Rate {
    let refill_micros = own.refill_secs.map_or(usual.refill_micros, |secs| i64::from(secs) * 1_000_000);
    Rate { burst: own.burst, refill_micros }
}

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asker {
    Token(i64),
    Account(i64),
    Workflow(i64),
    Address(String),
}

/// Buckets of requests in memory.
pub(crate) struct Requests(Cache<Asker, Arc<Mutex<Option<Bucket>>>>);

impl Requests {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ASKERS_MAX))
    }

    fn spend(&self, asker: Asker, rate: Rate, now: Timestamp) -> Bucket {
        let kept = match self.0.get(&asker) {
            Some(kept) => kept,
            None => {
                let kept = Arc::default();
                self.0.insert(asker, Arc::clone(&kept));
                kept
            }
        };
        let mut known = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = Bucket::after(*known, rate, now);
        *known = Some(bucket);
        bucket
    }
}
