//! GPT-2's loader, pipeline and run, as the worker uses them.

use js_sys::{Float32Array, Object, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::loader::{self, Loader};
use super::{DeviceHandle, object, options, random_seed, strings};
use crate::error::Error;
use crate::gpt2::{Defaults, Event, Loading, Pipeline, Prompt, Run, Sequence, Token};
use crate::tokenizer::{Files, Tokenizer};
use crate::weights::Checkpoint;

/// A GPT-2 being loaded, with what is not in its weights.
#[derive(Debug)]
struct Gpt2Loading {
    loading: Loading,
    tokenizer: Tokenizer,
    defaults: Defaults,
}

impl loader::Loading for Gpt2Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        (part == "model").then_some(&mut self.loading.checkpoint)
    }

    fn finish(self: Box<Self>) -> Result<JsValue, Error> {
        let Self { loading, tokenizer, defaults } = *self;
        Ok(Gpt2Pipeline(Pipeline::new(loading.finish()?, tokenizer, defaults)?).into())
    }
}

#[wasm_bindgen]
impl Loader {
    /// Prepares for the weights of the GPT-2 whose folder has these small `files`: an object with the text of each by its name.
    /// `dtype` says how the weights are kept: `auto`, `f32`, `f16` or `q8`.
    ///
    /// # Errors
    /// `unsupported-model`, also when model and tokenizer do not belong together; `invalid-option` for `dtype`.
    pub fn gpt2(files: JsValue, dtype: &str, device: &DeviceHandle) -> Result<Loader, JsValue> {
        let files: Files = serde_wasm_bindgen::from_value(files)
            .map_err(|error| Error::Internal(format!("the files are no object of texts: {error}")))?;
        let tokenizer = Tokenizer::from_files(&files)?;
        let text = |file: &str| files.get(file).map(String::as_str);
        let config_json = text("config.json").unwrap_or_default();
        let defaults = Defaults::of_folder(config_json, text("generation_config.json"))?;
        let storage = device.storage.with_dtype(dtype)?;
        let loading = Loading::new(config_json, storage, &device.device)?;
        loading.config().check_tokenizer(&tokenizer)?;
        Ok(Self::new(Gpt2Loading { loading, tokenizer, defaults }))
    }
}

/// A GPT-2 ready to write.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Gpt2Pipeline(Pipeline);

#[wasm_bindgen]
impl Gpt2Pipeline {
    /// What a page needs to know of the model: `{ vocab_size, n_positions, n_layer, n_head, dtype, warnings }`.
    #[must_use]
    pub fn info(&self) -> Object {
        let config = self.0.model().config();
        let number = |size: usize| {
            #[allow(clippy::cast_precision_loss)] // sizes are small
            JsValue::from_f64(size as f64)
        };
        object([
            ("vocab_size", number(config.vocab_size)),
            ("n_positions", number(config.n_positions)),
            ("n_layer", number(config.n_layer)),
            ("n_head", number(config.n_head)),
            ("dtype", self.0.model().dtype().into()),
            ("warnings", strings(&self.0.warnings())),
        ])
    }

    /// Starts a text after `prompt`, a string or a list of tokens, with the caller's options.
    ///
    /// # Errors
    /// `invalid-option`, `prompt-too-long`.
    pub fn start(&self, prompt: JsValue, js_options: &JsValue) -> Result<Gpt2Run, JsValue> {
        let run = self.0.start(prompt_from_js(prompt)?, options::from_js(js_options)?, random_seed())?;
        Ok(Gpt2Run(run))
    }

    /// What one head attends to in `prompt`, with options `layer` and `head`: `{ token_ids, tokens, attention }`. The last is
    /// `[length, length]`, row by row: each row is a token's distribution over itself and those before it.
    ///
    /// # Errors
    /// `invalid-option`, `prompt-too-long`, `device-lost`.
    pub async fn attention(&self, prompt: JsValue, js_options: JsValue) -> Result<Object, JsValue> {
        let (pipeline, options) = (self.0.clone(), options::from_js(&js_options)?);
        let (token_ids, attention) = pipeline.attention(prompt_from_js(prompt)?, options).await?;
        inspected(&pipeline, &token_ids, "attention", &attention)
    }

