//! The options of a text, under transformers' names.

use serde::Deserialize;
use serde_json::Value;

use super::config::{Config, TokenIds};
use crate::config::json;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::rng::MAX_SEED;
use crate::tokenizer::Tokenizer;

/// The default number of new tokens.
const DEFAULT_NEW_TOKENS: usize = 50;
/// The most beams or sequences of one call.
const MAX_ROWS: u64 = 64;

/// What a call asks for, complete and without contradictions.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// The most tokens after the prompt; the context's end may come first.
    pub max_new_tokens: usize,
    /// The text does not end before it has this many.
    pub min_new_tokens: usize,
    /// How to draw; `None` takes the likeliest token.
    pub sampling: Option<Sampling>,
    /// Scores of tokens that are there already are divided by this (1: not).
    pub repetition_penalty: f32,
    /// No n-gram of this size occurs twice (0: any may).
    pub no_repeat_ngram_size: usize,
    /// Sequences of tokens that never occur.
    pub bad_words: Vec<Vec<u32>>,
    /// Continuations that are followed at once (1: no beam search).
    pub num_beams: usize,
    /// A beam's score is divided by its length to this power.
    pub length_penalty: f32,
    /// When a beam search ends.
    pub early_stopping: EarlyStopping,
    /// How many texts are returned.
    pub num_return_sequences: usize,
    /// Tokens that end a text.
    pub eos_token_ids: Vec<u32>,
    /// Strings that end a text, which keeps them.
    pub stop_strings: Vec<String>,
    /// The seed of the random numbers.
    pub seed: u64,
    /// Whether the prompt is returned in front of the text.
    pub return_full_text: bool,
    /// This many of the likeliest tokens are returned with each token, with their logarithmic probabilities.
    pub top_logprobs: usize,
}

/// How a token is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Scores are divided by this.
    pub temperature: f32,
    /// Only this many of the likeliest (0: all).
    pub top_k: usize,
    /// Only the likeliest that have this probability together.
    pub top_p: f32,
    /// Only those with at least this share of the likeliest one's probability.
    pub min_p: f32,
    /// Only the most typical that have this probability together.
    pub typical_p: f32,
}

/// When a beam search ends, once there are as many ended texts as beams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStopping {
    /// At once.
    Yes,
    /// When the best open beam is worse than the worst of them at its present length.
    No,
    /// When it cannot get better at any length.
    Never,
}

/// A `generation_config.json`: other defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Defaults {
    max_new_tokens: Option<usize>,
    do_sample: Option<bool>,
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    typical_p: Option<f32>,
    repetition_penalty: Option<f32>,
    no_repeat_ngram_size: Option<usize>,
    eos_token_id: Option<TokenIds>,
}

impl Defaults {
    /// Reads a `generation_config.json`.
    ///
    /// # Errors
    /// `unsupported-model` when it is not one.
    pub fn from_json(json: &str) -> Result<Self> {
        json::read("generation_config.json", json)
    }
}

