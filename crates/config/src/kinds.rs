//! The kinds of values that settings have: how each is written, checked and described.

mod networks;
mod numbers;
mod places;

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use cratekeep_types::Secret;

pub(crate) use networks::Networks;
pub use numbers::parse_duration;
pub(crate) use numbers::{GIB, KIB, MIB, Often, Size, Span, Whole};
pub use places::ListenAddress;
pub(crate) use places::{BaseUrl, FilePath, IssuerUrl, Listen, is_safe};

use crate::table::{Kind, KindFacts, Preset, Raw};

/// The text of a raw value, or what to say when it is a list.
fn text_of(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::Text(text) if text.trim().is_empty() => Err("the value is empty".to_owned()),
        Raw::Text(text) => Ok(text.trim()),
        Raw::List(_) => Err("a list stands where one value is expected".to_owned()),
    }
}

/// One of a few words, checked by the type they stand for.
pub(crate) struct Choice<T> {
    pub(crate) default: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) of: PhantomData<fn() -> T>,
}

impl<T: FromStr<Err: Display>> Kind for Choice<T> {
    type Value = T;

    fn parse(&self, raw: &Raw) -> Result<T, String> {
        text_of(raw)?.parse().map_err(|error: T::Err| error.to_string())
    }
}

impl<T> KindFacts for Choice<T> {
    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// `true` or `false`.
pub(crate) struct Switch {
    pub(crate) default: &'static str,
}

impl Kind for Switch {
    type Value = bool;

    fn parse(&self, raw: &Raw) -> Result<bool, String> {
        text_of(raw)?.parse().map_err(|_| "this is neither true nor false".to_owned())
    }
}

impl KindFacts for Switch {
    fn allowed(&self) -> String {
        "true, false".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// A list of texts, each checked by itself; in the environment they are separated by commas.
pub(crate) struct List {
    pub(crate) example: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl Kind for List {
    type Value = Vec<String>;

    fn parse(&self, raw: &Raw) -> Result<Vec<String>, String> {
        let items: Vec<String> = match raw {
            Raw::List(items) => items.clone(),
            Raw::Text(text) => text.split(',').map(|item| item.trim().to_owned()).collect(),
        };
        let items: Vec<String> = items.into_iter().filter(|item| !item.is_empty()).collect();
        for item in &items {
            (self.check)(item)?;
        }
        Ok(items)
    }
}

impl KindFacts for List {
    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::EmptyList { example: self.example }
    }
}

/// A text that is checked by a function.
pub(crate) struct Text {
    pub(crate) default: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl Kind for Text {
    type Value = String;

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let text = text_of(raw)?;
        (self.check)(text)?;
        Ok(text.to_owned())
    }
}

impl KindFacts for Text {
    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// Accepts every text.
pub(crate) fn any_text(_: &str) -> Result<(), String> {
    Ok(())
}

/// A text that is never printed and may stand in a file of its own.
pub(crate) struct SecretText {
    pub(crate) default: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl Kind for SecretText {
    type Value = Secret<String>;

    fn parse(&self, raw: &Raw) -> Result<Secret<String>, String> {
        let text = text_of(raw)?;
        (self.check)(text)?;
        Ok(Secret::new(text.to_owned()))
    }
}

impl KindFacts for SecretText {
    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// A value that may be absent; the default of the inner kind becomes its example.
pub(crate) struct Optional<K>(pub(crate) K);

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;

    fn parse(&self, raw: &Raw) -> Result<Self::Value, String> {
        self.0.parse(raw).map(Some)
    }

    fn unset(&self) -> Option<Self::Value> {
        Some(None)
    }
}

impl<K: KindFacts> KindFacts for Optional<K> {
    fn allowed(&self) -> String {
        self.0.allowed()
    }

    fn preset(&self) -> Preset {
        match self.0.preset() {
            Preset::Value(example) | Preset::EmptyList { example } | Preset::Unset { example } => {
                Preset::Unset { example }
            }
        }
    }

    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }

    fn is_bare(&self) -> bool {
        self.0.is_bare()
    }

    fn is_path(&self) -> bool {
        self.0.is_path()
    }
}
