//! `admin user …`

use cratekeep_types::{Timestamp, UserName};
use cratekeep_wire::control::{AdminReply, UserCommand};

use super::{done, parse};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_user(
        &self,
        caller: &Caller,
        command: UserCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            UserCommand::Create { name, email, admin } => {
                let name: UserName = parse(&name)?;
                self.create_user(caller, name.clone(), email, admin).await?;
                Ok(done(format!("user {name} created")))
            }
            UserCommand::List => self.user_table(caller).await,
            UserCommand::Show { name } => self.user_facts_table(caller, &name).await,
            UserCommand::Link { name, drop_passkeys } => {
                let link = self.make_password_link(caller, &parse(&name)?, drop_passkeys).await?;
                Ok(done(link.expose().clone()))
            }
            UserCommand::Lock { name, reason, until } => {
                let until = until.map(|text| moment(&text)).transpose()?;
                self.lock_user(caller, &parse(&name)?, &reason, until).await?;
                Ok(done(format!("user {name} is locked; sessions have ended and tokens count for nothing")))
            }
            UserCommand::Unlock { name } => {
                self.unlock_user(caller, &parse(&name)?).await?;
                Ok(done(format!("user {name} is unlocked")))
            }
            UserCommand::Admin { name, off } => {
                self.set_admin(caller, &parse(&name)?, !off).await?;
                let is = if off { "is not" } else { "is" };
                Ok(done(format!("user {name} {is} an administrator")))
            }
            UserCommand::SessionsEnd { name } => {
                let ended = self.end_sessions_by_name(caller, &parse(&name)?).await?;
                Ok(done(format!("{ended} sessions of user {name} ended")))
            }
        }
    }
}

/// A day or a moment, in UTC.
fn moment(text: &str) -> Result<Timestamp, AppError> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    whole.parse().map_err(|_| {
        AppError::invalid(format!("`{text}` is no time; write 2027-01-31 or 2027-01-31T12:00:00Z"))
    })
}
