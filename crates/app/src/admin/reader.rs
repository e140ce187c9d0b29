//! `admin reader …`

use cratekeep_wire::control::{AdminReply, ReaderCommand};

use super::{done, table};
use crate::{App, AppError, Caller, CrateReaders};

impl App {
    pub(super) async fn run_reader(
        &self,
        caller: &Caller,
        command: ReaderCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            ReaderCommand::Limit { registry, krate, to } => {
                let wish = CrateReaders { limited: true, readers: to };
                self.say_who_sees(caller, &registry, &krate, wish).await
            }
            ReaderCommand::Open { registry, krate } => {
                self.say_who_sees(caller, &registry, &krate, CrateReaders::default()).await
            }
            ReaderCommand::List { registry, krate } => {
                let view = self.registry_named(&registry)?;
                let readers = self.crate_readers(caller, &view, &krate).await?;
                if !readers.limited {
                    return Ok(done(format!("`{krate}` is {readers}")));
                }
                Ok(table(&["reader"], readers.readers.into_iter().map(|reader| vec![reader]).collect()))
            }
        }
    }

    async fn say_who_sees(
        &self,
        caller: &Caller,
        registry: &str,
        krate: &str,
        wish: CrateReaders,
    ) -> Result<AdminReply, AppError> {
        let view = self.registry_named(registry)?;
        self.set_crate_readers(caller, &view, krate, &wish).await?;
        Ok(done(format!("`{krate}` is {wish} from now on")))
    }
}
