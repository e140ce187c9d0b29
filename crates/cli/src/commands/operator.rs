//! How a command of the operator is carried out: by the running server if there is one, else right here, with the
//! same result.

use std::time::Duration;

use anyhow::{Result, bail};
use cratekeep_config::Settings;
use cratekeep_store::DatabaseUrl;
use cratekeep_wire::control::{AdminCommand, AdminReply};

use crate::commands::runtime;
use crate::control::{Sent, send};
use crate::data::{self, Address, Purpose};
use crate::folder::{DataFolder, Lock, Locking};
use crate::wiring::{database_url, sqlite_file};

/// How long a server that is starting or stopping may take until it listens or is gone.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long to wait between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Whether a command may begin a new server's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It may: users can be made before the first start.
    Allowed,
    /// It needs data that is there.
    Refused,
}

/// Carries out a command.
pub(super) fn ask(settings: &Settings, command: AdminCommand, beginning: Beginning) -> Result<AdminReply> {
    let folder = DataFolder::of(settings);
    if beginning == Beginning::Refused
        && let Some(file) = sqlite_file(settings).filter(|file| !file.exists())
    {
        bail!("there is no database {}; name the server's data folder with --data-dir", file.display());
    }
    folder.make()?;
    if matches!(database_url(settings)?, DatabaseUrl::Postgres { .. }) {
        return here(settings, &folder, command);
    }
    let rounds = WAIT_MAX.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..rounds {
        match Lock::attempt(settings, &folder)? {
            Locking::Ours(_lock) => return here(settings, &folder, command),
            Locking::Held { .. } => match send(&folder.socket(), &command)? {
                Sent::Reply(reply) => return Ok(reply),
                Sent::NobodyThere => std::thread::sleep(LOOK_EVERY),
            },
        }
    }
    bail!(
        "the data folder {} is in use by a process that does not listen on {}; wait until it has started, or end it",
        folder.path().display(),
        folder.socket().display()
    )
}

fn here(settings: &Settings, folder: &DataFolder, command: AdminCommand) -> Result<AdminReply> {
    runtime()?.block_on(async {
        let opened = data::open(settings, folder, Purpose::Command, Address::AsStored).await?;
        let reply = opened.app.run_at_shell(command).await;
        opened.app.flush_counts().await?;
        opened.store.close().await;
        Ok(reply)
    })
}
