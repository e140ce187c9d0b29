//! The place of the bytes: marked with the server's own name at the first start, looked for at each later one, so
//! that a volume that is missing or another's is noticed and not silently made anew.

use cratekeep_blob::{BlobError, BlobStore};
use cratekeep_store::meta::{Key, get, set, set_if_absent};
use cratekeep_store::{Store, StoreError};
use cratekeep_types::Entropy;

use crate::AppError;

/// Prepares the storage at the first start and finds it again at every later one.
///
/// # Errors
/// [`AppError::Conflict`] with what to do when the storage is not there or belongs to another server.
pub async fn settle_storage(store: &Store, blobs: &BlobStore, entropy: &dyn Entropy) -> Result<(), AppError> {
    let instance = instance(store, entropy).await?;
    let mark = {
        let mut conn = store.read().await?;
        get(&mut conn, Key::StorageMark).await?
    };
    if mark.is_some() {
        return blobs.check_marker(&instance).await.map_err(|error| {
            told(error, "the database names objects that should be there; nothing was changed")
        });
    }
    // A crash before the mark is set leads here again, and making a storage twice is harmless.
    blobs.init(&instance).await.map_err(|error| {
        told(error, "this database is a new one: if the old one was lost, restore it from a backup")
    })?;
    store
        .write::<_, StoreError, _>("mark-storage", move |tx| {
            let instance = instance.clone();
            Box::pin(async move { set(tx, Key::StorageMark, &instance).await })
        })
        .await?;
    Ok(())
}

/// The random name of this server, given at its first start.
async fn instance(store: &Store, entropy: &dyn Entropy) -> Result<String, AppError> {
    let fresh = hex::encode(&entropy.bytes()[..16]);
    let named = store
        .write::<_, StoreError, _>("name-instance", move |tx| {
            let fresh = fresh.clone();
            Box::pin(async move {
                if set_if_absent(tx, Key::InstanceId, &fresh).await? {
                    return Ok(Some(fresh));
                }
                get(tx, Key::InstanceId).await
            })
        })
        .await?;
    named.value.ok_or_else(|| AppError::Internal("the server's own name could not be stored".to_owned()))
}

fn told(error: BlobError, hint: &str) -> AppError {
    match error {
        BlobError::Volume(found) => AppError::Conflict(format!("{found}; {hint}")),
        other => AppError::Conflict(format!("the storage cannot be used: {other}")),
    }
}
