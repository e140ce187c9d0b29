//! `admin team …`: local teams and their members.

use cratekeep_wire::control::{AdminReply, TeamCommand};

use super::{done, parse, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_team(
        &self,
        caller: &Caller,
        command: TeamCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            TeamCommand::List => self.team_table(caller).await,
            TeamCommand::Create { name } => {
                let login = self.create_team(caller, &name).await?;
                Ok(done(format!("team `{login}` created")))
            }
            TeamCommand::Delete { name } => {
                let login = self.delete_team(caller, &name).await?;
                Ok(done(format!("team `{login}` deleted")))
            }
            TeamCommand::Members { name } => self.member_table(caller, &name).await,
            TeamCommand::AddMember { name, user } => {
                let changed = self.set_team_member(caller, &name, &parse(&user)?, true).await?;
                let word = if changed { "is now" } else { "was already" };
                Ok(done(format!("{user} {word} in the team `{name}`")))
            }
            TeamCommand::RemoveMember { name, user } => self.remove_member(caller, &name, &user).await,
        }
    }

    /// Who is in by the groups of a provider stays in, and the reply says so.
    async fn remove_member(&self, caller: &Caller, name: &str, user: &str) -> Result<AdminReply, AppError> {
        let user = parse(user)?;
        let changed = self.set_team_member(caller, name, &user, false).await?;
        let members = self.team_members(caller, name).await?;
        let left = members.iter().find(|member| member.account.name.folded() == user.folded());
        match (left, changed) {
            (Some(member), _) => Err(AppError::invalid(format!(
                "{user} is in the team `{name}` by `{}`, which only that provider can change",
                member.source
            ))),
            (None, true) => Ok(done(format!("{user} is no longer in the team `{name}`"))),
            (None, false) => Err(AppError::NotFound(format!("{user} is not in the team `{name}`"))),
        }
    }

    async fn team_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        let rows = self
            .list_teams(caller)
            .await?
            .into_iter()
            .map(|row| vec![row.team.login, row.team.kind, row.team.name, row.created_at.to_seconds_text()])
            .collect();
        Ok(table(&["login", "kind", "name", "created"], rows))
    }

    async fn member_table(&self, caller: &Caller, name: &str) -> Result<AdminReply, AppError> {
        let rows = self
            .team_members(caller, name)
            .await?
            .into_iter()
            .map(|member| {
                vec![member.account.name.to_string(), member.source, member.added_at.to_seconds_text()]
            })
            .collect();
        Ok(table(&["user", "source", "added"], rows))
    }
}
