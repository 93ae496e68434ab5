//! Texts and the illustrator: a prompt in its words, and the scenes of a story.
mod caption;
mod cast;
mod chinese;
mod lexicon;
mod names;
mod nouns;
mod reading;
mod scenes;
mod sentences;
mod setting;
mod understand;
mod utf16;
mod words;
pub use lexicon::{Kind, Lexicon};
pub use scenes::{Scene, Scenes};
pub use understand::{Term, Understood, understand};
