//! Where and when a story is: a place and a time stay until the text changes them.

use super::caption::Setting;
use super::lexicon::{Found, Kind, Lexicon};
use super::nouns::{is_determiner, is_joined, lower};
use super::words::Word;

/// What says that somebody is in a place, or comes to it.
const LOCATIVE: [&str; 20] = [
    "in", "on", "at", "to", "into", "inside", "through", "across", "under", "among", "onto", "within", "by", "along", "around",
    "beneath", "towards", "toward", "reached", "entered",
];
/// A place that is only looked at, longed for, or told of.
const FAR_AWAY: [&str; 12] = [
    "from", "about", "of", "above", "over", "beyond", "behind", "like", "than", "dreamed", "wanted", "wished",
];
const FLYING: [&str; 14] = [
    "fly", "flew", "flies", "flying", "float", "floated", "floating", "soar", "soared", "rose", "glided", "sailed", "climbed",
    "drifted",
];

/// How a text says a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Somebody is in the story who lives there.
    Lives,
    /// Something makes one think of it, or it is named, but nobody is in it.
    Implied,
    /// Somebody is there, or comes there.
    Here,
}

/// Where and when.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// The place, and how sure it is.
    pub place: Option<(Setting, Sure)>,
    /// The time, and whether a word named it.
    pub time: Option<(Setting, bool)>,
}

/// Words of a sentence, and which of them somebody says.
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

impl Where {
    /// Takes what a sentence says of place and time; returns whether it says a place.
    pub fn read(&mut self, lexicon: &Lexicon, sentence: &Text) -> bool {
        self.time(lexicon, sentence);
        self.place(lexicon, sentence)
    }

    fn place(&mut self, lexicon: &Lexicon, sentence: &Text) -> bool {
        let mut says = false;
        for found in sentence.of_kind(lexicon, Kind::Place) {
            let sure = if sentence.is_here(lexicon, found) { Sure::Here } else { Sure::Implied };
            let word = lower(sentence.text, sentence.words, found.first, found.end);
            says |= self.move_to(Setting::new(lexicon, found.entry, &word), sure);
        }
        for found in lexicon.implied(Kind::Place, sentence.text, sentence.words) {
            if sentence.quoted[found.first] {
                continue;
            }
            let is_being = sentence.found.iter().any(|named| {
                named.first <= found.first && found.first < named.end && lexicon.entries[named.entry].is_being()
            });
            let sure = if is_being { Sure::Lives } else { Sure::Implied };
            self.move_to(Setting::new(lexicon, found.entry, ""), sure);
        }
        says
    }

    /// Changes the place if that is at least as sure as what is known; returns whether somebody is there now.
    fn move_to(&mut self, place: Setting, sure: Sure) -> bool {
        let is_new = self.place.as_ref().is_none_or(|(_, known)| sure > *known || sure == Sure::Here);
        if is_new {
            self.place = Some((place, sure));
        }
        is_new && sure == Sure::Here
    }

    fn time(&mut self, lexicon: &Lexicon, sentence: &Text) {
        let mut is_said = false;
        for found in sentence.of_kind(lexicon, Kind::Time) {
            let word = lower(sentence.text, sentence.words, found.first, found.end);
            let before = found.first.checked_sub(1).map_or("", |at| sentence.words[at].lower.as_str());
            let is_span = word == "day" || word == "summer" || matches!(before, "every" | "each" | "all" | "last");
            if !is_span {
                self.time = Some((Setting::new(lexicon, found.entry, &word), true));
                is_said = true;
            } else if matches!(before, "next" | "another") || before == "one" && word == "day" {
                self.time = None; // a new day, and nothing else is known of it
            }
        }
        if !is_said && self.time.as_ref().is_none_or(|(_, is_named)| !is_named) {
            let implied = lexicon.implied(Kind::Time, sentence.text, sentence.words);
            self.time = implied
                .iter()
                .find(|found| !sentence.quoted[found.first])
                .map(|found| (Setting::new(lexicon, found.entry, ""), false));
        }
    }
}

impl Text<'_> {
    fn of_kind<'a>(&'a self, lexicon: &'a Lexicon, kind: Kind) -> impl Iterator<Item = Found> + 'a {
        let is_kind = move |found: &&Found| lexicon.entries[found.entry].kind == kind;
        self.found.iter().filter(is_kind).filter(|found| !self.quoted[found.first]).copied()
    }

    /// Whether the words before a place say that somebody is in it or comes to it.
    fn is_here(&self, lexicon: &Lexicon, place: Found) -> bool {
        if lexicon.entries[place.entry].name == "sky" {
            return self.words.iter().any(|word| FLYING.contains(&word.lower.as_str()));
        }
        if LOCATIVE.contains(&self.words[place.first].lower.as_str()) || place.end - place.first > 2 {
            return true;
        }
        let mut at = place.first;
        for _ in 0..5 {
            let Some(before) = at.checked_sub(1).filter(|&at| is_joined(self.text, self.words, at)) else { break };
            at = before;
            let word = self.words[at].lower.as_str();
            if FAR_AWAY.contains(&word) {
                return false;
            }
            if LOCATIVE.contains(&word) {
                return true;
            }
            if !is_determiner(word) && lexicon.adjective_at(self.text, self.words, at).is_none() {
                break;
            }
        }
        self.words[place.first].lower == "underwater"
    }
}
