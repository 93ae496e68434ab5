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
const THINKING: [&str; 22] = [
    "look", "looked", "looking", "gazed", "gazing", "stared", "pointed", "wanted", "want", "wished", "wish", "dreamed", "dream",
    "would", "could", "if", "never", "hoped", "longed", "asked", "told", "thought",
];
const FLYING: [&str; 14] = [
    "fly", "flew", "flies", "flying", "float", "floated", "floating", "soar", "soared", "rose", "glided", "sailed", "climbed",
    "drifted",
];

const NESTED: usize = 3;
const IMPLIED_HERE: Sure = Sure::Implied;

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
    pub evidence: Vec<(Setting, f32)>,
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
        let mut last_end = None;
        for (_, weight) in &mut self.evidence {
            *weight *= param("DECAY", 0.8);
        }
        for &found in sentence.found.iter().filter(|found| lexicon.entries[found.entry].kind == Kind::Place) {
            let is_around = last_end.is_some_and(|end| found.first - end <= NESTED); // "in a garden in the village"
            last_end = Some(found.end);
            let here = sentence.is_here(lexicon, found);
            let quoted = sentence.quoted[found.first];
            let mut weight = if here { param("HERE", 3.0) } else { param("WEAK", 1.0) };
            if is_around { weight *= param("AROUND", 0.3); }
            if quoted { weight *= param("QUOTED", 0.3); }
            says |= here && !quoted && !is_around;
            let word = lower(sentence.text, sentence.words, found.first, found.end);
            self.add(Setting::new(lexicon, found.entry, &word), weight);
        }
        for found in lexicon.implied(Kind::Place, sentence.text, sentence.words) {
            let within = sentence.found.iter().find(|named| named.first < found.end && found.first < named.end);
            let is_part = within.is_some_and(|named| named.end - named.first > found.end - found.first);
            if is_part {
                continue; // "flying" of "a flying saucer"
            }
            let mut weight = match within {
                Some(named) if lexicon.entries[named.entry].is_being() => param("LIVES", 0.3),
                _ if sentence.is_here(lexicon, found) => param("IMPREP", 1.5),
                _ => param("IMPLIED", 0.7),
            };
            if sentence.quoted[found.first] { weight *= param("QUOTED", 0.3); }
            self.add(Setting::new(lexicon, found.entry, ""), weight);
        }
        let best = self.evidence.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let now = self.place.as_ref().and_then(|(place, _)| self.evidence.iter().find(|(other, _)| other.entry == place.entry)).map_or(0.0, |x| x.1);
        if let Some((place, weight)) = best && *weight > now * param("HYST", 1.0) && *weight > 0.05 {
            self.place = Some((place.clone(), Sure::Here));
        }
        says
    }

    fn add(&mut self, place: Setting, weight: f32) {
        let at = self.evidence.iter().position(|(other, _)| other.entry == place.entry);
        match at {
            Some(at) => { self.evidence[at].1 += weight; if weight > 1.4 { self.evidence[at].0 = place; } }
            None => self.evidence.push((place, weight)),
        }
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

    /// Whether somebody only looks at, or wants to be, where the phrase that begins at `at` is.
    fn is_only_thought_of(&self, at: usize) -> bool {
        self.words[at.saturating_sub(4)..at].iter().any(|word| THINKING.contains(&word.lower.as_str()))
    }

    /// Whether the words before a place say that somebody is in it or comes to it.
    fn is_here(&self, lexicon: &Lexicon, place: Found) -> bool {
        if lexicon.entries[place.entry].name == "sky" {
            return self.words.iter().any(|word| FLYING.contains(&word.lower.as_str()));
        }
        if LOCATIVE.contains(&self.words[place.first].lower.as_str()) || place.end - place.first > 2 {
            return !self.is_only_thought_of(place.first);
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
                return !self.is_only_thought_of(at);
            }
            if !is_determiner(word) && lexicon.adjective_at(self.text, self.words, at).is_none() {
                break;
            }
        }
        self.words[place.first].lower == "underwater"
    }
}

pub fn param(name: &str, default: f32) -> f32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}
