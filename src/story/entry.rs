//! An entry of the illustrator's lexicon.

use std::collections::HashMap;

use serde::Deserialize;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody or something that is drawn.
    Subject,
    /// Where it is.
    Place,
    /// The time of day, or the weather.
    Time,
    /// How one subject is to another.
    Relation,
    /// A size, a colour, a mood or a look.
    Adjective,
}

impl Kind {
    /// As the file spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Place => "place",
            Self::Time => "time",
            Self::Relation => "relation",
            Self::Adjective => "adjective",
        }
    }
}

/// One entry; what its kind does not have is empty.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// The word that stands for it everywhere.
    pub name: String,
    /// A subject's: "person", "animal", "vehicle", …
    #[serde(default)]
    pub category: String,
    /// A subject's: "he", "she", "any", or nothing for things.
    #[serde(default)]
    pub pronoun: String,
    /// An irregular plural of its name.
    #[serde(default)]
    pub plural: String,
    /// Words that are names, without an article.
    #[serde(default)]
    pub proper: Vec<String>,
    /// Its words in English.
    #[serde(default)]
    pub en: Vec<String>,
    /// Words that may stand for it when nothing better is there.
    #[serde(default)]
    pub near: Vec<String>,
    /// Its words in Chinese.
    #[serde(default)]
    pub zh: Vec<String>,
    /// As captions say a place or a time; as stories say a relation.
    #[serde(default)]
    pub phrases: Vec<String>,
    /// The phrases of a place or time that fit some Chinese words best.
    #[serde(default)]
    pub zh_phrases: HashMap<String, String>,
    /// What in a story lets one think of a place or a time.
    #[serde(default)]
    pub implied_by: Vec<String>,
    /// An adjective's: "size", "colour", "mood" or "look".
    #[serde(default)]
    pub group: String,
    /// The words that captions have for a relation or an adjective; none for an adjective that they never say.
    #[serde(default)]
    pub says: Vec<String>,
    /// The times in which a place is drawn; none where the time cannot be seen.
    #[serde(default)]
    pub times: Vec<String>,
    /// A time's phrase within a house.
    #[serde(default)]
    pub indoors: String,
}

impl Entry {
    /// Whether a pronoun can mean it, as it can a person or an animal.
    #[must_use]
    pub fn is_being(&self) -> bool {
        !self.pronoun.is_empty() && matches!(self.category.as_str(), "person" | "animal")
    }
}
