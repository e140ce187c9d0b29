//! `admin quota …`

use cratekeep_store::limits::Quota;
use cratekeep_wire::control::{AdminReply, QuotaCommand};

use super::{done, table};
use crate::quotas::Holder;
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_quota(
        &self,
        caller: &Caller,
        command: QuotaCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            QuotaCommand::Set { kind, name, crates, bytes } => {
                let text = format!("the {kind} {name} may hold {}", limit_text(crates, bytes));
                let quota = Quota { crates_max: crates, bytes_max: bytes };
                self.set_quota(caller, &Holder::of(&kind, name)?, quota).await?;
                Ok(done(text))
            }
            QuotaCommand::Show { kind, name } => {
                let (quota, used) = self.show_quota(caller, &Holder::of(&kind, name)?).await?;
                let row = |what: &str, used: u64, max: Option<u64>| {
                    let max = max.map_or_else(|| "no limit".to_owned(), |max| max.to_string());
                    vec![what.to_owned(), used.to_string(), max]
                };
                let rows = vec![
                    row("crates", used.crates, quota.crates_max),
                    row("bytes", used.bytes, quota.bytes_max),
                ];
                Ok(table(&["what", "used", "quota"], rows))
            }
        }
    }
}

fn limit_text(crates: Option<u64>, bytes: Option<u64>) -> String {
    let one = |max: Option<u64>, what: &str| match max {
        Some(max) => format!("{max} {what}"),
        None => format!("{what} without limit"),
    };
    format!("{} and {}", one(crates, "crates"), one(bytes, "bytes"))
}
