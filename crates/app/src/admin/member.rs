//! `admin member …`

use cratekeep_wire::control::{AdminReply, MemberCommand};

use super::{done, parse, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_member(
        &self,
        caller: &Caller,
        command: MemberCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            MemberCommand::Add { registry, who, role } => {
                let view = self.registry_named(&registry)?;
                let role = parse(&role)?;
                self.set_member(caller, &view, &who, role).await?;
                Ok(done(format!("`{who}` is a member of `{registry}` with the role {role}")))
            }
            MemberCommand::Remove { registry, who } => {
                let view = self.registry_named(&registry)?;
                self.end_membership(caller, &view, &who).await?;
                Ok(done(format!("`{who}` is no member of `{registry}` any more")))
            }
            MemberCommand::List { registry } => {
                let view = self.registry_named(&registry)?;
                let members = self.list_members(caller, &view).await?;
                let rows = members
                    .into_iter()
                    .map(|member| {
                        vec![member.login, member.role.to_string(), member.added_at.to_seconds_text()]
                    })
                    .collect();
                Ok(table(&["member", "role", "since"], rows))
            }
        }
    }
}
