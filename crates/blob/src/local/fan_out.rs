//! The two levels of folders above an object, `ab/cd/`.
//!
//! The first level (256 folders a class) is made and synced with the volume, so its absence means that the volume is
//! gone. The second (65,536 a class) would cost seconds and 256 MiB of folder blocks on an empty volume, so each is
//! made when its first object comes. A folder that somebody else has just made may not be durable yet, so this
//! process trusts a second-level folder only after it has itself synced the one above, and remembers that in one bit.

use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_types::Checksum;

use crate::BlobClass;

/// Second-level folders of one class.
const FOLDERS: usize = 1 << 16;
const WORD_BITS: usize = 64;

/// Which second-level folders are known to be durable. 8 KiB a class.
#[derive(Debug)]
pub(super) struct FanOut(Box<[AtomicU64]>);

impl Default for FanOut {
    fn default() -> Self {
        Self((0..BlobClass::ALL.len() * FOLDERS / WORD_BITS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl FanOut {
    pub(super) fn is_durable(&self, class: BlobClass, checksum: &Checksum) -> bool {
        let (word, bit) = self.place(class, checksum);
        word.load(Ordering::Acquire) & bit != 0
    }

    pub(super) fn set_durable(&self, class: BlobClass, checksum: &Checksum) {
        let (word, bit) = self.place(class, checksum);
        word.fetch_or(bit, Ordering::Release);
    }

    fn place(&self, class: BlobClass, checksum: &Checksum) -> (&AtomicU64, u64) {
        let [first, second, ..] = *checksum.as_bytes();
        let number = class as usize * FOLDERS + usize::from(first) * 256 + usize::from(second);
        (&self.0[number / WORD_BITS], 1 << (number % WORD_BITS))
    }
}

/// Key of the first-level folder of an object: `hosted/sha256/ab`.
pub(super) fn first_level(class: BlobClass, checksum: &Checksum) -> String {
    format!("{}/{}", class.prefix(), first_name(checksum.as_bytes()[0]))
}

/// Name of a first-level folder.
pub(super) fn first_name(byte: u8) -> String {
    format!("{byte:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_a_bit_of_its_own() {
        let fan_out = FanOut::default();
        let sum = |first, second| {
            let mut bytes = [0; 32];
            (bytes[0], bytes[1]) = (first, second);
            Checksum::from_bytes(bytes)
        };
        fan_out.set_durable(BlobClass::Mirror, &sum(255, 255));
        fan_out.set_durable(BlobClass::Hosted, &sum(0, 1));
        assert!(fan_out.is_durable(BlobClass::Mirror, &sum(255, 255)));
        assert!(fan_out.is_durable(BlobClass::Hosted, &sum(0, 1)));
        assert!(!fan_out.is_durable(BlobClass::Mirror, &sum(0, 1)));
        assert!(!fan_out.is_durable(BlobClass::Hosted, &sum(1, 0)));
        assert_eq!(first_level(BlobClass::Hosted, &sum(10, 0)), "hosted/sha256/0a");
    }
}
