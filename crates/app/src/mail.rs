//! Letters: enqueued in the transaction of the fact they tell of, sent by a job, and never in anybody's way.

use cratekeep_store::job::{NewJob, enqueue};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Inner;

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
        enqueue(tx, &NewJob { kind: JOB.to_owned(), dedup: None, payload, run_at: at }, at).await.map(drop)
    }
}
