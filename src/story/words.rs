//! English words: where they are in a text, phrases of them, plurals and articles.

use std::collections::HashMap;

/// A word of a text: letters, digits and hyphens without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// In small letters.
    pub lower: String,
    /// Whether it begins with a capital letter.
    pub capital: bool,
}

/// The words of a text, in its order.
#[must_use]
pub fn words_of(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside = letter.is_alphanumeric() || letter == '_' || letter == '-';
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = &text[from..at];
                let capital = word.chars().next().is_some_and(char::is_uppercase);
                words.push(Word { start: from, end: at, lower: word.to_lowercase(), capital });
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Phrases of one or more words, each with a value, found by their first word.
#[derive(Debug, Clone)]
pub struct Phrases<T> {
    by_first: HashMap<String, Vec<Phrase<T>>>,
}

#[derive(Debug, Clone)]
struct Phrase<T> {
    text: String,
    rest: Vec<String>,
    value: T,
}

impl<T> Default for Phrases<T> {
    fn default() -> Self {
        Self { by_first: HashMap::new() }
    }
}

impl<T: Copy> Phrases<T> {
    /// Adds a phrase, unless it is there already: the first one's value stays.
    pub fn add(&mut self, text: &str, value: T) {
        let text = text.to_lowercase();
        let mut words = words_of(&text).into_iter().map(|word| word.lower);
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.collect();
        let list = self.by_first.entry(first).or_default();
        if list.iter().all(|phrase| phrase.text != text) {
            let shorter = list.iter().position(|phrase| phrase.text.len() < text.len());
            list.insert(shorter.unwrap_or(list.len()), Phrase { text, rest, value });
        }
    }

    /// The longest phrase that begins at word `at` of a text: how many words it has, and its value.
    #[must_use]
    pub fn longest_at(&self, text: &str, words: &[Word], at: usize) -> Option<(usize, T)> {
        let list = self.by_first.get(&words.get(at)?.lower)?;
        let found = list.iter().find(|phrase| {
            let end = at + 1 + phrase.rest.len();
            let same = words
                .get(at + 1..end)
                .is_some_and(|rest| rest.iter().map(|word| &word.lower).eq(&phrase.rest));
            same && words[at..end].windows(2).all(|pair| joined(&text[pair[0].end..pair[1].start]))
        })?;
        Some((1 + found.rest.len(), found.value))
    }
}

/// Whether what is between two words leaves them one phrase: blanks, an apostrophe or a line's end.
fn joined(gap: &str) -> bool {
    gap.chars().all(|letter| letter.is_whitespace() || matches!(letter, '\'' | '’')) && gap.len() < 8
}

/// The noun with its indefinite article: "an owl", "a unicorn", "a ufo".
#[must_use]
pub fn with_article(noun: &str) -> String {
    let consonant = ["uni", "use", "uku", "ufo", "one", "eu"].iter().any(|sound| noun.starts_with(sound));
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !consonant || noun.starts_with("hour");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// By the usual rule: "puppies", "foxes", "boats". The lexicon has the others.
#[must_use]
pub fn plural(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
        && !stem.is_empty()
    {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| noun.ends_with(end));
    format!("{noun}{}", if hisses { "es" } else { "s" })
}
