//! The subjects that an English text names, with the adjectives and the article before them.

use super::entry::Kind;
use super::lexicon::{Found, Lexicon};
use super::words::Word;

/// Words that a noun phrase begins with.
const DETERMINERS: [&str; 41] = [
    "a", "an", "the", "his", "her", "its", "their", "my", "your", "our", "this", "that", "these", "those",
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "some", "any", "every",
    "each", "both", "another", "many", "several", "few", "all", "more", "other", "such", "what", "s",
    "which", "whose",
];
/// Of these, those that mean more than one, or none at all.
const COUNTS: [&str; 15] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "some", "many", "several", "few",
    "all", "more",
];

/// What a place or a time begins with.
const PREPOSITIONS: [&str; 26] = [
    "in", "on", "at", "to", "into", "inside", "through", "across", "by", "near", "under", "over", "above",
    "among", "between", "around", "along", "from", "during", "before", "after", "beside", "outside", "onto",
    "within", "towards",
];

/// A subject in a text, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noun {
    /// The noun itself.
    pub found: Found,
    /// The adjectives before it, in the text's order.
    pub adjectives: Vec<Found>,
    /// The word before all of this, if a noun phrase begins with it.
    pub determiner: Option<usize>,
}

impl Noun {
    /// Its first word: an adjective, or the noun.
    #[must_use]
    pub fn first(&self) -> usize {
        self.adjectives.first().map_or(self.found.first, |adjective| adjective.first)
    }

    /// Each adjective's entry and word.
    #[must_use]
    pub fn looks(&self, text: &str, words: &[Word]) -> Vec<(usize, String)> {
        let word = |found: &Found| lower(text, words, found.first, found.end);
        self.adjectives.iter().map(|found| (found.entry, word(found))).collect()
    }
}

/// The words from `first` up to `end` in small letters, a blank between them.
#[must_use]
pub fn lower(text: &str, words: &[Word], first: usize, end: usize) -> String {
    match (words.get(first), words.get(end.wrapping_sub(1))) {
        (Some(first), Some(last)) if first.start <= last.end => {
            text[first.start..last.end].to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// Whether nothing but blanks, or an apostrophe, is between a word and the next one.
#[must_use]
pub fn is_joined(text: &str, words: &[Word], at: usize) -> bool {
    let gap = words.get(at).zip(words.get(at + 1)).map(|(word, next)| &text[word.end..next.start]);
    gap.is_some_and(|gap| gap.chars().all(|letter| letter.is_whitespace() || matches!(letter, '\'' | '’')))
}

/// Whether a noun phrase begins with this word.
#[must_use]
pub fn is_determiner(word: &str) -> bool {
    DETERMINERS.contains(&word) || word.chars().all(|letter| letter.is_ascii_digit())
}

/// Whether a place or a time can begin with this word.
#[must_use]
pub fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.contains(&word)
}

/// Whether a word says that there is more than one.
#[must_use]
pub fn is_count(word: &str) -> bool {
    COUNTS.contains(&word) || word.chars().all(|letter| letter.is_ascii_digit())
}

/// The subjects among what was found.
#[must_use]
pub fn nouns(lexicon: &Lexicon, text: &str, words: &[Word], found: &[Found]) -> Vec<Noun> {
    let subjects = found.iter().filter(|found| lexicon.entries[found.entry].kind == Kind::Subject);
    subjects.map(|&found| described(lexicon, text, words, found)).collect()
}

fn described(lexicon: &Lexicon, text: &str, words: &[Word], found: Found) -> Noun {
    let mut adjectives: Vec<Found> = Vec::new();
    let mut first = found.first;
    while let Some(adjective) = adjective_before(lexicon, text, words, first) {
        first = adjective.first;
        adjectives.insert(0, adjective);
    }
    let before = first.checked_sub(1).filter(|&at| is_joined(text, words, at));
    Noun { found, adjectives, determiner: before.filter(|&at| is_determiner(&words[at].lower)) }
}

/// The adjective that ends where word `end` begins; a comma may be between them.
fn adjective_before(lexicon: &Lexicon, text: &str, words: &[Word], end: usize) -> Option<Found> {
    let last = end.checked_sub(1)?;
    let gap = &text[words[last].end..words.get(end)?.start];
    if !gap.chars().all(|letter| letter.is_whitespace() || letter == ',') {
        return None;
    }
    (last.saturating_sub(2)..=last)
        .filter_map(|at| lexicon.adjective_at(text, words, at))
        .find(|adjective| adjective.end == end)
}
