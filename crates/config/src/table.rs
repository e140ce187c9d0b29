//! The table of settings: what a key, a kind and a section are, and the macro that writes a section's struct, its
//! rows of the table and its reading in one place.

use crate::layers::Layers;
use crate::problem::Problem;

/// A value as a layer gives it, before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// A text, or a number or truth value as it was written.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// What stands for a key that no layer sets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preset {
    /// This value, in the spelling of a TOML string.
    Value(&'static str),
    /// An empty list.
    EmptyList {
        /// An element that could stand there, for the example file.
        example: &'static str,
    },
    /// Nothing.
    Unset {
        /// A value that could stand there, for the example file.
        example: &'static str,
    },
}

/// How the value of a key is written and checked.
pub(crate) trait Kind: Sync {
    /// What a good value becomes.
    type Value;

    /// Checks a value; the error is the half sentence that says what is wrong with it.
    fn parse(&self, raw: &Raw) -> Result<Self::Value, String>;

    /// The value when the key is not set at all; only asked when [`KindFacts::preset`] is `Unset`.
    fn unset(&self) -> Option<Self::Value> {
        None
    }
}

/// What the table shows about a kind.
pub(crate) trait KindFacts: Sync {
    /// What is accepted, as a phrase.
    fn allowed(&self) -> String;
    /// What holds when no layer sets the key.
    fn preset(&self) -> Preset;
    /// Whether the value must never be printed and may come from a file.
    fn is_secret(&self) -> bool {
        false
    }
    /// Whether the value is a path, which in a file starts at that file's folder when it is relative.
    fn is_path(&self) -> bool {
        false
    }
    /// Whether the value is written without quotes in TOML.
    fn is_bare(&self) -> bool {
        false
    }
}

/// The facts of a kind whose values are `T`; ties the type of a field to its kind.
pub(crate) const fn facts<T, K: Kind<Value = T> + KindFacts>(kind: &'static K) -> &'static dyn KindFacts {
    kind
}

/// One row of the table.
pub(crate) struct Key {
    /// The name inside its section.
    pub(crate) name: &'static str,
    /// The lines of its description.
    pub(crate) about: &'static [&'static str],
    /// How its value is written.
    pub(crate) kind: &'static dyn KindFacts,
}

/// The rows of one section.
pub(crate) struct Section {
    /// The name, as the TOML table is called.
    pub(crate) name: &'static str,
    /// The lines of its description.
    pub(crate) about: &'static [&'static str],
    /// Its keys, in the order in which they are shown.
    pub(crate) keys: &'static [Key],
    /// Whether the guide leaves it out.
    pub(crate) is_hidden: bool,
}

/// Reads typed values out of the layers and gathers every problem.
pub(crate) struct Reader<'a> {
    pub(crate) layers: &'a Layers,
    pub(crate) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The checked value of a key, or nothing after noting the problem.
    pub(crate) fn value<K>(&mut self, section: &str, name: &str, kind: &K) -> Option<K::Value>
    where
        K: Kind + KindFacts,
    {
        let key = format!("{section}.{name}");
        let found = self.layers.find(&key);
        let preset = match kind.preset() {
            Preset::Value(text) => Raw::Text(text.to_owned()),
            Preset::EmptyList { .. } => Raw::List(Vec::new()),
            Preset::Unset { .. } if found.is_none() => return kind.unset(),
            Preset::Unset { .. } => Raw::List(Vec::new()),
        };
        let raw = found.map_or(&preset, |found| &found.raw);
        match kind.parse(raw) {
            Ok(value) => Some(value),
            Err(reason) => {
                let value = if kind.is_secret() { "***".to_owned() } else { raw.shown() };
                let origin = self.layers.origin(&key).to_string();
                self.problems.push(Problem::BadValue { key, value, origin, reason, allowed: kind.allowed() });
                None
            }
        }
    }

    /// Notes that values do not go together.
    pub(crate) fn conflict(&mut self, sentence: String) {
        self.problems.push(Problem::Conflict(sentence));
    }
}

impl Raw {
    /// The value as a person would write it in TOML.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writes the struct of a section, its rows of the table and the function that reads it, from one list of keys.
/// The doc comment of a field is its description in the example file and in the reference.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $visibility:ident struct $Name:ident in $section:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $Type:ty = $kind:expr, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $Name {
            $( $(#[doc = $doc])+ pub $field: $Type, )+
        }

        impl $Name {
            /// The rows of this section.
            pub(crate) const SECTION: $crate::table::Section = $crate::table::Section {
                name: $section,
                about: &[$($about),+],
                keys: &[$(
                    $crate::table::Key { name: stringify!($field), about: &[$($doc),+], kind: $crate::table::facts::<$Type, _>(&$kind) },
                )+],
                is_hidden: section!(@hidden $visibility),
            };

            /// Reads every key of the section, noting all problems.
            pub(crate) fn read(reader: &mut $crate::table::Reader<'_>) -> Option<Self> {
                $( let $field: Option<$Type> = reader.value($section, stringify!($field), &$kind); )+
                Some(Self { $( $field: $field?, )+ })
            }
        }
    };
    (@hidden shown) => { false };
    (@hidden hidden) => { true };
}
pub(crate) use section;
