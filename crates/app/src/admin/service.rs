//! `admin service …`

use cratekeep_types::{AccountKind, UserName};
use cratekeep_wire::control::{AdminReply, ServiceCommand};

use super::{done, parse, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_service(
        &self,
        caller: &Caller,
        command: ServiceCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            ServiceCommand::Create { name, email } => {
                let name: UserName = parse(&name)?;
                self.create_service(caller, name.clone(), email).await?;
                Ok(done(format!(
                    "service {name} created; give it a token with `admin token create --user {name}`"
                )))
            }
            ServiceCommand::List => {
                let users = self.list_users(caller).await?;
                let services = users.into_iter().filter(|user| user.account.kind == AccountKind::Service);
                let row = |user: cratekeep_store::user::UserRow| {
                    let created = user.created_at.to_seconds_text();
                    vec![
                        user.account.id.to_string(),
                        user.account.name.to_string(),
                        user.email.unwrap_or_default(),
                        created,
                    ]
                };
                Ok(table(&["id", "name", "email", "created"], services.map(row).collect()))
            }
        }
    }
}
