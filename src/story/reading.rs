//! Reads a story sentence by sentence: who and what each shows, where and when.

use super::caption::{Item, Picture, Setting, in_order};
use super::cast::Cast;
use super::entry::Kind;
use super::lexicon::Lexicon;
use super::mentions::{Casting, Mention};
use super::sentence::Text;
use super::sentences::Sentence;
use super::setting::Where;
use super::understand::is_english;
use super::words::{Word, words_of};

/// The most subjects of a story's picture: the illustrator draws two well, and three seldom.
const MAX_ITEMS: usize = 2;
/// What it adds to a sentence's score that it says where it is.
const SAYS_PLACE: f32 = 5.9;
/// What a sentence shows.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Who and what, where and when.
    pub picture: Picture,
    /// How much of it the sentence itself says; nothing is to be drawn below 1.
    pub score: f32,
}

/// A story so far.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    cast: Cast,
    setting: Where,
    in_quotes: bool,
    number: usize,
}

impl Reader {
    /// Reads on.
    pub fn read(&mut self, lexicon: &Lexicon, sentence: &Sentence) -> Shot {
        let text = sentence.text.as_str();
        let words = words_of(text);
        if sentence.begins_paragraph {
            self.in_quotes = false;
        }
        let quoted = self.quoted(text, &words);
        if !is_english(&words, true) {
            return Shot { picture: Picture::default(), score: 0.0 };
        }
        let found = lexicon.find(text, &words);
        self.number += 1;
        let parts = Text { text, words: &words, quoted: &quoted, found: &found };
        let casting = Casting { lexicon, cast: &mut self.cast, number: self.number };
        let mentions = casting.mentions(&parts);
        let says_place = self.setting.read(lexicon, &parts);
        self.shot(lexicon, &parts, &mentions, says_place)
    }

    /// Where the story is now.
    #[must_use]
    pub fn place(&self) -> Option<Setting> {
        self.setting.place.clone()
    }

    /// Which words somebody says. A quotation may go on over sentences, up to its paragraph's end.
    fn quoted(&mut self, text: &str, words: &[Word]) -> Vec<bool> {
        let mut at = 0;
        let mut quoted = Vec::with_capacity(words.len());
        let mut turn = |gap: &str| {
            for letter in gap.chars() {
                match letter {
                    '"' => self.in_quotes = !self.in_quotes,
                    '“' => self.in_quotes = true,
                    '”' => self.in_quotes = false,
                    _ => {}
                }
            }
            self.in_quotes
        };
        for word in words {
            quoted.push(turn(&text[at..word.start]));
            at = word.end;
        }
        turn(&text[at..]);
        quoted
    }

    /// The hero, who was there in one of the sentences before and so still is.
    fn absent_hero(&self, lexicon: &Lexicon, items: &[(f32, Item, usize, usize)]) -> Option<Item> {
        let hero = self.cast.hero()?;
        let person = &self.cast.people[hero];
        let entry = self.cast.drawn_as(lexicon, hero)?;
        let is_there =
            self.number - person.last <= 3 && items.iter().all(|(_, item, _, _)| item.entry != entry);
        (is_there && !items.is_empty()).then(|| Item { entry, looks: in_order(lexicon, &person.looks) })
    }

    fn shot(&self, lexicon: &Lexicon, sentence: &Text, mentions: &[Mention], says_place: bool) -> Shot {
        let hero = self.cast.hero();
        let mut score = 0.0;
        let mut items: Vec<(f32, Item, usize, usize)> = Vec::new();
        for mention in mentions.iter().filter(|mention| !mention.quoted) {
            let entry = mention.entry.or_else(|| self.cast.drawn_as(lexicon, mention.who?));
            let Some(entry) = entry else { continue };
            let weight = match lexicon.entries[entry].category.as_str() {
                _ if mention.who.is_some() && mention.who == hero => 4.0,
                "person" | "animal" => 3.0,
                "vehicle" => 1.5,
                "object" | "food" => 1.2,
                "building" | "plant" => 1.0,
                _ => 0.8,
            };
            if items.iter().any(|(_, item, _, _)| item.entry == entry) {
                continue;
            }
            let person = mention.who.map(|who| &self.cast.people[who]);
            let looks: Vec<(usize, String)> =
                mention.looks.iter().chain(person.iter().flat_map(|person| &person.looks)).cloned().collect();
            items.push((
                weight,
                Item { entry, looks: in_order(lexicon, &looks) },
                mention.first,
                mention.end,
            ));
            score += weight * if mention.is_pronoun { 0.6 } else { 1.0 };
        }
        if let Some(item) = self.absent_hero(lexicon, &items) {
            items.push((4.0, item, usize::MAX, usize::MAX));
        }
        items.sort_by(|a, b| b.0.total_cmp(&a.0));
        items.truncate(MAX_ITEMS);
        let mut picture = Picture::default();
        if let [(_, _, _, end), (_, _, first, _)] = items[..]
            && end != usize::MAX
        {
            picture.relation = relation(lexicon, sentence, end, first);
        }
        picture.items = items.into_iter().map(|(_, item, _, _)| item).collect();
        picture.place = self.place();
        picture.time = self.setting.time.as_ref().map(|(time, _)| time.clone());
        if says_place && !picture.items.is_empty() {
            score += SAYS_PLACE;
        }
        Shot { picture, score }
    }
}

/// The relation that is said between two mentions; "with" is none.
fn relation(lexicon: &Lexicon, sentence: &Text, end: usize, first: usize) -> Option<usize> {
    if end >= first || first - end > 6 {
        return None;
    }
    let relation = (end..first).find_map(|at| match sentence.words[at].lower.as_str() {
        "rode" => lexicon.index_of(Kind::Relation, "riding"),
        "held" | "carried" | "hugged" | "holds" | "carries" => lexicon.index_of(Kind::Relation, "holding"),
        _ => lexicon.relation_at(sentence.text, sentence.words, at).map(|found| found.entry),
    })?;
    (lexicon.entries[relation].name != "with").then_some(relation)
}
