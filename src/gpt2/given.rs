//! What a call, or a model's defaults, say about a text: each option by itself, in its range.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::options::{Options, whole_number};
use crate::rng::MAX_SEED;

/// The most beams or sequences of one call.
const MAX_ROWS: u64 = 64;
/// Any number of tokens. More than a context has are as many as it has.
const TOKENS: RangeInclusive<u64> = 0..=MAX_SEED;

/// The options that a call and a `generation_config.json` have in common, under transformers' names; `None` where nothing
/// is said. [`super::Generation`] describes what they do.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Given {
    pub max_length: Option<usize>,
    pub max_new_tokens: Option<usize>,
    pub min_new_tokens: Option<usize>,
    pub do_sample: Option<bool>,
    pub temperature: Option<f32>,
    pub top_k: Option<usize>,
    pub top_p: Option<f32>,
    pub min_p: Option<f32>,
    pub typical_p: Option<f32>,
    pub repetition_penalty: Option<f32>,
    pub no_repeat_ngram_size: Option<usize>,
    pub exponential_decay_length_penalty: Option<ExponentialDecay>,
    pub num_beams: Option<usize>,
    pub length_penalty: Option<f32>,
    pub early_stopping: Option<EarlyStopping>,
    pub num_return_sequences: Option<usize>,
    pub stop_strings: Option<Vec<String>>,
}

/// How tokens that end a text become likelier, the longer it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialDecay {
    /// New tokens after which it begins.
    pub start: usize,
    /// How much, with each further token: above 1 likelier, below 1 less likely.
    pub factor: f64,
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

/// The options that shape the distribution that tokens are drawn from.
pub(super) const SHAPES: [&str; 5] = ["temperature", "top_k", "top_p", "min_p", "typical_p"];

impl Given {
    /// Takes what `options` say, and `otherwise` what is said where they say nothing.
    ///
    /// # Errors
    /// `invalid-option`, naming one that is out of its range.
    pub fn read(options: &mut Options, otherwise: &Self) -> Result<Self> {
        Ok(Self {
            max_length: options.integer("max_length", 1..=MAX_SEED)?.map(size).or(otherwise.max_length),
            max_new_tokens: options
                .integer("max_new_tokens", 1..=MAX_SEED)?
                .map(size)
                .or(otherwise.max_new_tokens),
            min_new_tokens: options.integer("min_new_tokens", TOKENS)?.map(size).or(otherwise.min_new_tokens),
            do_sample: options.flag("do_sample")?.or(otherwise.do_sample),
            temperature: options
                .number_above("temperature", 0.0..=100.0)?
                .map(float)
                .or(otherwise.temperature),
            top_k: options.integer("top_k", TOKENS)?.map(size).or(otherwise.top_k),
            top_p: options.number("top_p", 0.0..=1.0)?.map(float).or(otherwise.top_p),
            min_p: options.number("min_p", 0.0..=1.0)?.map(float).or(otherwise.min_p),
            typical_p: options.number_above("typical_p", 0.0..=1.0)?.map(float).or(otherwise.typical_p),
            repetition_penalty: options
                .number_above("repetition_penalty", 0.0..=100.0)?
                .map(float)
                .or(otherwise.repetition_penalty),
            no_repeat_ngram_size: options
                .integer("no_repeat_ngram_size", TOKENS)?
                .map(size)
                .or(otherwise.no_repeat_ngram_size),
            exponential_decay_length_penalty: options
                .parsed(
                    "exponential_decay_length_penalty",
                    "a number of tokens and a factor above 0 and at most 100, such as [100, 1.01]",
                    ExponentialDecay::from_json,
                )?
                .or(otherwise.exponential_decay_length_penalty),
            num_beams: options.integer("num_beams", 1..=MAX_ROWS)?.map(size).or(otherwise.num_beams),
            length_penalty: options
                .number("length_penalty", -10.0..=10.0)?
                .map(float)
                .or(otherwise.length_penalty),
            early_stopping: options
                .parsed("early_stopping", "true, false or \"never\"", EarlyStopping::from_json)?
                .or(otherwise.early_stopping),
            num_return_sequences: options
                .integer("num_return_sequences", 1..=MAX_ROWS)?
                .map(size)
                .or(otherwise.num_return_sequences),
            stop_strings: options.texts("stop_strings")?.or_else(|| otherwise.stop_strings.clone()),
        })
    }

    /// Whether tokens are drawn.
    pub fn is_sampling(&self) -> bool {
        self.do_sample.unwrap_or(false)
    }

    /// How many beams there are; without any it is one.
    pub fn beams(&self) -> usize {
        self.num_beams.unwrap_or(1)
    }

    /// How many texts can differ.
    pub fn most_sequences(&self) -> usize {
        if self.beams() == 1 && self.is_sampling() { size(MAX_ROWS) } else { self.beams() }
    }

    /// Checks that as many texts can differ as are wanted.
    ///
    /// # Errors
    /// `invalid-option` naming `num_return_sequences`.
    pub fn check_sequences(&self) -> Result<()> {
        if self.num_return_sequences.unwrap_or(1) <= self.most_sequences() {
            return Ok(());
        }
        match self.beams() {
            1 => contradiction(
                "num_return_sequences",
                "without sampling or beams all would be the same; set do_sample or num_beams",
            ),
            beams => contradiction("num_return_sequences", &format!("num_beams is {beams}")),
        }
    }
}

impl ExponentialDecay {
    /// By what the scores have grown after this many new tokens, once it has begun.
    pub fn growth(self, new_tokens: usize) -> Option<f64> {
        let further = u32::try_from(new_tokens.checked_sub(self.start)?).ok()?;
        (further > 0).then(|| self.factor.powf(f64::from(further)))
    }

    fn from_json(value: &Value) -> Option<Self> {
        let [start, factor] = value.as_array()?.as_slice() else {
            return None;
        };
        let factor = factor.as_f64().filter(|factor| *factor > 0.0 && *factor <= 100.0)?;
        Some(Self { start: size(whole_number(start, &TOKENS)?), factor })
    }
}

impl EarlyStopping {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Self::Yes),
            Value::Bool(false) => Some(Self::No),
            value => (value == "never").then_some(Self::Never),
        }
    }
}

/// The error for an option that others do not leave room for.
pub(super) fn contradiction<T>(name: &str, why: &str) -> Result<T> {
    Err(Error::InvalidOption(format!("{name} cannot be used here: {why}")))
}

#[allow(clippy::cast_possible_truncation)] // what is too large for a length is longer than any context
pub(super) fn size(number: u64) -> usize {
    number.min(u64::from(u32::MAX)) as usize
}

#[allow(clippy::cast_possible_truncation)] // scores have no more digits
fn float(number: f64) -> f32 {
    number as f32
}
