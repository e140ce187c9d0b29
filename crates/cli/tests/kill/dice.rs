//! Repeatable choices: everything a round does follows from one seed, the moment of the kill aside.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A generator of pseudo-random numbers (SplitMix64). Nothing secret comes from it.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

/// The variable that repeats the choices of an earlier run.
const SEED: &str = "CRATEKEEP_TEST_SEED";

impl Dice {
    /// Dice with a seed of their own, or with the one that the environment names.
    pub(crate) fn new() -> Self {
        let given = cratekeep_testkit::environment::read(SEED);
        let given = given.map(|text| text.to_string_lossy().parse().expect("the seed is a number"));
        Self(given.unwrap_or_else(|| RandomState::new().build_hasher().finish()))
    }

    /// Dice that follow from a number.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// What to set `CRATEKEEP_TEST_SEED` to for the same choices. Ask before the first throw.
    pub(crate) fn seed(&self) -> String {
        format!("{SEED}={}", self.0)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len().max(1) as u64);
        from.get(usize::try_from(at).expect("below a length"))
    }
}
