//! A prompt in the illustrator's words.
//!
//! Chinese becomes a caption. English stays as it is, except for words that the illustrator never saw and the lexicon
//! knows: "three gigantic foxes at daybreak" is "a big fox in the morning" to it.

use std::ops::Range;

use super::caption::{Setting, look};
use super::chinese;
use super::entry::{Entry, Kind};
use super::lexicon::{Found, Lexicon};
use super::nouns::{self, Noun, is_count, is_determiner, is_joined, is_preposition};
use super::utf16;
use super::words::{Word, plural, with_article, words_of};

/// Words that tell English from other languages in the same letters.
const ENGLISH: [&str; 24] = [
    "the", "of", "and", "with", "is", "on", "at", "to", "by", "near", "under", "his", "her", "its", "who",
    "that", "from", "over", "an", "beside", "behind", "are", "was", "for",
];
const NOT_ENGLISH: [&str; 40] = [
    "der", "die", "das", "ein", "eine", "einen", "einem", "einer", "und", "im", "auf", "mit", "dem", "den",
    "von", "le", "la", "les", "un", "une", "des", "et", "dans", "sur", "avec", "du", "el", "los", "las",
    "una", "y", "en", "con", "del", "il", "di", "e", "o", "um", "uma",
];

/// A word of the prompt that was understood; `start` and `end` in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Where it begins in the prompt.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// As the prompt has it.
    pub text: String,
    /// The entry's name.
    pub name: String,
    /// The entry's kind.
    pub kind: Kind,
}

/// A prompt as the illustrator gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// In the illustrator's words; the prompt itself where nothing had to change.
    pub caption: String,
    /// "en", "zh" or "other".
    pub language: &'static str,
    /// What was understood, in the prompt's order.
    pub terms: Vec<Term>,
    /// Whether the caption is not the prompt.
    pub changed: bool,
}

/// Puts a prompt into the illustrator's words.
#[must_use]
pub fn understand(lexicon: &Lexicon, prompt: &str) -> Understood {
    let is_han = |letter: char| matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    let is_kana = |letter: char| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}');
    let (mut caption, mut spans, mut language) = (prompt.to_owned(), Vec::new(), "other");
    if prompt.chars().any(is_kana) {
        // Japanese and Korean share characters with Chinese, and no grammar.
    } else if prompt.chars().any(is_han) {
        let (terms, picture) = chinese::read(lexicon, prompt);
        if !terms.is_empty() {
            (caption, language) = (picture.caption(lexicon), "zh");
            spans = terms.iter().map(|term| (term.start..term.end, term.entry)).collect();
        }
    } else {
        let words = words_of(prompt);
        let found = lexicon.find(prompt, &words);
        if is_english(&words, !found.is_empty()) {
            (caption, spans) = english(lexicon, prompt, &words, &found);
            language = "en";
        }
    }
    let changed = caption != prompt;
    Understood { caption, language, terms: terms_of(lexicon, prompt, spans), changed }
}

fn terms_of(lexicon: &Lexicon, prompt: &str, mut spans: Vec<(Range<usize>, usize)>) -> Vec<Term> {
    spans.sort_by_key(|(span, _)| span.start);
    let texts: Vec<String> = spans.iter().map(|(span, _)| prompt[span.clone()].to_owned()).collect();
    utf16::positions(prompt, spans.iter_mut().flat_map(|(span, _)| [&mut span.start, &mut span.end]));
    let named = spans.into_iter().zip(texts).map(|((span, entry), text)| {
        let Entry { name, kind, .. } = &lexicon.entries[entry];
        Term { start: span.start, end: span.end, text, name: name.clone(), kind: *kind }
    });
    named.collect()
}

/// Whether a text is in English rather than in another language of the same letters; `knows_some` if the lexicon has words
/// of it.
#[must_use]
pub fn is_english(words: &[Word], knows_some: bool) -> bool {
    let count = |list: &[&str]| words.iter().filter(|word| list.contains(&word.lower.as_str())).count();
    let (english, other) = (count(&ENGLISH), count(&NOT_ENGLISH));
    english > other || (knows_some && english >= other)
}

/// The prompt with its own words where the illustrator has them, and what was understood, in bytes.
fn english(
    lexicon: &Lexicon,
    prompt: &str,
    words: &[Word],
    found: &[Found],
) -> (String, Vec<(Range<usize>, usize)>) {
    let bytes = |first: usize, end: usize| words[first].start..words[end - 1].end;
    let mut terms: Vec<(Range<usize>, usize)> = Vec::new();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for noun in nouns::nouns(lexicon, prompt, words, found) {
        terms.push((bytes(noun.found.first, noun.found.end), noun.found.entry));
        for adjective in &noun.adjectives {
            if !lexicon.entries[adjective.entry].says.is_empty() {
                terms.push((bytes(adjective.first, adjective.end), adjective.entry));
            }
        }
        if let Some((first, text)) = known_noun(lexicon, prompt, words, &noun) {
            edits.push((bytes(first, noun.found.end), text));
        }
    }
    let mut has_place = false;
    for found in found {
        let kind = lexicon.entries[found.entry].kind;
        if kind != Kind::Subject {
            has_place |= kind == Kind::Place;
            terms.push((bytes(found.first, found.end), found.entry));
            if let Some((first, text)) = known_setting(lexicon, prompt, words, *found) {
                edits.push((bytes(first, found.end), text));
            }
        }
    }
    if !has_place && let Some((place, first)) = implied_place(lexicon, prompt, words, found) {
        terms.push((bytes(place.first, place.end), place.entry));
        edits.push((bytes(first, place.end), Setting::new(lexicon, place.entry, "").phrase));
    }
    (edited(prompt, edits), terms)
}

