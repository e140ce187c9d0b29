//! `admin user …`

use cratekeep_types::UserName;
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
        }
    }
}
