//! `admin crate …`

use cratekeep_store::limits::KrateLimits;
use cratekeep_wire::control::{AdminReply, CrateCommand};

use super::{done, parse};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_crate(
        &self,
        caller: &Caller,
        command: CrateCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            CrateCommand::Set { registry, krate, upload_bytes, features } => {
                let view = self.registry_named(&registry)?;
                let limits = KrateLimits { upload_bytes_max: upload_bytes, features_max: features };
                self.set_krate_limits(caller, &view, &krate, limits).await?;
                let text =
                    |max: Option<u64>| max.map_or("the server's limit".to_owned(), |max| max.to_string());
                Ok(done(format!(
                    "`{krate}`: bytes of an upload: {}; features: {}",
                    text(upload_bytes),
                    text(features)
                )))
            }
            CrateCommand::Delete { registry, krate, reason } => {
                let view = self.registry_named(&registry)?;
                match krate.split_once('@') {
                    Some((name, num)) => {
                        self.delete_version(caller, &view, name, &parse(num)?, reason).await?;
                    }
                    None => self.delete_crate_anyway(caller, &view, &krate, reason).await?,
                }
                Ok(done(format!("`{krate}` is deleted from the registry {registry}")))
            }
            CrateCommand::Release { registry, krate } => {
                let view = self.registry_named(&registry)?;
                self.release_crate(caller, &view, &krate).await?;
                Ok(done(format!("anybody may publish `{krate}` in the registry {registry}")))
            }
        }
    }
}
