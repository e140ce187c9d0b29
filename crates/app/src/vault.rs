//! Secrets of others at rest: sealed with AES-256-GCM under a key that a setting gives or the database keeps.
//!
//! A sealed text is one byte of version, eight that name the key, twelve of nonce, then the ciphertext with its tag. The
//! version and the name of the key are authenticated with it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use cratekeep_policy::may_administer;
use cratekeep_store::StoreError;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::vault::Sealed;
use cratekeep_types::{Checksum, EventNumber, Secret};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::{App, AppError, Caller};

const VERSION: u8 = 1;
const NAME_BYTES: usize = 8;
const HEAD_BYTES: usize = 1 + NAME_BYTES;
/// Sealed secrets that one step of a rotation reads.
const BATCH_MAX: u32 = 500;

/// A key with the name that sealed texts know it by.
struct Key {
    name: [u8; NAME_BYTES],
    /// Its row; `None` for a key of the settings.
    row: Option<i64>,
    key: LessSafeKey,
    /// What other secrets are derived from.
    seed: [u8; 32],
}

/// The keys that are known, the one that seals first. Read from the database when they are first needed.
#[derive(Default)]
pub(crate) struct Vault(ArcSwapOption<Vec<Key>>);

impl Vault {
    /// Forgets the keys: another node may have made one.
    pub(crate) fn forget(&self) {
        self.0.store(None);
    }
}

