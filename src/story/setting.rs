//! Where and when a story is: a place and a time stay until the text changes them.

use super::caption::Setting;
use super::entry::Kind;
use super::lexicon::Lexicon;
use super::nouns::lower;
use super::sentence::{At, Text};

/// How many words may be between a place and the one around it: "in a garden in the village".
const NESTED: usize = 3;

// What counts how much for a place. Chosen by how well the captions of generated tales agree with their plots' scenes.
/// Somebody is there.
const HERE: f32 = 3.3;
/// Somebody comes there.
const COMES: f32 = 5.0;
/// It is named, and nobody is there.
const NAMED: f32 = 1.5;
/// It is only thought of or looked at.
const AWAY: f32 = 0.7;
/// Something that makes one think of it is where somebody is: "in bed".
const IMPLIED_HERE: f32 = 0.7;
/// Something makes one think of it.
const IMPLIED: f32 = 0.1;
/// Somebody is in the story who lives in such a place.
const LIVES: f32 = 0.5;
/// The share of it that counts when somebody says it,
const QUOTED: f32 = 0.6;
/// when it is around another place,
const AROUND: f32 = 0.15;
/// and what is kept of it from one sentence to the next.
const KEPT: f32 = 0.97;

/// Where and when.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// The place.
    pub place: Option<Setting>,
    /// What speaks for each place so far.
    evidence: Vec<(Setting, f32)>,
    /// The time, and whether a word named it.
    pub time: Option<(Setting, bool)>,
}

impl Where {
    /// Takes what a sentence says of place and time; returns whether it says a place.
    pub fn read(&mut self, lexicon: &Lexicon, sentence: &Text) -> bool {
        self.time(lexicon, sentence);
        self.place(lexicon, sentence)
    }

    /// The place that a sentence puts somebody in is its own; else it is the one that most speaks for.
    fn place(&mut self, lexicon: &Lexicon, sentence: &Text) -> bool {
        self.evidence.iter_mut().for_each(|(_, weight)| *weight *= KEPT);
        let named = self.named_places(lexicon, sentence);
        let implied = self.implied_places(lexicon, sentence);
        let said = named.or(implied);
        let says = said.is_some();
        let weight_of = |place: &Setting| {
            self.evidence
                .iter()
                .find(|(other, _)| other.entry == place.entry)
                .map_or(0.0, |(_, weight)| *weight)
        };
        let best = self.evidence.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let better =
            best.filter(|(_, weight)| self.place.as_ref().is_none_or(|place| *weight > weight_of(place)));
        if let Some(place) = said.or_else(|| better.map(|(place, _)| place.clone())) {
            self.place = Some(place);
        }
        says
    }

    /// Counts the places that a sentence names; returns the one that it puts somebody in.
    fn named_places(&mut self, lexicon: &Lexicon, sentence: &Text) -> Option<Setting> {
        let (mut said, mut last_end) = (None, None);
        for &found in sentence.found.iter().filter(|found| lexicon.entries[found.entry].kind == Kind::Place) {
            let is_around = last_end.is_some_and(|end| found.first - end <= NESTED);
            last_end = Some(found.end);
            let (is_here, is_quoted) = (sentence.is_here(lexicon, found), sentence.quoted[found.first]);
            let weight = match sentence.is_at(lexicon, found) {
                At::Comes => COMES,
                At::Here => HERE,
                At::Named => NAMED,
                At::Away => AWAY,
            };
            let share = if is_quoted { QUOTED } else { 1.0 } * if is_around { AROUND } else { 1.0 };
            let word = lower(sentence.text, sentence.words, found.first, found.end);
            let place = Setting::new(lexicon, found.entry, &word);
            if is_here && !is_quoted && !is_around {
                said = Some(place.clone());
            }
            self.add(place, weight * share);
        }
        said
    }

    /// Counts the places that a sentence lets one think of; returns one that it puts somebody in: "in the kitchen".
    fn implied_places(&mut self, lexicon: &Lexicon, sentence: &Text) -> Option<Setting> {
        let mut said = None;
        for found in lexicon.implied(Kind::Place, sentence.text, sentence.words) {
            let within =
                sentence.found.iter().find(|named| named.first < found.end && found.first < named.end);
            if within.is_some_and(|named| named.end - named.first > found.end - found.first) {
                continue; // "flying" of "a flying saucer"
            }
            let is_quoted = sentence.quoted[found.first];
            let is_here = lexicon.entries[found.entry].name != "sky" && sentence.is_here(lexicon, found); // who flies is anywhere
            let weight = match within {
                Some(named) if lexicon.entries[named.entry].is_being() => LIVES,
                None if is_here => HERE,
                _ if is_here => IMPLIED_HERE,
                _ => IMPLIED,
            };
            let place = Setting::new(lexicon, found.entry, "");
            if within.is_none() && is_here && !is_quoted {
                said = Some(place.clone());
            }
            self.add(place, weight * if is_quoted { QUOTED } else { 1.0 });
        }
        said
    }

    fn add(&mut self, place: Setting, weight: f32) {
        match self.evidence.iter_mut().find(|(other, _)| other.entry == place.entry) {
            Some((known, sum)) => {
                *sum += weight;
                if weight >= NAMED {
                    *known = place; // said in a better phrase
                }
            }
            None => self.evidence.push((place, weight)),
        }
    }

    fn time(&mut self, lexicon: &Lexicon, sentence: &Text) {
        let mut is_said = false;
        for found in sentence.of_kind(lexicon, Kind::Time) {
            let word = lower(sentence.text, sentence.words, found.first, found.end);
            let before = found.first.checked_sub(1).map_or("", |at| sentence.words[at].lower.as_str());
            let is_span =
                word == "day" || word == "summer" || matches!(before, "every" | "each" | "all" | "last");
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
