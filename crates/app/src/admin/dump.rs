//! `admin dump …`

use std::path::Path;

use cratekeep_policy::may_administer;
use cratekeep_wire::control::{AdminReply, DumpCommand};

use super::{at_shell_only, done};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_dump(
        &self,
        caller: &Caller,
        command: DumpCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            DumpCommand::Write { registry, path } => {
                at_shell_only(caller, "admin dump write")?;
                let view = self.registry_named(&registry)?;
                let bytes = self.write_dump(caller, &view, Path::new(&path)).await?;
                Ok(done(format!("wrote {bytes} bytes to {path}")))
            }
            DumpCommand::Refresh { registry } => {
                may_administer(&caller.actor)?;
                let view = self.registry_named(&registry)?;
                if !self.options.dumps {
                    return Err(AppError::invalid("dumps are not offered; set `dump.enabled` to true first"));
                }
                let dump = self.refresh_dump(&view).await?;
                Ok(done(format!("the dump of {registry} has {} bytes now", dump.size)))
            }
        }
    }
}
