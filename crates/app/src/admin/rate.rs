//! `admin rate …`

use cratekeep_policy::may_administer;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::rate::{self, Override};
use cratekeep_store::{StoreError, audit::NewAudit};
use cratekeep_types::{Account, UserId, UserName};
use cratekeep_wire::control::{AdminReply, RateCommand};

use super::{done, parse, table};
use crate::limits::Action;
use crate::{App, AppError, Caller};

/// Most lines of the list.
const LISTED_MAX: u32 = 10_000;

impl App {
    pub(super) async fn run_rate(
        &self,
        caller: &Caller,
        command: RateCommand,
    ) -> Result<AdminReply, AppError> {
        may_administer(&caller.actor)?;
        match command {
            RateCommand::Set { user, of, burst, every_secs, for_secs } => {
                let action = action_of(&of)?;
                if burst == 0 || every_secs == Some(0) {
                    return Err(AppError::invalid("a burst and a time are at least 1"));
                }
                let secs = for_secs.map(|secs| i64::try_from(secs).unwrap_or(i64::MAX));
                let expires_at = secs.map(|secs| self.clock.now().plus_secs(secs));
                let figures = Override { burst, refill_secs: every_secs, expires_at };
                let account = self.set_rate(caller, &user, action, Some(figures)).await?;
                Ok(done(format!("`{}` has a burst of {burst} for {of}", account.name)))
            }
            RateCommand::Clear { user, of } => {
                let account = self.set_rate(caller, &user, action_of(&of)?, None).await?;
                Ok(done(format!("`{}` has the server's figures for {of}", account.name)))
            }
            RateCommand::List => {
                let mut conn = self.store.read().await?;
                let rows = rate::list_overrides(&mut conn, UserId(0), LISTED_MAX).await?;
                let never = || "never".to_owned();
                let rows = rows
                    .into_iter()
                    .map(|row| {
                        let figures = row.figures;
                        vec![
                            row.account.name.to_string(),
                            row.action,
                            figures.burst.to_string(),
                            figures
                                .refill_secs
                                .map_or_else(|| "as set".to_owned(), |secs| format!("{secs}s")),
                            figures.expires_at.map_or_else(never, |at| at.to_seconds_text()),
                        ]
                    })
                    .collect();
                Ok(table(&["user", "of", "burst", "one more after", "ends"], rows))
            }
        }
    }

    async fn set_rate(
        &self,
        caller: &Caller,
        user: &str,
        action: Action,
        figures: Option<Override>,
    ) -> Result<Account, AppError> {
        let name: UserName = parse(user)?;
        let found = {
            let mut conn = self.store.read().await?;
            cratekeep_store::user::find_by_name(&mut conn, &name).await?
        };
        let account = found.ok_or_else(|| AppError::NotFound(format!("there is no user `{name}`")))?.account;
        let (id, at) = (account.id, self.clock.now());
        let told =
            figures.as_ref().map(|figures| format!("{name} {} burst {}", action.word(), figures.burst));
        let audit = NewAudit { after: told, ..caller.audit("rate-set", at) };
        let done = self
            .store
            .write("set-rate", move |tx| {
                let (figures, audit) = (figures.clone(), audit.clone());
                Box::pin(async move {
                    match figures {
                        Some(figures) => rate::set_override(tx, id, action.word(), &figures).await?,
                        None => drop(rate::clear_override(tx, id, action.word()).await?),
                    }
                    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::UserChanged, at) });
                    tx.audit(audit);
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(account)
    }
}

fn action_of(word: &str) -> Result<Action, AppError> {
    let found = Action::OF_ACCOUNTS.into_iter().find(|action| action.word() == word);
    found.ok_or_else(|| {
        let words: Vec<_> = Action::OF_ACCOUNTS.iter().map(|action| action.word()).collect();
        AppError::invalid(format!("`{word}` is not limited for accounts; write one of: {}", words.join(", ")))
    })
}
