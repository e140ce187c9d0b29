//! A weighed cache whose entries are loaded once and never outlive a change.
//!
//! A change bumps the generation of its key's shard before and under the same lock as the removal; a load that
//! began before the change finds another generation when it is done and leaves the cache alone.

use std::borrow::Borrow;
use std::future::Future;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

const SHARDS: usize = 256;

/// A cache from `K` to `V`, weighed in bytes by `W`.
pub(crate) struct LoadCache<K, V, W> {
    entries: Cache<K, V, W>,
    hasher: RandomState,
    generations: Vec<Mutex<u64>>,
    loading: Vec<tokio::sync::Mutex<()>>,
}

impl<K, V, W> LoadCache<K, V, W>
where
    K: Eq + Hash + Clone,
    V: Clone,
    W: Weighter<K, V> + Clone,
{
    /// A cache of at most `bytes_max`, guessed to hold `items` entries.
    pub(crate) fn new(items: usize, bytes_max: u64, weighter: W) -> Self {
        Self {
            entries: Cache::with_weighter(items, bytes_max, weighter),
            hasher: RandomState::new(),
            generations: (0..SHARDS).map(|_| Mutex::new(0)).collect(),
            loading: (0..SHARDS).map(|_| tokio::sync::Mutex::new(())).collect(),
        }
    }

    /// What is there now.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + quick_cache::Equivalent<K> + ?Sized,
    {
        self.entries.get(key)
    }

    /// What is there, or what `load` finds. One load per shard runs at a time, so a crowd asks once.
    pub(crate) async fn get_or_load<E, F>(&self, key: &K, load: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let shard = self.shard(key);
        let _turn = self.loading[shard].lock().await;
        if let Some(found) = self.entries.get(key) {
            return Ok(found);
        }
        let before = *self.generations[shard].lock().unwrap_or_else(PoisonError::into_inner);
        let value = load().await?;
        let now = self.generations[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if *now == before {
            self.entries.insert(key.clone(), value.clone());
        }
        Ok(value)
    }

    /// Forgets `key`, also for loads that are under way.
    pub(crate) fn forget(&self, key: &K) {
        let mut generation = self.generations[self.shard(key)].lock().unwrap_or_else(PoisonError::into_inner);
        *generation += 1;
        self.entries.remove(key);
    }

    /// Forgets everything, also for loads that are under way.
    pub(crate) fn forget_all(&self) {
        for generation in &self.generations {
            *generation.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
        self.entries.clear();
    }

    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[derive(Clone)]
    struct One;

    impl Weighter<u32, u32> for One {
        fn weight(&self, _: &u32, _: &u32) -> u64 {
            1
        }
    }

    #[tokio::test]
    async fn a_load_that_a_change_overtook_is_not_kept() {
        let cache = LoadCache::new(8, 8, One);
        let stale = cache
            .get_or_load(&1, || async {
                cache.forget(&1);
                Ok::<_, Infallible>(10)
            })
            .await;
        assert_eq!(stale, Ok(10));
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.get_or_load(&1, || async { Ok::<_, Infallible>(11) }).await, Ok(11));
        assert_eq!(cache.get(&1), Some(11));
        cache.forget_all();
        assert_eq!(cache.get(&1), None);
    }
}
