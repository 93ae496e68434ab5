//! The options of a text, under transformers' names.

use super::config::Config;
use super::defaults::Defaults;
use super::given::{EarlyStopping, ExponentialDecay, Given, SHAPES, contradiction, size};
use crate::error::Result;
use crate::options::Options;
use crate::tokenizer::Tokenizer;

/// The default number of new tokens.
const DEFAULT_NEW_TOKENS: usize = 50;

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
    /// How the end becomes likelier, the longer the text is.
    pub exponential_decay: Option<ExponentialDecay>,
    /// Sequences of tokens that never occur.
    pub bad_words: Vec<Vec<u32>>,
    /// Tokens that never occur.
    pub suppress_tokens: Vec<u32>,
    /// Tokens that do not come first.
    pub begin_suppress_tokens: Vec<u32>,
    /// Where the length ends a text, one of these is its last token.
    pub forced_eos_token_ids: Vec<u32>,
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

impl Generation {
    /// Reads the options of a call whose prompt has `prompt_len` tokens. What the call does not say, `defaults` say. They give
    /// way where the call leaves them no room; only what the call itself says can be a contradiction.
    ///
    /// # Errors
    /// `invalid-option`, naming one that is unknown, out of range, or contradicts another.
    pub fn read(
        mut options: Options,
        defaults: &Defaults,
        config: &Config,
        tokenizer: &Tokenizer,
        prompt_len: usize,
        random_seed: u64,
    ) -> Result<Self> {
        let [by_length, by_new, by_least] =
            ["max_length", "max_new_tokens", "min_new_tokens"].map(|name| options.has(name));
        let shape = SHAPES.into_iter().find(|name| options.has(name));
        let beam_option = ["length_penalty", "early_stopping"].into_iter().find(|name| options.has(name));
        let by_sequences = options.has("num_return_sequences");
        let given = Given::read(&mut options, &defaults.given)?;

        let max_new_tokens = match (given.max_new_tokens, given.max_length) {
            _ if by_length && by_new => return contradiction("max_length", "max_new_tokens is given too"),
            (Some(new), _) if !by_length => new,
            (_, Some(length)) if length <= prompt_len => {
                let (its, help) =
                    if by_length { ("it is", "") } else { ("the model's is", "; set max_new_tokens") };
                let why = format!("{its} {length}, and the prompt has {prompt_len} tokens already{help}");
                return contradiction("max_length", &why);
            }
            (_, Some(length)) => length - prompt_len,
            (_, None) => DEFAULT_NEW_TOKENS,
        };
        let max_new_tokens = max_new_tokens.min(config.n_positions.saturating_sub(prompt_len));
        let min_new_tokens =
            given.min_new_tokens.unwrap_or_else(|| defaults.min_length.saturating_sub(prompt_len));
        if by_least && min_new_tokens > max_new_tokens {
            let why = format!("it is {min_new_tokens}, and at most {max_new_tokens} tokens come");
            return contradiction("min_new_tokens", &why);
        }
        if let (false, Some(name)) = (given.is_sampling(), shape) {
            return contradiction(name, "it shapes what is drawn from; set do_sample to true to draw");
        }
        if let (1, Some(name)) = (given.beams(), beam_option) {
            return contradiction(name, "it is for beam search; set num_beams to 2 or more");
        }
        if by_sequences {
            given.check_sequences()?;
        }

        let bad_words = match options.texts("bad_words")? {
            Some(words) => {
                let spellings = words.iter().map(|word| tokenizer.spellings(word));
                spellings.collect::<Result<Vec<_>>>()?.concat()
            }
            None => defaults.bad_words.clone(),
        };
        let eos_token_ids = match options.integers("eos_token_id", 0..=config.vocab_size as u64 - 1)? {
            Some(ids) => ids.into_iter().map(token).collect(),
            None => defaults.eos_token_ids.as_deref().unwrap_or(config.eos_token_ids()).to_vec(),
        };
        let generation = Self {
            max_new_tokens,
            min_new_tokens,
            sampling: given.is_sampling().then(|| Sampling {
                temperature: given.temperature.unwrap_or(1.0),
                top_k: given.top_k.unwrap_or(50),
                top_p: given.top_p.unwrap_or(1.0),
                min_p: given.min_p.unwrap_or(0.0),
                typical_p: given.typical_p.unwrap_or(1.0),
            }),
            repetition_penalty: given.repetition_penalty.unwrap_or(1.0),
            no_repeat_ngram_size: given.no_repeat_ngram_size.unwrap_or(0),
            exponential_decay: given.exponential_decay_length_penalty,
            bad_words,
            suppress_tokens: defaults.suppress_tokens.clone(),
            begin_suppress_tokens: defaults.begin_suppress_tokens.clone(),
            forced_eos_token_ids: defaults.forced_eos_token_ids.clone(),
            num_beams: given.beams(),
            length_penalty: given.length_penalty.unwrap_or(1.0),
            early_stopping: given.early_stopping.unwrap_or(EarlyStopping::No),
            num_return_sequences: given.num_return_sequences.unwrap_or(1).min(given.most_sequences()),
            eos_token_ids,
            stop_strings: given.stop_strings.unwrap_or_default(),
            seed: options.seed(random_seed)?,
            return_full_text: options.flag("return_full_text")?.unwrap_or(true),
            top_logprobs: options.integer("top_logprobs", 0..=100)?.map_or(0, size),
        };
        options.finish()?;
        Ok(generation)
    }
}

#[allow(clippy::cast_possible_truncation)] // below the size of a vocabulary
fn token(number: u64) -> u32 {
    number as u32
}
