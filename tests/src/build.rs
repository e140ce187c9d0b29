//! Builds that hold a token. How they get one is tried elsewhere: here it is simply there.

use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_store::trust_token::{Grant, NewTrustToken};
use cratekeep_store::trusted_publisher::NewPublisher;
use cratekeep_store::{StoreError, krate, trust_token, trusted_publisher};
use cratekeep_types::{CanonName, Clock, CrateId, RegistryId, TrustTokenText, TrustedPublisherId};
use sha2::{Digest, Sha256};

use crate::{Door, TestApp};

/// Makes the text of each token another one.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A rule by which a build may publish a crate.
#[derive(Clone, Copy, Debug)]
pub struct BuildRule {
    registry: RegistryId,
    krate: CrateId,
    by: TrustedPublisherId,
}

impl TestApp {
    /// Makes a rule for a crate of a registry, of a kind that no list of rules shows.
    ///
    /// # Panics
    /// There is no such crate.
    pub async fn build_rule(&self, registry: &str, name: &str) -> BuildRule {
        let registry = self.app().registry(registry).expect("there is such a registry").registry.id;
        let krate = {
            let mut conn = self.store().read().await.expect("a connection");
            let found = krate::find(&mut conn, registry, &CanonName::of(name)).await.expect("an answer");
            found.expect("there is such a crate").id
        };
        let new = NewPublisher {
            krate,
            provider: "test".to_owned(),
            subject: "test".to_owned(),
            fields: "{}".to_owned(),
            created_by: None,
        };
        let at = self.clock().now();
        let made = self
            .store()
            .write::<_, StoreError, _>("test", move |tx| {
                let new = new.clone();
                Box::pin(async move { trusted_publisher::insert(tx, &new, at).await })
            })
            .await
            .expect("the rule is kept");
        BuildRule { registry, krate, by: made.value }
    }

    /// A build with a token by this rule, for a day.
    ///
    /// # Panics
    /// The database does not take the token.
    pub async fn build(&self, rule: BuildRule) -> Door {
        let seed = NEXT.fetch_add(1, Ordering::SeqCst);
        let text = TrustTokenText::from_entropy(Sha256::digest(format!("build {seed}")).into());
        let at = self.clock().now();
        let new = NewTrustToken {
            hash: text.hash(),
            registry: rule.registry,
            grants: vec![Grant { krate: rule.krate, by: rule.by }],
            build: "{}".to_owned(),
            expires_at: at.plus_secs(86_400),
        };
        self.store()
            .write::<_, StoreError, _>("test", move |tx| {
                let new = new.clone();
                Box::pin(async move { trust_token::insert(tx, &new, at).await })
            })
            .await
            .expect("the token is kept");
        (*self.nobody().showing(text.expose())).clone()
    }
}
