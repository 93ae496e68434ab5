//! Prompts in the illustrator's words and the scenes of a story, as the worker uses them.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::{object, options, strings};
use crate::story::{self, Lexicon, Scene, Term};

/// Finds the scenes of one text after another, in the words of one illustrator.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Scenes(story::Scenes);

#[wasm_bindgen]
impl Scenes {
    /// Reads an illustrator's `lexicon.json`.
    ///
    /// # Errors
    /// `unsupported-model`.
    #[wasm_bindgen(constructor)]
    pub fn new(lexicon_json: &str) -> Result<Scenes, JsValue> {
        Ok(Self(story::Scenes::new(Lexicon::from_json(lexicon_json)?)))
    }

    /// A prompt in the illustrator's words: `{ caption, language, terms: { start, end, text, name, kind }[], changed }`.
    #[must_use]
    pub fn understand(&self, prompt: &str) -> Object {
        let understood = story::understand(self.0.lexicon(), prompt);
        object([
            ("caption", understood.caption.into()),
            ("language", understood.language.into()),
            ("terms", understood.terms.iter().map(term).collect::<Array>().into()),
            ("changed", understood.changed.into()),
        ])
    }

    /// Begins a new text. Options: `num_scenes` and `expected_length`, in UTF-16 units.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn start(&mut self, js_options: &JsValue) -> Result<(), JsValue> {
        Ok(self.0.start(options::from_js(js_options)?)?)
    }

    /// Takes what the text goes on with; returns the scenes that its whole sentences now announce:
    /// `{ scene_index, start, end, caption, subjects, place, time }[]`.
    pub fn push(&mut self, text: &str) -> Array {
        self.0.push(text).iter().map(scene).collect()
    }

    /// The text has ended: returns what is still missing of `num_scenes`.
    pub fn finish(&mut self) -> Array {
        self.0.finish().iter().map(scene).collect()
    }
}

#[allow(clippy::cast_precision_loss)] // a text is shorter than 2⁵³
fn number(index: usize) -> JsValue {
    JsValue::from_f64(index as f64)
}

fn term(term: &Term) -> JsValue {
    let term = object([
        ("start", number(term.start)),
        ("end", number(term.end)),
        ("text", term.text.as_str().into()),
        ("name", term.name.as_str().into()),
        ("kind", term.kind.name().into()),
    ]);
    term.into()
}

fn scene(scene: &Scene) -> JsValue {
    let or_null = |name: &Option<String>| name.as_deref().map_or(JsValue::NULL, JsValue::from_str);
    let scene = object([
        ("scene_index", number(scene.scene_index)),
        ("start", number(scene.start)),
        ("end", number(scene.end)),
        ("caption", scene.caption.as_str().into()),
        ("subjects", strings(&scene.subjects)),
        ("place", or_null(&scene.place)),
        ("time", or_null(&scene.time)),
    ]);
    scene.into()
}
