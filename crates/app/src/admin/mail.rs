//! `admin mail …`

use cratekeep_wire::control::{AdminReply, MailCommand};

use super::done;
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_mail(
        &self,
        caller: &Caller,
        command: MailCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            MailCommand::Test { address } => Ok(done(self.send_test_mail(caller, &address).await?)),
        }
    }
}