/// The text with its edits, none of which begins within another.
fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let (mut new, mut at) = (String::with_capacity(text.len()), 0);
    for (span, words) in edits {
        if span.start >= at {
            new.push_str(&text[at..span.start]);
            new.push_str(&words);
            at = span.end;
        }
    }
    new + &text[at..]
}

/// A noun phrase in the illustrator's words, and the word that it begins at; None if it is in them already.
fn known_noun(lexicon: &Lexicon, text: &str, words: &[Word], noun: &Noun) -> Option<(usize, String)> {
    let subject = &lexicon.entries[noun.found.entry];
    let said = nouns::lower(text, words, noun.found.first, noun.found.end);
    let singular = singular(subject, &said);
    let is_one = singular == said;
    let mut looks = Vec::new();
    let mut is_known = true;
    for found in &noun.adjectives {
        let (adjective, word) =
            (&lexicon.entries[found.entry], nouns::lower(text, words, found.first, found.end));
        let known = look(adjective, &word).unwrap_or_else(|| word.clone());
        is_known &= known == word;
        looks.push(known);
    }
    let is_possessive = !is_one && text[words[noun.found.end - 1].end..].starts_with(['\'', '’']);
    if is_one && is_known || is_possessive {
        return None;
    }
    looks.push(singular);
    let phrase = looks.join(" ");
    let Some(at) = noun.determiner else {
        let before = noun.first().checked_sub(1).map_or("", |at| words[at].lower.as_str());
        if !is_one && before == "of" {
            let first = some_of(text, words, noun.first() - 1)?; // "a field of sunflowers" stays
            return Some((first, with_article(&phrase)));
        }
        let stands_alone = is_one || !lexicon.takes_article(subject);
        return Some((noun.first(), if stands_alone { phrase } else { with_article(&phrase) }));
    };
    let determiner = words[at].lower.as_str();
    if is_count(determiner) && !is_one {
        let of_them = at.checked_sub(1).filter(|&a| words[a].lower == "a" && is_joined(text, words, a));
        return Some((of_them.unwrap_or(at), with_article(&phrase)));
    }
    if matches!(determiner, "a" | "an") {
        return Some((at, with_article(&phrase)));
    }
    Some((noun.first(), phrase))
}

/// The first word of "a lot of", "lots of" or "a pair of", which ends with word `of`.
fn some_of(text: &str, words: &[Word], of: usize) -> Option<usize> {
    let at = of.checked_sub(1).filter(|&at| is_joined(text, words, at))?;
    let is_many = ["lot", "lots", "group", "pair", "couple", "bunch", "crowd", "pack", "flock", "number"];
    if !is_many.contains(&words[at].lower.as_str()) {
        return None;
    }
    let article =
        at.checked_sub(1).filter(|&before| is_joined(text, words, before) && words[before].lower == "a");
    Some(article.unwrap_or(at))
}

/// The word of a subject that a plural is of; a word that is none stays.
fn singular(subject: &Entry, said: &str) -> String {
    let mut all = subject.en.iter().chain(&subject.near);
    if all.clone().any(|word| word == said) {
        return said.to_owned();
    }
    all.find(|word| plural(word) == said).unwrap_or(&subject.name).clone()
}

/// A place or a time in a phrase that captions have, and the word that it begins at; None if it has one already.
fn known_setting(lexicon: &Lexicon, text: &str, words: &[Word], found: Found) -> Option<(usize, String)> {
    let entry = &lexicon.entries[found.entry];
    let said = nouns::lower(text, words, found.first, found.end);
    if entry.phrases.iter().any(|phrase| format!(" {phrase} ").contains(&format!(" {said} "))) {
        return None;
    }
    let phrase = entry.phrases.first()?.clone();
    if is_preposition(&words[found.first].lower) {
        return Some((found.first, phrase));
    }
    if let Some(first) = preposition_before(lexicon, text, words, found.first) {
        return Some((first, phrase));
    }
    let is_adjective = is_joined(text, words, found.end - 1)
        && words.get(found.end).is_some_and(|next| !is_preposition(&next.lower));
    (!is_adjective && entry.kind == Kind::Time).then_some((found.first, phrase))
}

/// The preposition of the phrase whose noun begins at word `first`: "in the old", before "savannah".
fn preposition_before(lexicon: &Lexicon, text: &str, words: &[Word], first: usize) -> Option<usize> {
    let mut at = first;
    for _ in 0..4 {
        at = at.checked_sub(1).filter(|&at| is_joined(text, words, at))?;
        let word = words[at].lower.as_str();
        if is_preposition(word) {
            return Some(at);
        }
        if !is_determiner(word) && lexicon.adjective_at(text, words, at).is_none() {
            return None;
        }
    }
    None
}

/// A place that another word lets one think of, "at the playground", and where its phrase begins.
fn implied_place(lexicon: &Lexicon, text: &str, words: &[Word], found: &[Found]) -> Option<(Found, usize)> {
    let is_free =
        |place: &Found| found.iter().all(|named| named.end <= place.first || named.first >= place.end);
    let mut places = lexicon.implied(Kind::Place, text, words).into_iter().filter(is_free);
    places.find_map(|place| Some((place, preposition_before(lexicon, text, words, place.first)?)))
}
