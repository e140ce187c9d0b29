//! `admin base-url …`

use cratekeep_wire::control::{AdminReply, BaseUrlCommand};

use super::{at_shell_only, done};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_base_url(
        &self,
        caller: &Caller,
        command: BaseUrlCommand,
    ) -> Result<AdminReply, AppError> {
        at_shell_only(caller, "admin base-url set")?;
        let BaseUrlCommand::Set { url } = command;
        self.set_base_url(caller, &url).await?;
        Ok(done(format!("base URL is {url} from the next start on; the one before is kept as an alias")))
    }
}
