//! Mail addresses: which are good enough to write to, and how they stand in logs.

use lettre::Address;

/// Longest address in bytes, as SMTP has it.
const BYTES_MAX: usize = 254;

/// Whether a text is one plain mail address: no name, no brackets, no spaces.
///
/// # Errors
/// A sentence that says what to write instead.
pub fn check_address(text: &str) -> Result<(), String> {
    let is_good = text.len() <= BYTES_MAX
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c))
        && text.parse::<Address>().is_ok();
    if is_good {
        return Ok(());
    }
    let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    Err(format!("`{shown}` is no mail address; write it as name@host"))
}

/// An address as logs may show it: the first letter and the host.
#[must_use]
pub fn masked(address: &str) -> String {
    let (user, host) = address.rsplit_once('@').unwrap_or((address, "?"));
    let first = user.chars().next().map(String::from).unwrap_or_default();
    format!("{first}…@{host}")
}