    /// How likely each token of `prompt` is after those before it: `{ token_ids, tokens, logprobs }`. The last are
    /// logarithms, 0 for the first token.
    ///
    /// # Errors
    /// `invalid-option`, `prompt-too-long`, `device-lost`.
    pub async fn score(&self, prompt: JsValue, js_options: JsValue) -> Result<Object, JsValue> {
        let (pipeline, options) = (self.0.clone(), options::from_js(&js_options)?);
        let (token_ids, logprobs) = pipeline.score(prompt_from_js(prompt)?, options).await?;
        inspected(&pipeline, &token_ids, "logprobs", &logprobs)
    }
}

/// A call under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Gpt2Run(Run);

/// An [`Event`] as the page gets it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum JsEvent {
    /// A piece of the prompt was read.
    Prompt { read: usize, total: usize },
    /// A token of each open sequence.
    Tokens { tokens: Vec<JsToken> },
    /// The best beam so far.
    Beams { text: String },
    /// The end.
    Complete { sequences: Vec<Sequence> },
}

#[derive(Serialize)]
struct JsToken {
    #[serde(flatten)]
    token: Token,
    top_logprobs: Vec<Alternative>,
}

/// A token that was possible instead.
#[derive(Serialize)]
struct Alternative {
    token_id: u32,
    text: String,
    logprob: f32,
}

#[wasm_bindgen]
impl Gpt2Run {
    /// The seed in use.
    #[must_use]
    #[wasm_bindgen(getter)]
    #[allow(clippy::cast_precision_loss)] // at most 2⁵³ − 1
    pub fn seed(&self) -> f64 {
        self.0.seed() as f64
    }

    /// The prompt's tokens.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn prompt_ids(&self) -> Vec<u32> {
        self.0.prompt_ids().to_vec()
    }

    /// The next event, or `undefined` when the text is complete:
    /// `{ type: 'prompt', read, total }`, `{ type: 'tokens', tokens }`, `{ type: 'beams', text }`,
    /// `{ type: 'complete', sequences }`.
    ///
    /// # Errors
    /// `device-lost`, `weights-invalid`.
    pub async fn step(&mut self) -> Result<JsValue, JsValue> {
        let Some(event) = self.0.step().await? else {
            return Ok(JsValue::UNDEFINED);
        };
        let event = match event {
            Event::Prompt(read, total) => JsEvent::Prompt { read, total },
            Event::Beams(text) => JsEvent::Beams { text },
            Event::Complete(sequences) => JsEvent::Complete { sequences },
            Event::Tokens(tokens) => JsEvent::Tokens {
                tokens: tokens.into_iter().map(|token| self.with_texts(token)).collect::<Result<_, _>>()?,
            },
        };
        to_js(&event)
    }

    fn with_texts(&self, token: Token) -> Result<JsToken, Error> {
        let alternative = |&(token_id, logprob): &(u32, f32)| {
            let text = self.0.text_instead(&token, token_id)?;
            Ok(Alternative { token_id, text, logprob })
        };
        let top_logprobs = token.top_logprobs.iter().map(alternative).collect::<Result<_, Error>>()?;
        Ok(JsToken { token, top_logprobs })
    }
}

/// Tokens, their texts, and a number or more about each.
fn inspected(pipeline: &Pipeline, token_ids: &[u32], name: &str, numbers: &[f32]) -> Result<Object, JsValue> {
    let tokens = pipeline.tokenizer().texts(token_ids)?;
    Ok(object([
        ("token_ids", Uint32Array::from(token_ids).into()),
        ("tokens", to_js(&tokens)?),
        (name, Float32Array::from(numbers).into()),
    ]))
}

/// A string, or a list of token ids.
fn prompt_from_js(prompt: JsValue) -> Result<Prompt, Error> {
    if let Some(text) = prompt.as_string() {
        return Ok(Prompt::Text(text));
    }
    serde_wasm_bindgen::from_value(prompt)
        .map(Prompt::Tokens)
        .map_err(|_| Error::InvalidOption("the prompt must be a string or a list of token ids".to_owned()))
}

fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|error| {
        Error::Internal(format!("an event could not be converted for JavaScript: {error}")).into()
    })
}