impl Generation {
    /// Reads the options of a call whose prompt has `prompt_len` tokens.
    ///
    /// # Errors
    /// `invalid-option`, naming one that is unknown, out of range, or contradicts another.
    #[allow(clippy::too_many_lines)] // one paragraph an option
    pub fn read(
        mut options: Options,
        defaults: &Defaults,
        config: &Config,
        tokenizer: &Tokenizer,
        prompt_len: usize,
        random_seed: u64,
    ) -> Result<Self> {
        let context = config.n_positions;
        let room = context.saturating_sub(prompt_len);
        let max_new_tokens = options.integer("max_new_tokens", 1..=MAX_SEED)?.map(size);
        let max_length = options.integer("max_length", 1..=MAX_SEED)?.map(size);
        let max_new_tokens = match (max_new_tokens, max_length) {
            (Some(_), Some(_)) => return contradiction("max_length", "max_new_tokens is given too"),
            (Some(new), None) => new,
            (None, Some(length)) if length <= prompt_len => {
                return contradiction(
                    "max_length",
                    &format!("it is {length}, and the prompt has {prompt_len} tokens already"),
                );
            }
            (None, Some(length)) => length - prompt_len,
            (None, None) => defaults.max_new_tokens.unwrap_or(DEFAULT_NEW_TOKENS),
        }
        .min(room);
        let min_new_tokens = options.integer("min_new_tokens", 0..=MAX_SEED)?.map_or(0, size);
        if min_new_tokens > max_new_tokens {
            let why = format!("it is {min_new_tokens}, and at most {max_new_tokens} tokens come");
            return contradiction("min_new_tokens", &why);
        }

        let do_sample = options.flag("do_sample")?;
        let temperature = options.number_above("temperature", 0.0..=100.0)?.map(float);
        let top_k = options.integer("top_k", 0..=config.vocab_size as u64)?.map(size);
        let top_p = options.number_above("top_p", 0.0..=1.0)?.map(float);
        let min_p = options.number("min_p", 0.0..=1.0)?.map(float);
        let typical_p = options.number_above("typical_p", 0.0..=1.0)?.map(float);
        let shapes = [
            ("temperature", temperature.is_some()),
            ("top_k", top_k.is_some()),
            ("top_p", top_p.is_some()),
            ("min_p", min_p.is_some()),
            ("typical_p", typical_p.is_some()),
        ];
        let sampling = do_sample.or(defaults.do_sample).unwrap_or(false).then(|| Sampling {
            temperature: temperature.or(defaults.temperature).unwrap_or(1.0),
            top_k: top_k.or(defaults.top_k).unwrap_or(50),
            top_p: top_p.or(defaults.top_p).unwrap_or(1.0),
            min_p: min_p.or(defaults.min_p).unwrap_or(0.0),
            typical_p: typical_p.or(defaults.typical_p).unwrap_or(1.0),
        });
        if let (None, Some((name, _))) = (&sampling, shapes.iter().find(|(_, given)| *given)) {
            return contradiction(name, "it shapes what is drawn from; set do_sample to true to draw");
        }

        let num_beams = options.integer("num_beams", 1..=MAX_ROWS)?.map_or(1, size);
        let length_penalty = options.number("length_penalty", -10.0..=10.0)?.map(float);
        let early_stopping =
            options.parsed("early_stopping", "true, false or \"never\"", |value| match value {
                Value::Bool(true) => Some(EarlyStopping::Yes),
                Value::Bool(false) => Some(EarlyStopping::No),
                value => (value == "never").then_some(EarlyStopping::Never),
            })?;
        for (name, given) in
            [("length_penalty", length_penalty.is_some()), ("early_stopping", early_stopping.is_some())]
        {
            if given && num_beams == 1 {
                return contradiction(name, "it is for beam search; set num_beams to 2 or more");
            }
        }
        let num_return_sequences = options.integer("num_return_sequences", 1..=MAX_ROWS)?.map_or(1, size);
        if num_beams > 1 && num_return_sequences > num_beams {
            return contradiction("num_return_sequences", &format!("num_beams is {num_beams}"));
        }
        if num_beams == 1 && num_return_sequences > 1 && sampling.is_none() {
            let why = "without sampling or beams all would be the same; set do_sample or num_beams";
            return contradiction("num_return_sequences", why);
        }

        let eos_token_ids = match options.integers("eos_token_id", 0..=config.vocab_size as u64 - 1)? {
            Some(ids) => ids.into_iter().map(token).collect(),
            None => {
                defaults.eos_token_id.as_ref().map_or(config.eos_token_ids(), TokenIds::as_slice).to_vec()
            }
        };
        let bad_words = options.texts("bad_words")?.unwrap_or_default();
        let generation = Self {
            max_new_tokens,
            min_new_tokens,
            sampling,
            repetition_penalty: options
                .number_above("repetition_penalty", 0.0..=100.0)?
                .map(float)
                .or(defaults.repetition_penalty)
                .unwrap_or(1.0),
            no_repeat_ngram_size: options
                .integer("no_repeat_ngram_size", 0..=context as u64)?
                .map(size)
                .or(defaults.no_repeat_ngram_size)
                .unwrap_or(0),
            bad_words: bad_words
                .iter()
                .map(|word| tokenizer.spellings(word))
                .collect::<Result<Vec<_>>>()?
                .concat(),
            num_beams,
            length_penalty: length_penalty.unwrap_or(1.0),
            early_stopping: early_stopping.unwrap_or(EarlyStopping::No),
            num_return_sequences,
            eos_token_ids,
            stop_strings: options.texts("stop_strings")?.unwrap_or_default(),
            seed: options.seed(random_seed)?,
            return_full_text: options.flag("return_full_text")?.unwrap_or(true),
            top_logprobs: options.integer("top_logprobs", 0..=100)?.map_or(0, size),
        };
        options.finish()?;
        Ok(generation)
    }
}

fn contradiction<T>(name: &str, why: &str) -> Result<T> {
    Err(Error::InvalidOption(format!("{name} cannot be used here: {why}")))
}

#[allow(clippy::cast_possible_truncation)] // what is too large for a length is longer than any context
fn size(number: u64) -> usize {
    number.min(u64::from(u32::MAX)) as usize
}

#[allow(clippy::cast_possible_truncation)] // below the size of a vocabulary
fn token(number: u64) -> u32 {
    number as u32
}

#[allow(clippy::cast_possible_truncation)] // scores have no more digits
fn float(number: f64) -> f32 {
    number as f32
}
