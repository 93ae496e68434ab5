//! On 500 generated tales the captions agree with the scenes that their plots have.

use hearth::story::{Kind, Scenes};
use serde::Deserialize;

use crate::story::lexicon;
use crate::story_scenes::scenes_in_pieces;

#[derive(Deserialize)]
struct Tale {
    text: String,
    /// Of each step its length, its scene, and what the reference finds in that.
    scenes: Vec<(usize, String, Vec<String>)>,
}

fn tales() -> Vec<Tale> {
    let lines = include_str!("../fixtures/story/tales.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_same_words_are_found_as_by_the_reference() {
    for tale in tales() {
        for (_, caption, words) in &tale.scenes {
            assert_eq!(&lexicon().names_in(caption), words, "{caption}");
        }
    }
}

/// Of announced scenes, how many agree with the plot's scene of the step that has their sentence.
#[derive(Debug, Default)]
struct Agreement {
    scenes: usize,
    /// Whom the plot's scene names first is drawn.
    subject: usize,
    /// The plot's scene names a place,
    placed: usize,
    /// and it is the caption's.
    place: usize,
    /// The caption's place is none of those that the plot's scene names.
    elsewhere: usize,
}

impl Agreement {
    fn share(part: usize, whole: usize) -> f64 {
        #[allow(clippy::cast_precision_loss)] // a few thousands
        let share = part as f64 / whole as f64;
        share
    }

    fn add(&mut self, tale: &Tale, scenes: &mut Scenes) {
        for scene in scenes_in_pieces(scenes, &tale.text, 3, 5) {
            let mut end = 0;
            let step = tale.scenes.iter().find(|(length, _, _)| {
                end += length;
                scene.start < end
            });
            let (_, caption, words) = step.expect("a scene is within the text");
            let is_place = |word: &&String| {
                lexicon().entry(Kind::Place, word).is_some()
                    && (*word != "moon" || caption.contains("on the moon"))
            };
            let places: Vec<&String> = words.iter().filter(is_place).collect();
            let subjects = words.iter().filter(|word| lexicon().entry(Kind::Subject, word).is_some());
            let first = subjects.into_iter().find(|word| !places.contains(word));
            self.scenes += 1;
            self.subject += usize::from(first.is_some_and(|first| scene.subjects.contains(first)));
            if !places.is_empty() {
                let agrees = scene.place.is_some_and(|place| places.contains(&&place));
                self.placed += 1;
                self.place += usize::from(agrees);
                self.elsewhere += usize::from(!agrees);
            }
        }
    }
}

/// The plots say where a scene is in half of their scenes, and one such place in eight is nowhere in the text up to there: a
/// boy whose bed is named is "in a dark room". So of those that say it, fewer can agree than of all.
#[test]
fn captions_agree_with_the_scenes_of_the_plots() {
    let (mut agreement, mut scenes) = (Agreement::default(), Scenes::new(lexicon().clone()));
    let tales = tales();
    assert_eq!(tales.len(), 500);
    for tale in &tales {
        agreement.add(tale, &mut scenes);
    }
    let Agreement { scenes, subject, placed, place, elsewhere } = agreement;
    assert_eq!(scenes, 1500, "each tale has its three");
    let subject = Agreement::share(subject, scenes);
    assert!(subject >= 0.85, "subjects agree in {subject:.3}");
    assert!(placed > 700, "{placed} scenes have a place");
    let of_those = Agreement::share(place, placed);
    assert!(of_those >= 0.74, "places agree in {of_those:.3} of the {placed} scenes that name one");
    let of_all = 1.0 - Agreement::share(elsewhere, scenes);
    assert!(of_all >= 0.85, "places contradict the plot's in {elsewhere} of {scenes} scenes");
}
