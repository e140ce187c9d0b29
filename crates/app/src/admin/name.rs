//! `admin name …`

use cratekeep_store::name_request::State;
use cratekeep_types::CratePattern;
use cratekeep_wire::control::{AdminReply, NameCommand};

use super::{done, parse, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_name(
        &self,
        caller: &Caller,
        command: NameCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            NameCommand::Reserve { registry, pattern, team, reason } => {
                let view = self.registry_named(&registry)?;
                let pattern: CratePattern = parse(&pattern)?;
                self.reserve_name(caller, &view, &pattern, team.as_deref(), &reason).await?;
                Ok(done(format!("`{}` is reserved in the registry {registry}", pattern.folded())))
            }
            NameCommand::Release { registry, pattern } => {
                let view = self.registry_named(&registry)?;
                self.release_pattern(caller, &view, &parse(&pattern)?).await?;
                Ok(done(format!("`{pattern}` is free in the registry {registry}")))
            }
            NameCommand::List { registry } => self.reserved_table(caller, &registry).await,
            NameCommand::Requests { registry } => self.request_table(caller, &registry).await,
            NameCommand::Approve { id } => {
                let request = self.decide_name(caller, id, State::Approved, None).await?;
                Ok(done(format!("{} may publish `{}`", request.login, request.name)))
            }
            NameCommand::Refuse { id, reason } => {
                let request = self.decide_name(caller, id, State::Refused, Some(reason)).await?;
                Ok(done(format!("{} may not publish `{}`", request.login, request.name)))
            }
        }
    }

    async fn reserved_table(&self, caller: &Caller, registry: &str) -> Result<AdminReply, AppError> {
        let view = self.registry_named(registry)?;
        let rows = self.reserved_names(caller, &view).await?;
        let rows = rows
            .into_iter()
            .map(|row| {
                let whose = row.login.unwrap_or_else(|| "administrators".to_owned());
                vec![row.pattern, whose, row.reason, row.created_at.to_seconds_text()]
            })
            .collect();
        Ok(table(&["pattern", "for", "reason", "since"], rows))
    }

    async fn request_table(&self, caller: &Caller, registry: &str) -> Result<AdminReply, AppError> {
        let view = self.registry_named(registry)?;
        let rows = self.name_requests(caller, &view).await?;
        let rows = rows
            .into_iter()
            .map(|row| {
                vec![
                    row.id.to_string(),
                    row.name.to_string(),
                    row.login.to_string(),
                    row.state.word().to_owned(),
                    row.asked_at.to_seconds_text(),
                    row.reason.unwrap_or_default(),
                ]
            })
            .collect();
        Ok(table(&["id", "name", "user", "state", "asked", "reason"], rows))
    }
}
