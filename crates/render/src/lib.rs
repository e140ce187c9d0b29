//! From the texts of strangers to what pages show: a readme as clean HTML or as plain words, code with its words
//! marked, lines counted.
//!
//! Ground room: text in, text out, no I/O. Whatever comes in, the answer is bounded and comes in a bounded time; a text
//! that would cost too much is shown as it is, with a sentence that says why.

mod bounds;
mod clean;
mod highlight;
mod languages;
mod lexer;
mod lines;
mod links;
mod markdown;
mod readme;

pub use highlight::{CLASSES, highlight};
pub use lines::{LanguageLines, LineCounter, LineCounts};
pub use links::Origin;
pub use readme::{Images, Limits, Readme, Rendered, VERSION, plain_words, render};
