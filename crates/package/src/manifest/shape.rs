//! A look at the manifest's text before it is parsed, because parsing takes memory in step with keys and values: about
//! 1 kB for each sign counted here, at worst. Nesting needs no look: the parser itself stops at some 80 levels.

/// Refuses a manifest of more than `values_max` signs that come with a value, a table or a line.
///
/// # Errors
/// A sentence with the count and the limit.
pub(super) fn check(text: &str, values_max: usize) -> Result<(), String> {
    let is_sign = |byte: &u8| matches!(byte, b'=' | b',' | b'.' | b'[' | b'{' | b'\n');
    let signs = text.as_bytes().iter().filter(|byte| is_sign(byte)).count();
    if signs > values_max {
        return Err(format!("`Cargo.toml` has about {signs} keys and values, the limit is {values_max}"));
    }
    Ok(())
}
