//! `admin user …`

use cratekeep_types::UserName;
use cratekeep_wire::control::{AdminReply, UserCommand};

use super::{done, parse, table, yes_no};
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
        }
    }

    async fn user_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        let users = self.list_users(caller).await?;
        let rows = users
            .into_iter()
            .map(|user| {
                vec![
                    user.account.id.to_string(),
                    user.account.name.to_string(),
                    user.email.unwrap_or_default(),
                    yes_no(user.account.is_admin),
                    user.created_at.to_seconds_text(),
                ]
            })
            .collect();
        Ok(table(&["id", "name", "email", "admin", "created"], rows))
    }
}
