//! A Chinese prompt: its words, longest first, and the picture that they describe.

use std::collections::HashMap;

use super::caption::{Item, MAX_SUBJECTS, Picture, Setting, in_order};
use super::entry::{Entry, Kind};
use super::lexicon::{Found, Lexicon};
use super::words::words_of;

/// What stands between an adjective and its noun.
const BETWEEN: [char; 8] = ['的', '色', '、', '，', '又', '而', '且', ' '];
/// What says that something is somewhere: "树上有一只鸟" is a bird on a tree.
const EXISTS: [&str; 6] = ["有", "坐着", "站着", "住着", "是", "停着"];

/// Chinese words by their first character, the longest first.
#[derive(Debug, Clone, Default)]
pub struct Words {
    by_first: HashMap<char, Vec<(String, usize)>>,
}

/// A word of a prompt, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The entry that it names.
    pub entry: usize,
}

impl Words {
    /// The words of all entries but relations; an adjective's with and without "的".
    #[must_use]
    pub fn new(entries: &[Entry]) -> Self {
        let mut words = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            for word in entry.zh.iter().filter(|_| entry.kind != Kind::Relation) {
                words.add(word, index);
                if let (Kind::Adjective, Some(bare)) = (entry.kind, word.strip_suffix('的')) {
                    words.add(bare, index);
                }
            }
        }
        words
    }

    fn add(&mut self, word: &str, entry: usize) {
        let Some(first) = word.chars().next() else { return };
        let list = self.by_first.entry(first).or_default();
        if list.iter().all(|(other, _)| other != word) {
            let shorter = list.iter().position(|(other, _)| other.len() < word.len());
            list.insert(shorter.unwrap_or(list.len()), (word.to_owned(), entry));
        }
    }

    /// What a text names, in its order.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut next = 0;
        for (start, letter) in text.char_indices().filter(|(_, letter)| self.by_first.contains_key(letter)) {
            if start < next {
                continue;
            }
            let found =
                self.by_first[&letter].iter().find(|(word, _)| text[start..].starts_with(word.as_str()));
            if let Some((word, entry)) = found {
                next = start + word.len();
                terms.push(Term { start, end: next, entry: *entry });
            }
        }
        terms
    }
}

/// The terms of a prompt that go into the picture, and the picture.
#[must_use]
pub fn read(lexicon: &Lexicon, text: &str) -> (Vec<Term>, Picture) {
    let found = lexicon.chinese.find(text);
    let (mut used, mut picture) = (Vec::new(), Picture::default());
    let mut pending: Vec<Term> = Vec::new();
    let mut spans: Vec<(usize, usize)> = Vec::new(); // the subjects', with their adjectives
    let mut best_place: Option<(bool, Term)> = None;
    for term in found {
        let term = Term { entry: place_of(lexicon, text, term), ..term };
        let entry = &lexicon.entries[term.entry];
        let follows = pending
            .last()
            .is_some_and(|last| text[last.end..term.start].chars().all(|c| BETWEEN.contains(&c)));
        if !follows {
            pending.clear();
        }
        match entry.kind {
            Kind::Adjective => pending.push(term),
            Kind::Subject => {
                let is_new = picture.items.iter().all(|item| item.entry != term.entry);
                if is_new && picture.items.len() < MAX_SUBJECTS {
                    let own = colour_in(lexicon, &text[term.start..term.end]);
                    let looks = pending.iter().map(|look| look.entry).chain(own);
                    let looks = looks.map(|look| (look, lexicon.entries[look].name.clone()));
                    let looks = in_order(lexicon, &looks.collect::<Vec<_>>());
                    spans.push((pending.first().map_or(term.start, |first| first.start), term.end));
                    picture.items.push(Item { entry: term.entry, looks });
                    used.extend(pending.iter().filter(|look| !lexicon.entries[look.entry].says.is_empty()));
                    used.push(term);
                }
                pending.clear();
            }
            Kind::Place => {
                let is_said = ends_with_any(&text[..term.start], &["在", "到", "去", "的", "里", "往"]);
                if best_place.is_none_or(|(said, _)| is_said && !said) {
                    best_place = Some((is_said, term));
                }
            }
            Kind::Time if picture.time.is_none() => {
                picture.time = Some(setting(lexicon, text, term));
                used.push(term);
            }
            _ => {}
        }
    }
    if picture.items.is_empty() {
        for (term, item) in english_subjects(lexicon, text) {
            used.push(term);
            picture.items.push(item);
        }
    }
    if let Some((_, term)) = best_place {
        picture.place = Some(setting(lexicon, text, term));
        used.push(term);
    }
    if let [first, second] = spans[..] {
        relate(lexicon, text, first, second, &mut picture);
    }
    if picture.time.is_none() {
        picture.time = implied_time(lexicon, &picture);
    }
    used.sort_by_key(|term| term.start);
    (used, picture)
}

