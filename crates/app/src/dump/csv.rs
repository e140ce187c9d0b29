//! Lines of a dump, in the form that PostgreSQL copies in: nothing is nothing, an empty text is `""`.

use bytes::Bytes;
use cratekeep_blob::{Spool, SpoolWriter};
use cratekeep_store::public_dump::Value;

use crate::AppError;

/// Bytes that are gathered before they are written.
const HELD_BYTES: usize = 64 << 10;

/// A file on its way.
pub(super) struct Csv {
    writer: SpoolWriter,
    held: String,
}

impl Csv {
    /// Begins a file with the names of its columns.
    pub(super) fn begin(writer: SpoolWriter, header: &str) -> Self {
        Self { writer, held: format!("{header}\n") }
    }

    /// Adds a line.
    pub(super) async fn line(&mut self, values: &[Value]) -> Result<(), AppError> {
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.held.push(',');
            }
            push_value(&mut self.held, value);
        }
        self.held.push('\n');
        if self.held.len() >= HELD_BYTES {
            self.writer.write(Bytes::from(std::mem::take(&mut self.held))).await?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) async fn finish(mut self) -> Result<Spool, AppError> {
        self.writer.write(Bytes::from(self.held)).await?;
        Ok(self.writer.finish().await?)
    }
}

fn push_value(line: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Number(number) => line.push_str(&number.to_string()),
        Value::Flag(flag) => line.push(if *flag { 't' } else { 'f' }),
        Value::Time(time) => line.push_str(&time.to_micros_text().replace('T', " ").replace('Z', "")),
        Value::Digest(bytes) => {
            line.push_str("\\x");
            line.push_str(&hex::encode(bytes));
        }
        Value::Text(text) => push_text(line, text),
    }
}

fn push_text(line: &mut String, text: &str) {
    let is_plain = |sign: char| sign.is_alphanumeric() || " _-./:+@()".contains(sign);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with([' ', '.']) && !text.ends_with(' ')
    {
        return line.push_str(text);
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

/// A list as PostgreSQL writes one.
pub(super) fn list_of<T: AsRef<str>>(items: &[T]) -> Value {
    let quoted = items.iter().map(|item| {
        let item = item.as_ref();
        let is_plain = |sign: char| sign.is_alphanumeric() || "_-./:+?".contains(sign);
        match !item.is_empty() && item.chars().all(is_plain) && !item.eq_ignore_ascii_case("null") {
            true => item.to_owned(),
            false => format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    });
    Value::Text(format!("{{{}}}", quoted.collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use cratekeep_types::Timestamp;

    use super::*;

    fn line(values: &[Value]) -> String {
        let mut text = String::new();
        values.iter().for_each(|value| {
            push_value(&mut text, value);
            text.push('|');
        });
        text
    }

    #[test]
    fn nothing_and_an_empty_text_are_told_apart() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(line(&[Value::Null, text(""), text("a"), Value::Flag(true)]), "|\"\"|a|t|");
        assert_eq!(line(&[text("a,\"b\"\n"), text("\\."), text(".")]), "\"a,\"\"b\"\"\n\"|\"\\.\"|\".\"|");
        assert_eq!(line(&[Value::Time(Timestamp(1_000_500))]), "1970-01-01 00:00:01.000500|");
        assert_eq!(line(&[Value::Digest([7; 32])]), format!("\\x{}|", "07".repeat(32)));
        assert_eq!(list_of(&["a", "b c", "", "q\"\\"]), text(r#"{a,"b c","","q\"\\"}"#));
        assert_eq!(list_of::<&str>(&[]), text("{}"));
    }
}
