//! The chore that tells holders of tokens that end soon.

use cratekeep_store::StoreError;
use cratekeep_store::token::EndingToken;

use crate::mail::token::{About, ending};
use crate::{App, AppError};

/// How long before its end a holder is told, in seconds.
const SOON_SECS: i64 = 3 * 86_400;
/// A token made for a life of at most this is not told of: its holder knows.
const SHORT_SECS: i64 = 7 * 86_400;
/// Tokens that one write tells of.
const BATCH: u32 = 100;

impl App {
    /// Tells the holder of each token that ends within three days, once; says of how many.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn warn_of_ending_tokens(&self) -> Result<u64, AppError> {
        let mut told = 0;
        loop {
            let now = self.clock.now();
            let found = {
                let mut conn = self.store.read().await?;
                let until = now.plus_secs(SOON_SECS);
                cratekeep_store::token::ending(&mut conn, now, until, SHORT_SECS, BATCH).await?
            };
            if found.is_empty() {
                return Ok(told);
            }
            told += found.len() as u64;
            for token in found {
                self.warn(token).await?;
            }
        }
    }

    async fn warn(&self, token: EndingToken) -> Result<(), AppError> {
        let (app, at) = (self.clone(), self.clock.now());
        self.store
            .write::<_, StoreError, _>("warn-of-ending-token", move |tx| {
                let (app, token) = (app.clone(), token.clone());
                Box::pin(async move {
                    let is_first = cratekeep_store::token::set_warned(tx, token.id, at).await?;
                    if let Some(to) = token.email.clone().filter(|_| is_first) {
                        let about = About { to, label: &token.label, base_url: app.base_url() };
                        let end = token.expires_at.to_seconds_text();
                        app.post(tx, &ending(&about, &token.holder, &end), at).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }
}