/// "一只cat在森林里" has one.
fn english_subjects(lexicon: &Lexicon, text: &str) -> Vec<(Term, Item)> {
    let spaced: String =
        text.chars().map(|c| if c.is_ascii() { c.to_string() } else { " ".repeat(c.len_utf8()) }).collect();
    let words = words_of(&spaced);
    let found = lexicon.find(&spaced, &words).into_iter();
    let subjects =
        found.filter(|found| lexicon.entries[found.entry].kind == Kind::Subject).take(MAX_SUBJECTS);
    let item = |found: Found| {
        let (start, end) = (words[found.first].start, words[found.end - 1].end);
        (Term { start, end, entry: found.entry }, Item { entry: found.entry, looks: Vec::new() })
    };
    subjects.map(item).collect()
}

/// The place that a subject's word is in "在月亮上", where one has the subject's name.
fn place_of(lexicon: &Lexicon, text: &str, term: Term) -> usize {
    let entry = &lexicon.entries[term.entry];
    let before = &text[..term.start];
    let is_where = entry.kind == Kind::Subject
        && (before.trim().is_empty() || ends_with_any(before, &["在", "到", "去"]))
        && text[term.end..].starts_with(['上', '里']);
    is_where.then(|| lexicon.index_of(Kind::Place, &entry.name)).flatten().unwrap_or(term.entry)
}

/// The colour that a subject's word begins with, as "红气球" does, if its name does not say it.
fn colour_in(lexicon: &Lexicon, word: &str) -> Option<usize> {
    let first = lexicon.chinese.find(word.get(..word.chars().next()?.len_utf8())?).first()?.entry;
    (lexicon.entries[first].group == "colour").then_some(first)
}

fn setting(lexicon: &Lexicon, text: &str, term: Term) -> Setting {
    let entry = &lexicon.entries[term.entry];
    match entry.zh_phrases.get(&text[term.start..term.end]) {
        Some(phrase) => Setting { entry: term.entry, phrase: phrase.clone() },
        None => Setting::new(lexicon, term.entry, &entry.name),
    }
}

fn ends_with_any(text: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| text.ends_with(end))
}

/// Finds how two subjects are to each other: "坐在…上", "骑着"; and turns "树上有一只鸟" round.
fn relate(
    lexicon: &Lexicon,
    text: &str,
    first: (usize, usize),
    second: (usize, usize),
    picture: &mut Picture,
) {
    let (between, after) = (&text[first.1..second.0], text[second.1..].trim_start_matches('的'));
    let mut best = (0, None, false);
    for (index, entry) in lexicon.entries.iter().enumerate().filter(|(_, entry)| entry.kind == Kind::Relation)
    {
        for pattern in &entry.zh {
            let (before, behind) = pattern.split_once('…').unwrap_or((pattern, ""));
            let stem = if behind.is_empty() { before.trim_end_matches('着') } else { before };
            let fits = !stem.is_empty() && between.contains(stem) && after.starts_with(behind);
            let exists = !behind.is_empty()
                && between.trim_start_matches('的').starts_with(behind)
                && EXISTS.iter().any(|word| between.contains(word));
            let length = if exists { behind.len() + 100 } else { before.len() + behind.len() };
            if (fits || exists) && length > best.0 {
                best = (length, Some(index), exists);
            }
        }
    }
    let (_, relation, is_turned) = best;
    picture.relation = relation.filter(|&index| lexicon.entries[index].name != "with");
    if is_turned {
        picture.items.swap(0, 1);
    }
}

/// The night, when the moon or a star is in the picture.
fn implied_time(lexicon: &Lexicon, picture: &Picture) -> Option<Setting> {
    let in_the_sky = picture.items.iter().any(|item| {
        let entry = &lexicon.entries[item.entry];
        let is_nights = entry.name.contains("moon") || entry.name.contains("star") || entry.name == "comet";
        entry.category == "celestial" && is_nights
    });
    let night = in_the_sky.then(|| lexicon.index_of(Kind::Time, "night")).flatten()?;
    Some(Setting::new(lexicon, night, "night"))
}
