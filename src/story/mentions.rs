//! Whom and what a sentence names; who is new in it joins the cast.

use super::cast::{Cast, Gender};
use super::entry::Kind;
use super::lexicon::Lexicon;
use super::names::{Use, name_use};
use super::nouns::{Noun, is_count, is_determiner, is_joined, is_preposition, lower, nouns};
use super::sentence::Text;
use super::words::Word;

/// A noun after these is not there to be seen.
const NOT_SEEN: [&str; 9] = ["like", "as", "no", "not", "without", "than", "instead", "never", "nor"];

/// Somebody or something that a sentence names.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Whom, by their index in the cast.
    pub who: Option<usize>,
    /// A thing, or more than one of a kind, by its entry.
    pub entry: Option<usize>,
    /// The adjectives before it.
    pub looks: Vec<(usize, String)>,
    /// Its first word.
    pub first: usize,
    /// The word after it.
    pub end: usize,
    /// Whether it stands between quotation marks.
    pub quoted: bool,
    /// Whether it is no more than "he" or "she".
    pub is_pronoun: bool,
}

/// Finds the mentions of one sentence.
pub struct Casting<'a> {
    /// What there is to draw.
    pub lexicon: &'a Lexicon,
    /// Everybody so far.
    pub cast: &'a mut Cast,
    /// The sentence's number.
    pub number: usize,
}

impl Casting<'_> {
    /// Whom and what a sentence names, in its order.
    pub fn mentions(mut self, sentence: &Text) -> Vec<Mention> {
        let Text { text, words, quoted, found } = *sentence;
        let nouns = nouns(self.lexicon, text, words, found);
        let mut mentions: Vec<Mention> = Vec::new();
        let mut next_noun = 0;
        let mut at = 0;
        while at < words.len() {
            while nouns.get(next_noun).is_some_and(|noun| noun.found.first < at) {
                next_noun += 1;
            }
            let noun = nouns.get(next_noun).filter(|noun| noun.found.first == at);
            let mention = match self.name_at(sentence, &mentions, &nouns, at) {
                Some(who) => Some(Self::mention(Some(who), None, at, at + 1)),
                None => match noun {
                    Some(noun) => self.noun(sentence, noun),
                    None => self.pronoun(words, quoted, at),
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

    fn mention(who: Option<usize>, entry: Option<usize>, first: usize, end: usize) -> Mention {
        Mention { who, entry, looks: Vec::new(), first, end, quoted: false, is_pronoun: false }
    }

    /// Who is named at a word. What the sentence says of their kind is kept.
    fn name_at(&mut self, sentence: &Text, before: &[Mention], nouns: &[Noun], at: usize) -> Option<usize> {
        let Text { text, words, found, .. } = *sentence;
        let word = words.get(at).filter(|word| word.capital)?;
        let name = &text[word.start..word.end];
        let known = self.cast.named(name);
        let title = title_before(self.lexicon, sentence, at);
        let kind = title.or_else(|| kind_after(self.lexicon, sentence, nouns, at));
        let how = match known {
            Some(_) => Use::Plain,
            None => name_use(text, words, at, kind.is_some())?,
        };
        let is_word = found.iter().any(|found| found.first <= at && at < found.end);
        if known.is_none() && how == Use::Plain && is_word {
            return None; // "the Moon"
        }
        let last = before.iter().rev().find_map(|mention| mention.who);
        if let Some(who) = known {
            if let Some(entry) = kind.filter(|_| self.cast.people[who].entry.is_none()) {
                self.cast.set_kind(self.lexicon, who, entry);
            }
            return Some(who);
        }
        // "a fox named Lily", "his name was Tom", "the explorer Alex": whoever was mentioned last, if they have no name yet.
        let follows =
            before.last().is_some_and(|mention| mention.end == at && is_joined(text, words, at - 1));
        let nameless = last.filter(|&who| self.cast.people[who].name.is_none());
        if let Some(who) = nameless.filter(|_| how == Use::Given || (follows && kind.is_none())) {
            self.cast.people[who].name = Some(name.to_owned());
            return Some(who);
        }
        let who = self.cast.add(self.lexicon, kind, Some(name), self.number);
        Some(who)
    }

    fn noun(&mut self, sentence: &Text, noun: &Noun) -> Option<Mention> {
        let Text { text, words, .. } = *sentence;
        let (first, end) = (noun.found.first, noun.found.end);
        let entry = &self.lexicon.entries[noun.found.entry];
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
        let is_noun =
            is_noun || !noun.adjectives.is_empty() || matches!(before, "of" | "with" | "and" | "by" | "into");
        let is_compound = is_joined(text, words, end - 1)
            && sentence
                .found
                .iter()
                .any(|next| next.first == end && self.lexicon.entries[next.entry].kind == Kind::Subject);
        if !is_noun || is_compound {
            return None;
        }
        let looks: Vec<(usize, String)> = noun.looks(text, words);
        if !entry.is_being() || is_many {
            let mut mention = Self::mention(None, Some(noun.found.entry), first, end);
            mention.looks = looks;
            return Some(mention);
        }
        let is_definite = determiner == "the";
        let who = self.cast.noun(self.lexicon, noun.found.entry, is_definite, self.number);
        let person = &mut self.cast.people[who];
        if person.looks.is_empty() {
            let stays = |(look, _): &&(usize, String)| {
                matches!(self.lexicon.entries[*look].group.as_str(), "size" | "colour")
            };
            person.looks = looks.iter().filter(stays).cloned().collect();
        }
        if self.is_narrator(words, sentence.quoted, phrase) {
            self.cast.narrator = Some(who);
        }
        let mut mention = Self::mention(Some(who), None, first, end);
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

    fn pronoun(&mut self, words: &[Word], quoted: &[bool], at: usize) -> Option<Mention> {
        let who = match words[at].lower.as_str() {
            _ if quoted[at] => None,
            "he" | "him" | "himself" | "his" => self.cast.pronoun(Gender::He, self.number),
            "she" | "her" | "herself" | "hers" => self.cast.pronoun(Gender::She, self.number),
            "i" | "me" | "my" | "myself" => self.cast.narrator(),
            _ => None,
        };
        let mut mention = Self::mention(Some(who?), None, at, at + 1);
        mention.is_pronoun = true;
        Some(mention)
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
        if words[at].capital
            || is_preposition(word)
            || matches!(word, "and" | "or" | "was" | "were" | "is" | "had")
        {
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
        comma
            && matches!(article.lower.as_str(), "a" | "an")
            && words[at + 1..begins].iter().all(|word| !word.capital)
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
