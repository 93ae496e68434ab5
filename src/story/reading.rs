//! Reads a story sentence by sentence: who and what each shows, where and when.

use super::caption::{Item, Picture, Setting, in_order};
use super::cast::{Cast, Gender};
use super::lexicon::{Kind, Lexicon};
use super::names::{Use, name_use};
use super::nouns::{Noun, is_count, is_determiner, is_joined, is_preposition, lower, nouns};
use super::sentences::Sentence;
use super::setting::{Text, Where};
use super::words::{Word, words_of};

/// The most subjects of a story's picture: the illustrator draws two well, and three seldom.
const MAX_ITEMS: usize = 2;
/// What it adds to a sentence's score that it says where it is.
const SAYS_PLACE: f32 = 5.9;
/// A noun after these is not there to be seen.
const NOT_SEEN: [&str; 9] = ["like", "as", "no", "not", "without", "than", "instead", "never", "nor"];

/// What a sentence shows.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Who and what, where and when.
    pub picture: Picture,
    /// How much of it the sentence itself says; nothing is to be drawn below 1.
    pub score: f32,
}

/// Somebody or something that a sentence names.
#[derive(Debug, Clone)]
struct Mention {
    who: Option<usize>,
    entry: Option<usize>,
    looks: Vec<(usize, String)>,
    first: usize,
    end: usize,
    quoted: bool,
    is_pronoun: bool,
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
        let found = lexicon.find(text, &words);
        self.number += 1;
        let parts = Text { text, words: &words, quoted: &quoted, found: &found };
        let mentions = self.mentions(lexicon, &parts);
        let says_place = self.setting.read(lexicon, &parts);
        self.shot(lexicon, &parts, mentions, says_place)
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

    fn mentions(&mut self, lexicon: &Lexicon, sentence: &Text) -> Vec<Mention> {
        let Text { text, words, quoted, found } = *sentence;
        let nouns = nouns(lexicon, text, words, found);
        let mut mentions: Vec<Mention> = Vec::new();
        let mut next_noun = 0;
        let mut at = 0;
        while at < words.len() {
            while nouns.get(next_noun).is_some_and(|noun| noun.found.first < at) {
                next_noun += 1;
            }
            let noun = nouns.get(next_noun).filter(|noun| noun.found.first == at);
            let mention = match self.name_at(lexicon, sentence, &mentions, &nouns, at) {
                Some(who) => Some(self.mention(Some(who), None, at, at + 1)),
                None => match noun {
                    Some(noun) => self.noun(lexicon, sentence, noun),
                    None => self.pronoun(words, quoted, at, text),
                },
            };
            let Some(mut mention) = mention else {
                at += 1;
                continue;
            };
            mention.quoted = quoted[at];
            if let Some(who) = mention.who {
                self.cast.people[who].last = self.number;
            }
            at = mention.end.max(at + 1);
            mentions.push(mention);
        }
        mentions
    }

    fn mention(&self, who: Option<usize>, entry: Option<usize>, first: usize, end: usize) -> Mention {
        Mention { who, entry, looks: Vec::new(), first, end, quoted: false, is_pronoun: false }
    }

    /// Who is named at a word. What the sentence says of their kind is kept.
    fn name_at(
        &mut self,
        lexicon: &Lexicon,
        sentence: &Text,
        before: &[Mention],
        nouns: &[Noun],
        at: usize,
    ) -> Option<usize> {
        let Text { text, words, found, .. } = *sentence;
        let word = words.get(at).filter(|word| word.capital)?;
        let name = &text[word.start..word.end];
        let known = self.cast.named(name);
        let title = title_before(lexicon, sentence, at);
        let kind = title.or_else(|| kind_after(lexicon, sentence, nouns, at));
        let how = match known {
            Some(_) => Use::Plain,
            None => name_use(text, words, at, kind.is_some())?,
        };
        let is_word = found.iter().any(|found| found.first <= at && at < found.end);
        if known.is_none() && how == Use::Plain && is_word {
            return None; // "the Moon"
        }
        let last = before.iter().rev().filter_map(|mention| mention.who).next();
        if let Some(who) = known {
            if let Some(entry) = kind.filter(|_| self.cast.people[who].entry.is_none()) {
                self.cast.set_kind(lexicon, who, entry);
            }
            return Some(who);
        }
        // "a fox named Lily", "his name was Tom", "the explorer Alex": whoever was mentioned last, if they have no name yet.
        let follows = before.last().is_some_and(|mention| mention.end == at && is_joined(text, words, at - 1));
        let nameless = last.filter(|&who| self.cast.people[who].name.is_none());
        if let Some(who) = nameless.filter(|_| how == Use::Given || (follows && kind.is_none())) {
            self.cast.people[who].name = Some(name.to_owned());
            return Some(who);
        }
        let who = self.cast.add(lexicon, kind, Some(name), self.number);
        Some(who)
    }

