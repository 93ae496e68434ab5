//! The key scenes of a story as it grows.
//!
//! The text's expected length is cut into as many windows as there are to be scenes. In each, the first sentence that shows
//! much is announced, or, when most of the window has passed, the best so far. What is missing at the end is taken from the
//! best sentences that are left.

use super::caption::Picture;
use super::entry::Kind;
use super::lexicon::Lexicon;
use super::reading::Reader;
use super::sentences::{Sentence, Sentences};
use crate::error::Result;
use crate::options::Options;

/// Scenes of a story unless the call says how many.
const DEFAULT_SCENES: u64 = 3;
/// The most that can be asked for.
const MAX_SCENES: u64 = 24;
/// How long a text is when nobody knows: a hundred tokens, in UTF-16 units.
const DEFAULT_LENGTH: u64 = 480;
/// A sentence that shows as much is announced at once: the hero, and where they are.
const GOOD: f32 = 8.3;
/// The part of a window after which its best sentence so far is announced, if none was good.
const PATIENCE: (usize, usize) = (17, 20);
/// What is left of a sentence's value as long as nobody knows where the story is.
const NOWHERE: f32 = 0.2;
/// What it loses if a picture of just that is there already.
const SHOWN: f32 = 2.0;
/// One that shows less is never drawn.
const LEAST: f32 = 0.8;

/// A scene of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// Its number, from 0, in the order of announcement.
    pub scene_index: usize,
    /// Where its sentence begins in the whole text, in UTF-16 units.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// In the illustrator's words.
    pub caption: String,
    /// The subjects' names, the one that it is about first.
    pub subjects: Vec<String>,
    /// The place's name.
    pub place: Option<String>,
    /// The time's name.
    pub time: Option<String>,
}

#[derive(Debug, Clone)]
struct Candidate {
    start: usize,
    end: usize,
    picture: Picture,
    score: f32,
}

/// Finds scenes in one text after another.
#[derive(Debug, Clone)]
pub struct Scenes {
    lexicon: Lexicon,
    count: usize,
    length: usize,
    sentences: Sentences,
    reader: Reader,
    /// Sentences that could still be drawn, in the text's order.
    candidates: Vec<Candidate>,
    announced: Vec<Scene>,
}

impl Scenes {
    /// Ready for a text, with the defaults of [`Scenes::start`].
    #[must_use]
    pub fn new(lexicon: Lexicon) -> Self {
        Self {
            lexicon,
            count: usize::try_from(DEFAULT_SCENES).unwrap_or(1),
            length: usize::try_from(DEFAULT_LENGTH).unwrap_or(1),
            sentences: Sentences::default(),
            reader: Reader::default(),
            candidates: Vec::new(),
            announced: Vec::new(),
        }
    }

    /// The words that it knows.
    #[must_use]
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Begins a new text. Options: `num_scenes` (3) and `expected_length`, about how long the whole text will be, in UTF-16
    /// units (480).
    ///
    /// # Errors
    /// `invalid-option`; the text before goes on then.
    #[allow(clippy::cast_possible_truncation)] // far below 2³²
    pub fn start(&mut self, mut options: Options) -> Result<()> {
        let count = options.integer("num_scenes", 1..=MAX_SCENES)?.unwrap_or(DEFAULT_SCENES);
        let length = options.integer("expected_length", 1..=10_000_000)?.unwrap_or(DEFAULT_LENGTH);
        options.finish()?;
        (self.count, self.length) = (count as usize, length as usize);
        self.sentences = Sentences::default();
        self.reader = Reader::default();
        self.candidates.clear();
        self.announced.clear();
        Ok(())
    }

    /// Takes what the text goes on with; returns the scenes that its whole sentences now announce, which never change.
    pub fn push(&mut self, text: &str) -> Vec<Scene> {
        let before = self.announced.len();
        for sentence in self.sentences.push(text) {
            self.read(&sentence);
            self.announce(sentence.end);
        }
        self.announced[before..].to_vec()
    }

