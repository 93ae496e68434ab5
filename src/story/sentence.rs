//! The words of one sentence, and what those before a place say of it.

use super::entry::Kind;
use super::lexicon::{Found, Lexicon};
use super::nouns::{is_determiner, is_joined};
use super::words::Word;

/// What says that somebody is in a place, or comes to it.
const LOCATIVE: [&str; 20] = [
    "in", "on", "at", "to", "into", "inside", "through", "across", "under", "among", "onto", "within", "by",
    "along", "around", "beneath", "towards", "toward", "reached", "entered",
];
/// A place that is only looked at, longed for, or told of.
const FAR_AWAY: [&str; 12] =
    ["from", "about", "of", "above", "over", "beyond", "behind", "like", "than", "as", "no", "not"];
/// Before a place that somebody only thinks of or looks at.
const THINKING: [&str; 22] = [
    "look", "looked", "looking", "gazed", "gazing", "stared", "pointed", "wanted", "want", "wished", "wish",
    "dreamed", "dream", "would", "could", "if", "never", "hoped", "longed", "asked", "told", "thought",
];
/// Of these, those of somebody who comes to it.
const COMING: [&str; 8] = ["to", "into", "onto", "reached", "entered", "towards", "toward", "through"];
/// What one does to the moon from afar.
const GREETING: [&str; 10] =
    ["say", "said", "says", "sang", "sing", "waved", "wave", "talked", "spoke", "smiled"];
/// Who is in the sky does this.
const FLYING: [&str; 14] = [
    "fly", "flew", "flies", "flying", "float", "floated", "floating", "soar", "soared", "rose", "glided",
    "sailed", "climbed", "drifted",
];

/// What a sentence says of a place that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Somebody comes there.
    Comes,
    /// Somebody is there.
    Here,
    /// No more than its name.
    Named,
    /// Nobody is there.
    Away,
}

/// Words of a sentence, and which of them somebody says.
#[allow(clippy::struct_field_names)] // the text of a `Text`
pub struct Text<'a> {
    /// The sentence.
    pub text: &'a str,
    /// Its words.
    pub words: &'a [Word],
    /// Whether each is between quotation marks.
    pub quoted: &'a [bool],
    /// The subjects, places and times in it.
    pub found: &'a [Found],
}

impl Text<'_> {
    /// The places or times in it that nobody only says.
    pub fn of_kind<'a>(&'a self, lexicon: &'a Lexicon, kind: Kind) -> impl Iterator<Item = Found> + 'a {
        let is_kind = move |found: &&Found| lexicon.entries[found.entry].kind == kind;
        self.found.iter().filter(is_kind).filter(|found| !self.quoted[found.first]).copied()
    }

    /// Whether somebody only looks at, or wants to be, where the phrase that begins at `at` is.
    fn is_only_thought_of(&self, at: usize) -> bool {
        let mut before = at;
        while before > 0 && at - before < 10 && is_joined(self.text, self.words, before - 1) {
            before -= 1;
        }
        self.words[before..at].iter().any(|word| THINKING.contains(&word.lower.as_str()))
    }

    /// Whether the words before a place say that somebody is there.
    #[must_use]
    pub fn is_here(&self, lexicon: &Lexicon, place: Found) -> bool {
        matches!(self.is_at(lexicon, place), At::Here | At::Comes)
    }

    /// What the words before a place say of it.
    #[must_use]
    pub fn is_at(&self, lexicon: &Lexicon, place: Found) -> At {
        let word_at = |at: usize| self.words[at].lower.as_str();
        let name = lexicon.entries[place.entry].name.as_str();
        if name == "sky" {
            let flies = self.words.iter().any(|word| FLYING.contains(&word.lower.as_str()));
            return if flies { At::Here } else { At::Away };
        }
        let mut at = place.first;
        while place.first - at <= 4 {
            let word = word_at(at);
            if at < place.first && FAR_AWAY.contains(&word) {
                return At::Away;
            }
            if LOCATIVE.contains(&word) {
                let is_greeted = name == "moon"
                    && word == "to"
                    && self.words[..at].iter().any(|word| GREETING.contains(&word.lower.as_str()));
                if self.is_only_thought_of(at) || is_greeted {
                    return At::Away;
                }
                return if COMING.contains(&word) { At::Comes } else { At::Here };
            }
            let is_part = is_determiner(word) || lexicon.adjective_at(self.text, self.words, at).is_some();
            if !(is_part || at == place.first) || at == 0 || !is_joined(self.text, self.words, at - 1) {
                break;
            }
            at -= 1;
        }
        let is_phrase = word_at(place.first) == "underwater" || place.end - place.first > 2;
        if is_phrase { At::Here } else { At::Named }
    }
}
