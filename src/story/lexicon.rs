//! The illustrator's words: what it can draw and what a text calls it, from the `lexicon.json` beside its weights.
//!
//! `training/scenes/lexicon.py` describes an entry, and its `find` is the reference for [`Lexicon::find`].

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::chinese;
use super::entry::{Entry, Kind};
use super::words::{Phrases, Word, plural, words_of};
use crate::config::json;
use crate::error::{Error, Result};

#[derive(Deserialize)]
struct File {
    version: u32,
    uncounted: BTreeSet<String>,
    entries: Vec<Entry>,
}

/// Words of a text that name an entry, by their positions in the list of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The first word.
    pub first: usize,
    /// The word after the last one.
    pub end: usize,
    /// The entry's index in [`Lexicon::entries`].
    pub entry: usize,
}

/// All entries, and their words to find them by.
#[derive(Debug, Clone)]
pub struct Lexicon {
    /// In the file's order.
    pub entries: Vec<Entry>,
    uncounted: BTreeSet<String>,
    by_name: HashMap<(Kind, String), usize>,
    named: Phrases<usize>,
    implied: HashMap<Kind, Phrases<usize>>,
    adjectives: Phrases<usize>,
    relations: Phrases<usize>,
    /// The words in Chinese.
    pub chinese: chinese::Words,
}

impl Lexicon {
    /// Reads `lexicon.json`.
    ///
    /// # Errors
    /// `unsupported-model` when it is none.
    pub fn from_json(text: &str) -> Result<Self> {
        let File { version, uncounted, entries } = json::read("lexicon.json", text)?;
        let has = |kind| entries.iter().any(|entry| entry.kind == kind);
        if version != 1 || !has(Kind::Subject) || !has(Kind::Place) {
            let message = "lexicon.json: Hearth reads version 1, with subjects and places";
            return Err(Error::UnsupportedModel(message.into()));
        }
        if let Some(entry) = entries.iter().find(|entry| {
            let needs_phrases = matches!(entry.kind, Kind::Place | Kind::Time);
            entry.name.is_empty() || needs_phrases && entry.phrases.is_empty()
        }) {
            let message = format!("lexicon.json: \"{}\" has no name or no phrases", entry.name);
            return Err(Error::UnsupportedModel(message));
        }
        let mut lexicon = Self {
            by_name: HashMap::new(),
            named: Phrases::default(),
            implied: HashMap::new(),
            adjectives: Phrases::default(),
            relations: Phrases::default(),
            chinese: chinese::Words::new(&entries),
            uncounted,
            entries,
        };
        lexicon.index();
        Ok(lexicon)
    }

    /// In the order of the reference: what is named, then near words, then regular plurals; the first meaning stays.
    fn index(&mut self) {
        let is_named = |kind| matches!(kind, Kind::Subject | Kind::Place | Kind::Time);
        for (index, entry) in self.entries.iter().enumerate() {
            self.by_name.entry((entry.kind, entry.name.clone())).or_insert(index);
            let (list, words) = match entry.kind {
                Kind::Adjective => (&mut self.adjectives, &entry.en),
                Kind::Relation => (&mut self.relations, &entry.phrases),
                _ => (&mut self.named, &entry.en),
            };
            for word in words {
                list.add(word, index);
            }
            if is_named(entry.kind) {
                self.named.add(&entry.plural, index);
                entry.phrases.iter().for_each(|phrase| self.named.add(phrase, index));
                let implied = self.implied.entry(entry.kind).or_default();
                entry.implied_by.iter().for_each(|word| implied.add(word, index));
            }
        }
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| is_named(entry.kind)) {
            entry.near.iter().for_each(|word| self.named.add(word, index));
        }
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.kind == Kind::Subject {
                let words = entry.en.iter().chain(&entry.near).chain([&entry.plural]);
                let words = words.filter(|word| !word.is_empty());
                words.for_each(|word| self.named.add(&plural(word), index));
            }
        }
        for (kind, implied) in &mut self.implied {
            for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.kind == *kind) {
                entry.implied_by.iter().for_each(|word| implied.add(&plural(word), index));
            }
        }
    }

    /// The entry of a kind and name.
    #[must_use]
    pub fn entry(&self, kind: Kind, name: &str) -> Option<&Entry> {
        self.index_of(kind, name).map(|index| &self.entries[index])
    }

    /// Its index.
    #[must_use]
    pub fn index_of(&self, kind: Kind, name: &str) -> Option<usize> {
        self.by_name.get(&(kind, name.to_owned())).copied()
    }

    /// Where a text names subjects, places and times; the longest phrase wins.
    #[must_use]
    pub fn find(&self, text: &str, words: &[Word]) -> Vec<Found> {
        find_all(&self.named, text, words)
    }

    /// Where a text lets one think of a place or of a time.
    #[must_use]
    pub fn implied(&self, kind: Kind, text: &str, words: &[Word]) -> Vec<Found> {
        self.implied.get(&kind).map_or_else(Vec::new, |phrases| find_all(phrases, text, words))
    }

    /// The adjective that begins at word `at`.
    #[must_use]
    pub fn adjective_at(&self, text: &str, words: &[Word], at: usize) -> Option<Found> {
        let (length, entry) = self.adjectives.longest_at(text, words, at)?;
        Some(Found { first: at, end: at + length, entry })
    }

    /// The relation that begins at word `at`.
    #[must_use]
    pub fn relation_at(&self, text: &str, words: &[Word], at: usize) -> Option<Found> {
        let (length, entry) = self.relations.longest_at(text, words, at)?;
        Some(Found { first: at, end: at + length, entry })
    }

    /// The names of what a text has, each once, in its order.
    #[must_use]
    pub fn names_in(&self, text: &str) -> Vec<&str> {
        let mut names: Vec<(usize, &str)> = Vec::new();
        for found in self.find(text, &words_of(text)) {
            if names.iter().all(|&(entry, _)| entry != found.entry) {
                names.push((found.entry, &self.entries[found.entry].name));
            }
        }
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// A subject's name with an article, if it takes one: "a fox", "santa claus", "bread".
    #[must_use]
    pub fn takes_article(&self, subject: &Entry) -> bool {
        !self.uncounted.contains(&subject.name) && !subject.proper.contains(&subject.name)
    }
}

fn find_all(phrases: &Phrases<usize>, text: &str, words: &[Word]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match phrases.longest_at(text, words, at) {
            Some((length, entry)) => {
                found.push(Found { first: at, end: at + length, entry });
                at += length;
            }
            None => at += 1,
        }
    }
    found
}
