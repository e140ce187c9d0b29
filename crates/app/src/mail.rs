//! Letters: enqueued in the transaction of the fact they tell of, sent by a job, and never in anybody's way.

use cratekeep_outbound::mail::{Mail, MailError, masked};
use cratekeep_policy::may_administer;
use cratekeep_store::job::{Claim, NewJob, enqueue};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{Checksum, Timestamp};
use serde::{Deserialize, Serialize};

use crate::jobs::JobError;
use crate::{App, AppError, Caller, Inner};

pub(crate) mod account;
pub(crate) mod owner;
pub(crate) mod publish;
mod test;
pub(crate) mod token;
pub(crate) mod trust;

pub(crate) use owner::Invited;

/// The kind of the jobs that send a letter.
pub(crate) const JOB: &str = "mail";

/// A letter on its way, as the payload of its job. Its texts are finished: the job only sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// The address.
    pub(crate) to: String,
    /// The subject, without the prefix that every letter of this server has.
    pub(crate) subject: String,
    /// The body as plain text.
    pub(crate) text: String,
}

impl Inner {
    /// Enqueues a letter, if this server sends mail.
    pub(crate) async fn post(&self, tx: &mut Tx, letter: &Letter, at: Timestamp) -> Result<(), StoreError> {
        if !self.options.sends_mail {
            return Ok(());
        }
        let payload =
            serde_json::to_string(letter).map_err(|error| StoreError::Internal(error.to_string()))?;
        // Due at once by any clock: that of the database, which leases go by, is not ours.
        enqueue(tx, &NewJob { kind: JOB.to_owned(), dedup: None, payload, run_at: Timestamp(0) }, at)
            .await
            .map(drop)
    }
}

impl App {
    /// The job that sends a letter.
    pub(crate) async fn send_letter(&self, claim: &Claim) -> Result<(), JobError> {
        let letter: Letter = serde_json::from_str(&claim.payload)
            .map_err(|error| JobError::Permanent(format!("this is no letter: {error}")))?;
        let mark = Checksum::of(claim.payload.as_bytes()).to_string();
        let key = format!("letter-{}-{}", claim.id, &mark[..16]);
        self.send_mail(&letter, &key).await.map_err(|error| match error {
            MailError::Refused(text) => JobError::Permanent(text),
            MailError::Passing(text) => JobError::Passing(text),
        })
    }

    /// Sends a letter right now to try out the settings.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when mail is off or the server refuses, [`AppError::Unavailable`] when it may work later.
    pub async fn send_test_mail(&self, caller: &Caller, to: &str) -> Result<String, AppError> {
        may_administer(&caller.actor)?;
        if !self.mailer.is_on() {
            return Err(AppError::invalid("this server sends no mail; set `mail.url` and `mail.from`"));
        }
        cratekeep_outbound::mail::check_address(to).map_err(AppError::invalid)?;
        let letter = test::letter(to, &self.options.base_url);
        let key = format!("test-{}", hex::encode(&self.entropy.bytes()[..8]));
        self.send_mail(&letter, &key).await.map_err(|error| match error {
            MailError::Refused(text) => AppError::invalid(text),
            MailError::Passing(text) => AppError::Unavailable(text),
        })?;
        Ok(format!("sent a letter to {to}"))
    }

    async fn send_mail(&self, letter: &Letter, key: &str) -> Result<(), MailError> {
        let Letter { to, subject, text } = letter;
        let mail = Mail { to, subject, text, key, at: self.clock.now() };
        self.mailer.send(&mail).await?;
        tracing::info!(to = masked(to), key, "a letter was sent");
        Ok(())
    }
}
