//! `admin job …`: jobs that failed too often wait here for a person.

use cratekeep_policy::may_administer;
use cratekeep_types::JobId;
use cratekeep_wire::control::{AdminReply, JobCommand};

use super::{done, table};
use crate::{App, AppError, Caller};

/// Most jobs that the list shows, the oldest ones.
const LISTED_MAX: u32 = 1_000;

impl App {
    pub(super) async fn run_job_command(
        &self,
        caller: &Caller,
        command: JobCommand,
    ) -> Result<AdminReply, AppError> {
        may_administer(&caller.actor)?;
        match command {
            JobCommand::ListDead => self.dead_jobs().await,
            JobCommand::Retry { id } => {
                self.touch_dead_job(caller, JobId(id), Touch::Revive).await?;
                Ok(done(format!("job {id} will run again")))
            }
            JobCommand::Drop { id } => {
                self.touch_dead_job(caller, JobId(id), Touch::Discard).await?;
                Ok(done(format!("job {id} dropped")))
            }
        }
    }

    /// Without what the jobs carry: letters have links that are as good as a key.
    async fn dead_jobs(&self) -> Result<AdminReply, AppError> {
        let mut conn = self.store.read().await?;
        let dead = cratekeep_store::job::list_dead(&mut conn, JobId(0), LISTED_MAX).await?;
        let rows = dead
            .into_iter()
            .map(|job| vec![job.id.to_string(), job.kind, job.attempts.to_string(), job.error])
            .collect();
        Ok(table(&["id", "kind", "tries", "error"], rows))
    }

    async fn touch_dead_job(&self, caller: &Caller, id: JobId, touch: Touch) -> Result<(), AppError> {
        let audit = caller.audit(touch.action(), self.clock.now());
        let audit = cratekeep_store::audit::NewAudit { before: Some(format!("job {id}")), ..audit };
        let now = self.store.now().await?;
        self.store
            .write("touch-dead-job", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    let found = match touch {
                        Touch::Revive => cratekeep_store::job::revive(tx, id, now).await?,
                        Touch::Discard => cratekeep_store::job::discard(tx, id).await?,
                    };
                    if !found {
                        return Err(AppError::NotFound(format!("there is no job {id} that was set aside")));
                    }
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }
}

/// What becomes of a job that was set aside.
#[derive(Clone, Copy, Debug)]
enum Touch {
    Revive,
    Discard,
}

impl Touch {
    fn action(self) -> &'static str {
        match self {
            Self::Revive => "job-retry",
            Self::Discard => "job-drop",
        }
    }
}
