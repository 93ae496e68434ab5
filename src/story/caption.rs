//! What a picture shows, and its caption as the illustrator's training writes them (`training/scenes/captions.py`).

use super::entry::{Entry, Kind};
use super::lexicon::Lexicon;
use super::words::with_article;

/// The most subjects of a picture: more were never drawn.
pub const MAX_SUBJECTS: usize = 3;

/// Somebody or something in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The subject's index.
    pub entry: usize,
    /// Size, mood and colour, in this order, in words that captions have.
    pub looks: Vec<String>,
}

/// A place or a time, and how the caption says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The entry's index.
    pub entry: usize,
    /// One of its phrases.
    pub phrase: String,
}

/// What a picture shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Up to [`MAX_SUBJECTS`], the one that it is about first.
    pub items: Vec<Item>,
    /// How the first is to the second, if there are two.
    pub relation: Option<usize>,
    /// Where.
    pub place: Option<Setting>,
    /// When.
    pub time: Option<Setting>,
}

impl Setting {
    /// The entry's phrase that has `word` in it, or else its first.
    #[must_use]
    pub fn new(lexicon: &Lexicon, entry: usize, word: &str) -> Self {
        let phrases = &lexicon.entries[entry].phrases;
        let has = |phrase: &&String| format!(" {phrase} ").contains(&format!(" {word} "));
        let phrase = phrases.iter().find(has).or(phrases.first()).cloned().unwrap_or_default();
        Self { entry, phrase }
    }
}

impl Picture {
    /// Its caption; names nothing that is not in it.
    #[must_use]
    pub fn caption(&self, lexicon: &Lexicon) -> String {
        let nouns: Vec<String> = self.items.iter().map(|item| noun_phrase(lexicon, item)).collect();
        let who = match nouns.as_slice() {
            [first, second] => format!("{first} {} {second}", self.relation_word(lexicon)),
            [rest @ .., last] if rest.len() > 1 => format!("{} and {last}", rest.join(", ")),
            nouns => nouns.concat(),
        };
        let place = self.place.as_ref().map(|place| place.phrase.clone());
        let parts = [Some(who).filter(|who| !who.is_empty()), place, self.time_phrase(lexicon)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn relation_word<'a>(&self, lexicon: &'a Lexicon) -> &'a str {
        let category = |at: usize| lexicon.entries[self.items[at].entry].category.as_str();
        let Some(relation) = self.relation.map(|index| &lexicon.entries[index]) else {
            let is_carried =
                matches!(category(1), "object" | "food") && matches!(category(0), "person" | "animal");
            return if is_carried { "with" } else { "and" };
        };
        if relation.name == "riding" && category(1) == "vehicle" {
            return "in";
        }
        relation.says.first().map_or("and", String::as_str)
    }

    /// Nothing where the time of day cannot be seen or was never drawn.
    fn time_phrase(&self, lexicon: &Lexicon) -> Option<String> {
        let time = self.time.as_ref()?;
        let entry = &lexicon.entries[time.entry];
        let Some(place) = self.place.as_ref().map(|place| &lexicon.entries[place.entry]) else {
            return Some(time.phrase.clone());
        };
        if !place.times.contains(&entry.name) {
            return None;
        }
        Some(if place.name == "room" { entry.indoors.clone() } else { time.phrase.clone() })
    }
}

/// "a small red car", "an astronaut", "bread".
fn noun_phrase(lexicon: &Lexicon, item: &Item) -> String {
    let subject = &lexicon.entries[item.entry];
    let mut phrase = subject.name.clone();
    if !item.looks.is_empty() && !subject.proper.contains(&subject.name) {
        let described = format!("{} {}", item.looks.join(" "), subject.name);
        if lexicon.names_in(&described) == [subject.name.as_str()] {
            phrase = described; // "blue" and "sea turtle" would make a blue sea
        }
    }
    if lexicon.takes_article(subject) { with_article(&phrase) } else { phrase }
}

/// A size, mood or colour in a word that captions have: "gigantic" is "big". None for what they never say.
#[must_use]
pub fn look(adjective: &Entry, word: &str) -> Option<String> {
    debug_assert_eq!(adjective.kind, Kind::Adjective);
    let same = adjective.says.iter().find(|says| *says == word);
    same.or(adjective.says.first()).cloned()
}

/// The first of each group, in the order of captions.
#[must_use]
pub fn in_order(lexicon: &Lexicon, adjectives: &[(usize, String)]) -> Vec<String> {
    ["size", "mood", "colour"]
        .iter()
        .filter_map(|group| {
            let mut of_group = adjectives.iter().filter(|(entry, _)| lexicon.entries[*entry].group == *group);
            of_group.find_map(|(entry, word)| look(&lexicon.entries[*entry], word))
        })
        .collect()
}
