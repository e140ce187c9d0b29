//! `admin audit …`

use cratekeep_wire::AuditEntry;
use cratekeep_wire::control::{AdminReply, AuditCommand};

use super::table;
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_audit(
        &self,
        caller: &Caller,
        command: AuditCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            AuditCommand::List(query) => {
                let page = self.list_audit(caller, &query).await?;
                let rows = page.entries.into_iter().map(line).collect();
                Ok(table(&["id", "time", "who", "from", "action", "what", "refusal"], rows))
            }
            AuditCommand::Export(query) => Ok(AdminReply::Audit(self.export_audit(caller, &query).await?)),
        }
    }
}

fn line(entry: AuditEntry) -> Vec<String> {
    let what =
        [entry.registry, entry.krate, entry.version].into_iter().flatten().collect::<Vec<_>>().join(" ");
    vec![
        entry.id.to_string(),
        entry.at,
        entry.user.unwrap_or(entry.who),
        entry.address.unwrap_or_default(),
        entry.action,
        what,
        entry.refusal.unwrap_or_default(),
    ]
}
