//! Fields of a tar header, and of the records that may stand before one. Each has one way to be written.

use super::scanner::BLOCK;

type Block = [u8; BLOCK];

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Octal digits, closed by NULs or spaces.
pub(super) fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let closed = digits < field.len() && field[digits..].iter().all(|byte| matches!(byte, 0 | b' '));
    let text = std::str::from_utf8(&field[..digits]).ok()?;
    u64::from_str_radix(text, 8).ok().filter(|_| closed)
}

pub(super) fn checksum(block: &Block) -> u64 {
    let sum: u64 = block[..148].iter().chain(&block[156..]).map(|byte| u64::from(*byte)).sum();
    sum + 8 * u64::from(b' ')
}

/// Text up to the first NUL; everything after it must be NUL.
fn text(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    is_zero(&field[end..]).then_some(&field[..end])
}

/// The path in a header. A GNU header has no prefix; some readers use those bytes all the same, so they must be zero.
pub(super) fn header_path(block: &Block) -> Option<Vec<u8>> {
    let name = text(&block[..100])?;
    let prefix = match &block[257..265] {
        b"ustar\x0000" => text(&block[345..500])?,
        b"ustar  \0" => &block[345..500],
        _ => return None,
    };
    if !is_zero(&block[500..]) {
        return None;
    }
    if is_zero(prefix) {
        return Some(name.to_vec());
    }
    (block[263] == b'0').then(|| [prefix, b"/", name].concat())
}

/// A long name without the NUL at its end. The entry's own name field must hold its beginning, for readers that do not
/// know long names.
pub(super) fn long_path(mut name: Vec<u8>, short: &[u8]) -> Option<Vec<u8>> {
    if name.last() == Some(&0) {
        name.pop();
    }
    (!name.contains(&0) && !short.is_empty() && name.starts_with(short)).then_some(name)
}

/// Whether PAX records say nothing but the path and size that the entry has anyway.
pub(super) fn repeats(mut records: &[u8], path: &[u8], size: u64) -> bool {
    let size = size.to_string();
    while !records.is_empty() {
        let Some(space) = records.iter().position(|byte| *byte == b' ') else { return false };
        let length =
            std::str::from_utf8(&records[..space]).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let Some((record, rest)) = records.split_at_checked(length) else { return false };
        let same = [(&b"path"[..], path), (b"size", size.as_bytes())]
            .iter()
            .any(|(key, value)| record.get(space + 1..) == Some(&[key, &b"="[..], value, b"\n"].concat()));
        if !same {
            return false;
        }
        records = rest;
    }
    true
}