    /// The text has ended: returns what is missing of `num_scenes`, from the best sentences that are left, in the text's
    /// order. Nothing comes of a text in which there is nothing to draw.
    pub fn finish(&mut self) -> Vec<Scene> {
        if let Some(sentence) = self.sentences.finish() {
            self.read(&sentence);
        }
        let before = self.announced.len();
        let missing = self.count.saturating_sub(before);
        let from = self.announced.iter().map(|scene| scene.end).max().unwrap_or(0);
        let later = self.candidates.partition_point(|candidate| candidate.start < from);
        let mut chosen = self.spread(later..self.candidates.len(), missing);
        let more = missing - chosen.len();
        chosen.extend(self.spread(0..later, more));
        chosen.sort_unstable();
        for &at in &chosen {
            self.add(self.candidates[at].clone());
        }
        self.candidates.clear();
        self.announced[before..].to_vec()
    }

    fn read(&mut self, sentence: &Sentence) {
        let shot = self.reader.read(&self.lexicon, sentence);
        if shot.score >= LEAST && !shot.picture.items.is_empty() {
            let Sentence { start, end, .. } = *sentence;
            self.candidates.push(Candidate { start, end, picture: shot.picture, score: shot.score });
        }
    }

    /// Announces what is due when the text has been read up to `end`.
    fn announce(&mut self, end: usize) {
        while self.announced.len() < self.count {
            let window = self.length / self.count;
            let opens = self.announced.len() * self.length / self.count;
            let from = self.announced.last().map_or(opens, |scene| scene.end.max(opens));
            let first = self.candidates.partition_point(|candidate| candidate.start < from);
            let Some(best) = self.best(first..self.candidates.len()) else { break };
            if self.value(best) < GOOD && end < opens + window * PATIENCE.0 / PATIENCE.1 {
                break;
            }
            let mut candidate = self.candidates.remove(best);
            if candidate.picture.place.is_none() {
                candidate.picture.place = self.reader.place(); // said since then
            }
            self.add(candidate);
        }
    }

    /// `count` candidates of a range, spread over it: the best of each part.
    fn spread(&self, range: std::ops::Range<usize>, count: usize) -> Vec<usize> {
        let (length, count) = (range.len(), count.min(range.len()));
        let part = |number: usize| range.start + number * length / count;
        (0..count).filter_map(|number| self.best(part(number)..part(number + 1))).collect()
    }

    /// The candidate of a range that shows most; of equals the first.
    fn best(&self, range: std::ops::Range<usize>) -> Option<usize> {
        range.rev().max_by(|&a, &b| self.value(a).total_cmp(&self.value(b)))
    }

    /// How much a candidate is worth drawing.
    fn value(&self, at: usize) -> f32 {
        let Candidate { picture, score, .. } = &self.candidates[at];
        let caption = picture.caption(&self.lexicon);
        let is_there = self.announced.iter().any(|scene| scene.caption == caption);
        let score = score * if picture.place.is_none() { NOWHERE } else { 1.0 };
        score - if is_there { SHOWN } else { 0.0 }
    }

    fn add(&mut self, candidate: Candidate) {
        let Candidate { start, end, picture, .. } = candidate;
        let name = |entry: usize| self.lexicon.entries[entry].name.clone();
        let caption = picture.caption(&self.lexicon);
        debug_assert!(
            picture.items.iter().all(|item| self.lexicon.entries[item.entry].kind == Kind::Subject)
        );
        self.announced.push(Scene {
            scene_index: self.announced.len(),
            start,
            end,
            caption,
            subjects: picture.items.iter().map(|item| name(item.entry)).collect(),
            place: picture.place.as_ref().map(|place| name(place.entry)),
            time: picture.time.as_ref().map(|time| name(time.entry)),
        });
    }
}