impl App {
    /// Seals a secret for the database.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub(crate) async fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, AppError> {
        let keys = match self.vault.0.load_full().filter(|keys| !keys.is_empty()) {
            Some(keys) => keys,
            None => self.make_vault_ready().await?,
        };
        let first = keys.first().ok_or_else(|| AppError::Internal("the vault has no key".to_owned()))?;
        self.seal_with(first, plain)
    }

    /// Opens what [`App::seal`] sealed, on whatever node; `None` when no key that is known here sealed it.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub(crate) async fn open(&self, sealed: &[u8]) -> Result<Option<Secret<Vec<u8>>>, AppError> {
        let known = self.vault.0.load_full();
        if let Some(plain) = known.and_then(|keys| open_with(&keys, sealed)) {
            return Ok(Some(plain));
        }
        Ok(open_with(&self.read_vault_keys().await?, sealed))
    }

    /// A secret of this server that is the same on every node, until the vault gets another key.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub(crate) async fn vault_seed(&self) -> Result<[u8; 32], AppError> {
        let keys = match self.vault.0.load_full().filter(|keys| !keys.is_empty()) {
            Some(keys) => keys,
            None => self.make_vault_ready().await?,
        };
        keys.first().map(|key| key.seed).ok_or_else(|| AppError::Internal("the vault has no key".to_owned()))
    }

    /// Makes a new key (or begins to use the one of the settings), seals everything anew with it and wipes the old
    /// ones from the database; says how many secrets were sealed anew and how many nobody could open any more.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators.
    pub(crate) async fn rotate_vault(&self, caller: &Caller) -> Result<(u64, u64), AppError> {
        may_administer(&caller.actor)?;
        let before = self.read_vault_keys().await?;
        if self.options.auth.vault_key.is_none() {
            let events = self.keep_new_key().await?;
            // From here on the other nodes seal with it too.
            self.settle(&events).await;
        }
        let keys = self.read_vault_keys().await?;
        let newest = keys.first().ok_or_else(|| AppError::Internal("the vault has no key".to_owned()))?;
        let (mut done, mut lost, mut after) = (0, 0, 0);
        loop {
            let batch = self.sealed_after(after).await?;
            let Some(last) = batch.last() else { break };
            after = last.identity;
            for old in batch {
                let new = match open_with(&keys, &old.bytes) {
                    Some(plain) => Some(self.seal_with(newest, plain.expose())?),
                    None => None,
                };
                *if new.is_some() { &mut done } else { &mut lost } += 1;
                self.reseal(old, new).await?;
            }
        }
        let wiped_below = newest.row.unwrap_or(i64::MAX);
        let at = self.clock.now();
        let audit = caller.audit("vault-rotate", at);
        let written = self
            .store
            .write::<_, StoreError, _>("rotate-vault", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    cratekeep_store::vault::retire_below(tx, wiped_below, at).await?;
                    tx.emit(Event::new(EventKind::SiteChanged, at));
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        tracing::info!(keys_before = before.len(), resealed = done, lost, "the vault has another key");
        self.read_vault_keys().await?;
        self.settle(&written.events).await;
        Ok((done, lost))
    }

    async fn sealed_after(&self, after: i64) -> Result<Vec<Sealed>, AppError> {
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::vault::sealed(&mut conn, after, BATCH_MAX).await?)
    }

    async fn reseal(&self, old: Sealed, new: Option<Vec<u8>>) -> Result<(), AppError> {
        self.store
            .write::<_, StoreError, _>("reseal", move |tx| {
                let (old, new) = (old.clone(), new.clone());
                Box::pin(
                    async move { cratekeep_store::vault::reseal(tx, &old, new.as_deref()).await.map(drop) },
                )
            })
            .await?;
        Ok(())
    }

    async fn make_vault_ready(&self) -> Result<Arc<Vec<Key>>, AppError> {
        let keys = self.read_vault_keys().await?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        self.keep_new_key().await?;
        self.read_vault_keys().await
    }

    async fn keep_new_key(&self) -> Result<Vec<EventNumber>, AppError> {
        let (bytes, at) = (self.entropy.bytes(), self.clock.now());
        let done = self
            .store
            .write::<_, StoreError, _>("make-vault-key", move |tx| {
                Box::pin(async move {
                    cratekeep_store::vault::insert(tx, &bytes, at).await?;
                    tx.emit(Event::new(EventKind::SiteChanged, at));
                    Ok(())
                })
            })
            .await?;
        Ok(done.events)
    }

    async fn read_vault_keys(&self) -> Result<Arc<Vec<Key>>, AppError> {
        let stored = cratekeep_store::vault::keys(&mut *self.store.read().await?).await?;
        let auth = &self.options.auth;
        let given = auth.vault_key.iter().map(|key| (None, key));
        let stored = stored.iter().map(|key| (Some(key.id), &key.bytes));
        let before = auth.vault_key_before.iter().map(|key| (None, key));
        let keys = given.chain(stored).chain(before).map(|(row, key)| made(row, key.expose()));
        let keys = Arc::new(keys.collect::<Result<Vec<_>, _>>()?);
        self.vault.0.store(Some(Arc::clone(&keys)));
        Ok(keys)
    }

    fn seal_with(&self, key: &Key, plain: &[u8]) -> Result<Vec<u8>, AppError> {
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&self.entropy.bytes()[..NONCE_LEN]);
        let head = head_of(&key.name);
        let mut text = plain.to_vec();
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(head), &mut text)
            .map_err(|_| AppError::Internal("a secret could not be sealed".to_owned()))?;
        Ok([&head[..], &nonce[..], &text[..]].concat())
    }
}

fn head_of(name: &[u8; NAME_BYTES]) -> [u8; HEAD_BYTES] {
    let mut head = [VERSION; HEAD_BYTES];
    head[1..].copy_from_slice(name);
    head
}

/// Finds the key by its name and opens.
fn open_with(keys: &[Key], sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
    let (head, rest) = sealed.split_at_checked(HEAD_BYTES)?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    let key = keys.iter().find(|key| head_of(&key.name) == head)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = text.to_vec();
    let plain = key.key.open_in_place(nonce, Aad::from(head), &mut text).ok()?.to_vec();
    Some(Secret::new(plain))
}

fn made(row: Option<i64>, bytes: &[u8; 32]) -> Result<Key, AppError> {
    let digest = Checksum::of(&[b"cratekeep vault key ", &bytes[..]].concat());
    let mut name = [0; NAME_BYTES];
    name.copy_from_slice(&digest.as_bytes()[..NAME_BYTES]);
    let key = UnboundKey::new(&AES_256_GCM, bytes)
        .map_err(|_| AppError::Internal("a key of the vault has a wrong length".to_owned()))?;
    let seed = *Checksum::of(&[b"cratekeep vault seed ", &bytes[..]].concat()).as_bytes();
    Ok(Key { name, row, key: LessSafeKey::new(key), seed })
}
