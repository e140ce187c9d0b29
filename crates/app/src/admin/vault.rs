//! `admin vault …`

use cratekeep_wire::control::{AdminReply, VaultCommand};

use super::done;
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_vault(
        &self,
        caller: &Caller,
        command: VaultCommand,
    ) -> Result<AdminReply, AppError> {
        let VaultCommand::Rotate = command;
        let (resealed, lost) = self.rotate_vault(caller).await?;
        Ok(done(format!(
            "{resealed} secrets are sealed with the new key; {lost} could not be opened with any key and were dropped"
        )))
    }
}
