//! `admin site …`

use cratekeep_policy::may_administer;
use cratekeep_wire::control::{AdminReply, SiteCommand};

use super::{done, table};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_site(
        &self,
        caller: &Caller,
        command: SiteCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            SiteCommand::Show => {
                may_administer(&caller.actor)?;
                let site = self.site();
                let mode = match site.read_only.as_deref() {
                    None => "off".to_owned(),
                    Some("") => "on".to_owned(),
                    Some(reason) => format!("on: {reason}"),
                };
                let banner = site.banner.clone().unwrap_or_else(|| "none".to_owned());
                Ok(table(&["banner", "read-only"], vec![vec![banner, mode]]))
            }
            SiteCommand::Banner { text } => {
                let message =
                    if text.is_some() { "every page shows the banner" } else { "no banner any more" };
                self.set_banner(caller, text).await?;
                Ok(done(message.to_owned()))
            }
            SiteCommand::ReadOnly { on: false, .. } => {
                self.set_read_only(caller, None).await?;
                Ok(done("changes are possible again".to_owned()))
            }
            SiteCommand::ReadOnly { on: true, reason } => {
                self.set_read_only(caller, Some(reason.unwrap_or_default())).await?;
                Ok(done("every change is refused until `cratekeep admin site read-only off`".to_owned()))
            }
        }
    }
}
