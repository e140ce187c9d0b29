//! Opens the data: database, storage and use cases, in the order in which each may rely on the one before.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cratekeep_app::{App, Parts};
use cratekeep_blob::BlobStore;
use cratekeep_config::Settings;
use cratekeep_outbound::Outbound;
use cratekeep_store::meta::{Key, get};
use cratekeep_store::{Schema, Store};
use cratekeep_types::{Steps, SystemClock};

use crate::folder::DataFolder;
use crate::schema::{self, Brought};
use crate::wiring::{self, SystemEntropy};

/// What the data is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To serve: an old schema is brought up, after a backup.
    Serve,
    /// For a command: an old schema is left to `serve` and `migrate`.
    Command,
}

/// The base URL to use.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// The one stored, else the one in the settings, else one made of the listen address; nothing is stored.
    /// For commands beside the server.
    AsStored,
    /// As a server that clients will know: stored at the first start, refused when it is another one later.
    /// Without a setting this one is stored.
    Lasting(String),
    /// This one, whatever is stored: the listener's port is another one at each start.
    Passing(String),
}

/// The data, ready for use.
pub(crate) struct Opened {
    /// The use cases.
    pub(crate) app: App,
    /// The database under them, to be closed last.
    pub(crate) store: Store,
    /// What was done to the schema.
    pub(crate) brought: Brought,
}

/// Opens the database. One that is not there is made, unless the settings say that it must be.
async fn open_database(settings: &Settings, steps: &Steps) -> Result<Store> {
    let may_make = settings.server.new_data;
    let store = Store::open(wiring::store_options(settings, may_make)?, steps.clone()).await;
    if may_make {
        return Ok(store?);
    }
    let missing = "the data of this server is not there, and `server.new_data = false` forbids to begin anew; is its volume mounted?";
    let store = store.context(missing)?;
    if store.schema().await? == Schema::Empty {
        bail!("{missing}");
    }
    Ok(store)
}

/// Opens database and storage, makes what is not there at the first start, and notices what is missing later.
pub(crate) async fn open(
    settings: &Settings,
    folder: &DataFolder,
    purpose: Purpose,
    address: Address,
) -> Result<Opened> {
    let steps = wiring::steps(settings);
    let store = open_database(settings, &steps).await?;
    let brought = match purpose {
        Purpose::Serve => schema::bring_up(&store, folder).await?,
        Purpose::Command => schema::make_if_empty(&store).await?,
    };
    let blobs = BlobStore::new(wiring::blob_options(settings), steps.clone())?;
    cratekeep_app::settle_storage(&store, &blobs, &SystemEntropy).await?;
    if purpose == Purpose::Serve {
        let left_over = blobs.sweep_staging().await?;
        if left_over > 0 {
            tracing::info!("removed {left_over} unfinished uploads that an earlier process left");
        }
    }
    let base_url = base_url(settings, &store, address).await?;
    let parts = Parts {
        outbound: Outbound::new(wiring::outbound_options(settings))?,
        mailer: wiring::mailer(settings)?,
        store: store.clone(),
        blobs,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        steps,
        options: wiring::app_options(settings, base_url)?,
    };
    let app = App::new(parts).await?;
    Ok(Opened { app, store, brought })
}

async fn base_url(settings: &Settings, store: &Store, address: Address) -> Result<String> {
    let wanted = settings.server.base_url.as_deref();
    match address {
        Address::Lasting(fallback) => Ok(cratekeep_app::settle_base_url(store, wanted, &fallback).await?),
        Address::Passing(base_url) => Ok(wanted.map_or(base_url, str::to_owned)),
        Address::AsStored => {
            let stored = get(&mut *store.read().await?, Key::BaseUrl).await?;
            let listen = &settings.server.listen;
            Ok(stored.or(wanted.map(str::to_owned)).unwrap_or_else(|| format!("http://{listen}")))
        }
    }
}