    fn noun(&mut self, lexicon: &Lexicon, sentence: &Text, noun: &Noun) -> Option<Mention> {
        let Text { text, words, .. } = *sentence;
        let (first, end) = (noun.found.first, noun.found.end);
        let entry = &lexicon.entries[noun.found.entry];
        let begins = noun.determiner.or_else(|| determiner_before(text, words, noun.first()));
        let phrase = begins.unwrap_or(noun.first());
        let before = phrase.checked_sub(1).map_or("", |at| words[at].lower.as_str());
        let determiner = begins.map_or("", |at| words[at].lower.as_str());
        if NOT_SEEN.contains(&before) || matches!(determiner, "any" | "every" | "what" | "such") {
            return None;
        }
        let said = lower(text, words, first, end);
        let is_many = is_count(determiner) || !entry.en.contains(&said) && !entry.near.contains(&said);
        let is_noun = begins.is_some() || is_many || words[first].capital && first > 0;
        let is_noun = is_noun || !noun.adjectives.is_empty() || matches!(before, "of" | "with" | "and" | "by" | "into");
        let is_compound = is_joined(text, words, end - 1)
            && sentence.found.iter().any(|next| next.first == end && lexicon.entries[next.entry].kind == Kind::Subject);
        if !is_noun || is_compound {
            return None;
        }
        let looks: Vec<(usize, String)> = noun.looks(text, words);
        if !entry.is_being() || is_many {
            let mut mention = self.mention(None, Some(noun.found.entry), first, end);
            mention.looks = looks;
            return Some(mention);
        }
        let is_definite = determiner == "the";
        let who = self.cast.noun(lexicon, noun.found.entry, is_definite, self.number);
        let person = &mut self.cast.people[who];
        if person.looks.is_empty() {
            let stays = |(look, _): &&(usize, String)| matches!(lexicon.entries[*look].group.as_str(), "size" | "colour");
            person.looks = looks.iter().filter(stays).cloned().collect();
        }
        if self.is_narrator(words, sentence.quoted, phrase) {
            self.cast.narrator = Some(who);
        }
        let mut mention = self.mention(Some(who), None, first, end);
        mention.looks = looks;
        Some(mention)
    }

    /// "I am a fox".
    fn is_narrator(&self, words: &[Word], quoted: &[bool], phrase: usize) -> bool {
        let before = |back: usize| phrase.checked_sub(back).map_or("", |at| words[at].lower.as_str());
        self.cast.narrator.is_none()
            && !quoted.get(phrase).copied().unwrap_or(true)
            && before(2) == "i"
            && matches!(before(1), "am" | "was" | "m")
    }

    fn pronoun(&mut self, words: &[Word], quoted: &[bool], at: usize, _text: &str) -> Option<Mention> {
        let who = match words[at].lower.as_str() {
            _ if quoted[at] => None,
            "he" | "him" | "himself" | "his" => self.cast.pronoun(Gender::He, self.number),
            "she" | "her" | "herself" | "hers" => self.cast.pronoun(Gender::She, self.number),
            "i" | "me" | "my" | "myself" => self.cast.narrator(),
            _ => None,
        };
        let mut mention = self.mention(Some(who?), None, at, at + 1);
        mention.is_pronoun = true;
        Some(mention)
    }

    /// The hero, who was there in one of the sentences before and so still is.
    fn absent_hero(&self, lexicon: &Lexicon, items: &[(f32, Item, usize, usize)]) -> Option<Item> {
        let hero = self.cast.hero()?;
        let person = &self.cast.people[hero];
        let entry = self.cast.drawn_as(lexicon, hero)?;
        let is_there = self.number - person.last <= 3 && items.iter().all(|(_, item, _, _)| item.entry != entry);
        (is_there && !items.is_empty()).then(|| Item { entry, looks: in_order(lexicon, &person.looks) })
    }

    fn shot(&self, lexicon: &Lexicon, sentence: &Text, mentions: Vec<Mention>, says_place: bool) -> Shot {
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
            items.push((weight, Item { entry, looks: in_order(lexicon, &looks) }, mention.first, mention.end));
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

/// The word that a noun phrase begins with, over words that the lexicon does not have: "a quiet old woman".
fn determiner_before(text: &str, words: &[Word], first: usize) -> Option<usize> {
    let mut at = first;
    for _ in 0..3 {
        at = at.checked_sub(1).filter(|&at| is_joined(text, words, at))?;
        let word = words[at].lower.as_str();
        if is_determiner(word) {
            return Some(at);
        }
        if words[at].capital || is_preposition(word) || matches!(word, "and" | "or" | "was" | "were" | "is" | "had") {
            return None;
        }
    }
    None
}

/// The kind that is said after a name: "Lara the cow", "Emil, a parrot", "Tom was a little fox".
fn kind_after(lexicon: &Lexicon, sentence: &Text, nouns: &[Noun], at: usize) -> Option<usize> {
    let Text { text, words, .. } = *sentence;
    let next = words.get(at + 1)?;
    let gap = text[words[at].end..next.start].trim();
    let noun = nouns.iter().find(|noun| noun.found.first > at)?;
    let begins = noun.determiner.or_else(|| determiner_before(text, words, noun.first()));
    let begins = begins.or(Some(noun.first()).filter(|&first| first == at + 1))?;
    let is_apposition = begins == at + 1 && matches!(gap, "" | ",");
    // "Then Milo came, a cat with no plans"
    let is_later = begins > at + 1 && begins < at + 6 && {
        let (before, article) = (&words[begins - 1], &words[begins]);
        let comma = text[before.end..article.start].trim() == ",";
        comma && matches!(article.lower.as_str(), "a" | "an") && words[at + 1..begins].iter().all(|word| !word.capital)
    };
    let is_said = begins == at + 2 && gap.is_empty() && matches!(next.lower.as_str(), "was" | "is");
    let entry = noun.found.entry;
    ((is_apposition || is_said || is_later) && lexicon.entries[entry].is_being()).then_some(entry)
}

/// What "Mr." and "Mrs." say of the name after them.
fn title_before(lexicon: &Lexicon, sentence: &Text, at: usize) -> Option<usize> {
    let before = &sentence.words[at.checked_sub(1)?];
    let kind = match before.lower.as_str() {
        "mr" | "sir" | "lord" => "man",
        "mrs" | "miss" | "ms" | "lady" => "woman",
        "captain" => "pilot",
        _ => return None,
    };
    lexicon.index_of(Kind::Subject, kind).filter(|_| before.capital)
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
