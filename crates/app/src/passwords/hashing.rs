//! Hashing passwords with Argon2id: on the pool for slow work, a few at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use cratekeep_types::Secret;
use tokio::sync::{OnceCell, Semaphore};

use crate::options::AuthOptions;
use crate::{App, AppError};

/// Bytes of salt in a hash.
const SALT_BYTES: usize = 16;

/// Places for hashing, and a hash that nobody's password has.
pub(crate) struct Hasher {
    places: Semaphore,
    nobodys: OnceCell<String>,
}

impl Hasher {
    pub(crate) fn new(options: &AuthOptions) -> Self {
        Self { places: Semaphore::new(options.hashes_at_once_max), nobodys: OnceCell::new() }
    }
}

impl App {
    /// The hash of a new password, with the figures of the settings in it.
    pub(crate) async fn hash_password(&self, password: Secret<String>) -> Result<String, AppError> {
        let auth = &self.options.auth;
        let params = Params::new(auth.hash_memory_kib, auth.hash_passes, 1, None)
            .map_err(|error| AppError::Internal(format!("the figures for hashing are bad: {error}")))?;
        let salt = self.entropy.bytes();
        self.in_a_place(move || {
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash = argon.hash_password_with_salt(password.expose().as_bytes(), &salt[..SALT_BYTES]);
            hash.map(|hash| hash.to_string()).map_err(|error| AppError::Internal(error.to_string()))
        })
        .await?
    }

    /// Whether the hash is of this password. Without a hash the same work is done, and the answer is no.
    pub(crate) async fn password_is(
        &self,
        hash: Option<String>,
        password: Secret<String>,
    ) -> Result<bool, AppError> {
        let is_somebodys = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobodys_hash().await?,
        };
        let is_right = self
            .in_a_place(move || {
                let parsed = PasswordHash::new(&hash).map_err(|error| {
                    AppError::Internal(format!("a stored hash of a password is bad: {error}"))
                })?;
                let found = Argon2::default().verify_password(password.expose().as_bytes(), &parsed);
                Ok::<_, AppError>(found.is_ok())
            })
            .await??;
        Ok(is_right && is_somebodys)
    }

    async fn nobodys_hash(&self) -> Result<String, AppError> {
        let made = self.hasher.nobodys.get_or_try_init(|| async {
            self.hash_password(Secret::new(hex::encode(self.entropy.bytes()))).await
        });
        made.await.cloned()
    }

    async fn in_a_place<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let place = self.hasher.places.acquire().await;
        let _place = place.map_err(|_| AppError::Internal("the places for hashing are closed".to_owned()))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| AppError::Internal(format!("hashing failed: {error}")))
    }
}
