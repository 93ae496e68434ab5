//! Texts and the illustrator: a prompt in its words, and the key scenes of a story as it grows.
//!
//! There is no network here, only rules over a lexicon that ships beside the illustrator's weights, so the same text has the
//! same scenes everywhere. What goes on in it:
//!
//! ```text
//! prompt ─► understand ─► English: nouns, places, times that the illustrator never saw, in words that it did
//!                     └─► Chinese: chinese ─► Picture ─► caption
//! text ───► sentences ─► reading: names, nouns ─► cast (who) · setting (where, when) ─► Picture and its score
//!                        └─► scenes: the best sentence of each part of the text ─► caption
//! ```
//!
//! The lexicon is `training/scenes/lexicon.jsonl`, as `python -m training.scenes lexicon` writes it. Positions are UTF-16 units,
//! as JavaScript counts them; nothing takes longer than in proportion to the text.

mod caption;
mod cast;
mod chinese;
mod entry;
mod lexicon;
mod mentions;
mod names;
mod nouns;
mod reading;
mod scenes;
mod sentence;
mod sentences;
mod setting;
mod understand;
mod utf16;
mod words;

pub use entry::{Entry, Kind};
pub use lexicon::{Found, Lexicon};
pub use scenes::{Scene, Scenes};
pub use understand::{Term, Understood, understand};
