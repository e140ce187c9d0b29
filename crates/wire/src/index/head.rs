//! What is known of an index file without reading it: its length and its validator.

use std::fmt::Write as _;

use cratekeep_types::Checksum;

/// Bytes of the hash that the validator shows.
const ETAG_BYTES: usize = 16;

/// Sum of the hashes of a file's lines, and the file's length. A publish adds one line and a yank exchanges one, so
/// either costs one line however many there are.
///
/// The sum does not see the order of the lines; a file is always assembled in one order, so two states of a file with
/// the same lines are the same file. Sums of hashes can be made to collide by who chooses very many lines freely. Only
/// the owners of a crate choose its lines, and all they would gain is that clients keep an old copy of their own file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexHead {
    /// Sum of the SHA-256 of every line, as little-endian numbers modulo 2^256.
    pub fold: [u8; 32],
    /// Length of the file in bytes, newlines included.
    pub length: u64,
}

impl IndexHead {
    /// The head of a file without lines.
    #[must_use]
    pub fn empty() -> Self {
        Self { fold: [0; 32], length: 0 }
    }

    /// Adds a line (given without its newline).
    pub fn append(&mut self, line: &str) {
        self.shift(line, Side::In);
    }

    /// Exchanges a line that is in the file for another.
    pub fn replace(&mut self, old: &str, new: &str) {
        self.shift(old, Side::Out);
        self.shift(new, Side::In);
    }

    /// The strong validator, in quotes.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut state = [0; 40];
        state[..32].copy_from_slice(&self.fold);
        state[32..].copy_from_slice(&self.length.to_le_bytes());
        let mut text = String::with_capacity(2 * ETAG_BYTES + 2);
        text.push('"');
        for byte in &Checksum::of(&state).as_bytes()[..ETAG_BYTES] {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text.push('"');
        text
    }

    fn shift(&mut self, line: &str, side: Side) {
        let hash = Checksum::of(line.as_bytes());
        let bytes = line.len() as u64 + 1;
        let mut carry = match side {
            Side::In => 0_u16,
            Side::Out => 1,
        };
        for (sum, byte) in self.fold.iter_mut().zip(hash.as_bytes()) {
            let byte = match side {
                Side::In => *byte,
                Side::Out => !*byte,
            };
            let total = u16::from(*sum) + u16::from(byte) + carry;
            *sum = total.to_le_bytes()[0];
            carry = total >> 8;
        }
        self.length = match side {
            Side::In => self.length.wrapping_add(bytes),
            Side::Out => self.length.wrapping_sub(bytes),
        };
    }
}

#[derive(Clone, Copy)]
enum Side {
    In,
    Out,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head_of<'a>(lines: impl IntoIterator<Item = &'a str>) -> IndexHead {
        let mut head = IndexHead::empty();
        lines.into_iter().for_each(|line| head.append(line));
        head
    }

    #[test]
    fn the_fold_of_one_line_is_its_hash() {
        let head = head_of(["abc"]);
        assert_eq!(&head.fold, Checksum::of(b"abc").as_bytes());
        assert_eq!(head.length, 4);
        assert_eq!(head.etag().len(), 34);
    }

    #[test]
    fn every_change_changes_the_validator() {
        let states = [head_of([]), head_of(["a"]), head_of(["b"]), head_of(["a", "b"]), head_of(["a", "a"])];
        let tags: std::collections::BTreeSet<_> = states.iter().map(IndexHead::etag).collect();
        assert_eq!(tags.len(), states.len());
    }

    proptest! {
        #[test]
        fn replacing_equals_building_anew(mut lines in prop::collection::vec("[a-z]{0,9}", 1..9), new in "[a-z]{0,9}", at in any::<prop::sample::Index>()) {
            let at = at.index(lines.len());
            let mut head = head_of(lines.iter().map(String::as_str));
            head.replace(&lines[at], &new);
            lines[at] = new;
            prop_assert_eq!(head, head_of(lines.iter().map(String::as_str)));
        }
    }
}
