//! A model's own defaults for the options of a call: its `generation_config.json`.
//!
//! They are read as a call's options are, with the same ranges, and then give way to what a call says. Source:
//! transformers' `GenerationConfig`, <https://huggingface.co/docs/transformers/main_classes/text_generation>.

use serde_json::Value;

use super::config;
use super::given::{Given, SHAPES, size};
use crate::config::Fields;
use crate::error::Result;
use crate::options::{OptionValue, Options};
use crate::rng::MAX_SEED;

const FILE: &str = "generation_config.json";

/// Read as in `config.json`: null, which is not the same as no field, means that there is none.
const SPECIAL: [&str; 2] = ["bos_token_id", "eos_token_id"];

/// What changes a text in transformers and not here, with the number at which it does not.
const NOT_HERE: [(&str, Option<f64>); 18] = [
    ("constraints", None),
    ("diversity_penalty", Some(0.0)),
    ("dola_layers", None),
    ("encoder_no_repeat_ngram_size", Some(0.0)),
    ("encoder_repetition_penalty", Some(1.0)),
    ("epsilon_cutoff", Some(0.0)),
    ("eta_cutoff", Some(0.0)),
    ("force_words_ids", None),
    ("forced_bos_token_id", None),
    ("guidance_scale", Some(1.0)),
    ("max_time", None),
    ("num_beam_groups", Some(1.0)),
    ("penalty_alpha", Some(0.0)),
    ("renormalize_logits", None),
    ("sequence_bias", None),
    ("token_healing", None),
    ("top_h", None),
    ("watermarking_config", None),
];

/// What changes no text: how the names of such fields begin.
const BOOKKEEPING: [&str; 23] = [
    "_",
    "assistant_",
    "cache_",
    "compile_config",
    "continuous_batching_config",
    "decoder_start_token_id",
    "disable_compile",
    "is_assistant",
    "low_memory",
    "max_cache_len",
    "max_matching_ngram_size",
    "num_assistant_",
    "output_",
    "pad_token_id",
    "prefill_chunk_size",
    "prompt_lookup_num_tokens",
    "remove_invalid_values",
    "return_dict_in_generate",
    "return_legacy_cache",
    "speculation_type",
    "target_lookbehind",
    "transformers_version",
    "use_",
];

/// What a text is like when a call does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    pub(super) given: Given,
    /// The text does not end before it has this many tokens, those of the prompt included.
    pub(super) min_length: usize,
    /// Sequences of tokens that never come.
    pub(super) bad_words: Vec<Vec<u32>>,
    /// Tokens that never come.
    pub(super) suppress_tokens: Vec<u32>,
    /// Tokens that do not come first.
    pub(super) begin_suppress_tokens: Vec<u32>,
    /// Where the length ends a text, one of these is its last token.
    pub(super) forced_eos_token_ids: Vec<u32>,
    /// Tokens that end a text, where the file says which.
    pub(super) eos_token_ids: Option<Vec<u32>>,
    #[allow(clippy::option_option)] // nothing, null and a token are three things
    bos_token_id: Option<Option<u32>>,
    warnings: Vec<String>,
}

impl Defaults {
    /// Those of a folder with this `config.json`. Where there is no `generation_config.json`, older folders have the same
    /// fields in the former.
    ///
    /// # Errors
    /// `unsupported-model`, naming the file and the field.
    pub fn of_folder(config_json: &str, generation_config_json: Option<&str>) -> Result<Self> {
        match generation_config_json {
            Some(json) => Self::from_json(json),
            None => Self::read(&Fields::from_json("config.json", config_json)?, |_| false),
        }
    }

    /// Reads a `generation_config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, naming the field.
    pub fn from_json(json: &str) -> Result<Self> {
        let is_bookkeeping = |name: &str| BOOKKEEPING.iter().any(|start| name.starts_with(start));
        Self::read(&Fields::from_json(FILE, json)?, |name| !is_bookkeeping(name))
    }

    /// What an empty prompt starts from, where the file says it; `Some(None)`: there is no such token.
    #[must_use]
    pub fn bos_token_id(&self) -> Option<Option<u32>> {
        self.bos_token_id
    }

    /// What the file says in vain, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Reads the fields of a file. `should_act` says of a field's name that it is worth a warning when nobody reads it.
    fn read(fields: &Fields, should_act: impl Fn(&str) -> bool) -> Result<Self> {
        let mut warnings = Vec::new();
        let mut options = Options::new();
        // Nothing is drawn unless the file says so, and many people write temperature 0 for that.
        let is_greedy = !fields.entries().any(|(name, value)| name == "do_sample" && *value == true);
        for (name, value) in fields.entries().filter(|(name, _)| !SPECIAL.contains(name)) {
            let mut alone = Options::new().with(name, value.clone());
            match Given::read(&mut alone, &Given::default()) {
                Err(error) if is_greedy && SHAPES.contains(&name) => {
                    warnings.push(fields.about(&format!("{}; it is not used", error.message())));
                }
                _ => options.insert(name, value.clone().into()),
            }
        }
        let defaults = Self::take(&mut options).map_err(|error| fields.error(error.message()))?;
        for (name, value) in options.rest() {
            let not_here = NOT_HERE.iter().find(|(field, _)| *field == name);
            let neutral = not_here.and_then(|(_, number)| *number);
            if (not_here.is_some() || should_act(name)) && !says_nothing(value, neutral) {
                warnings.push(fields.about(&format!("{name} is none of Hearth's options; it is not used")));
            }
        }
        Ok(Self {
            bos_token_id: config::bos_token_id(fields)?,
            eos_token_ids: config::eos_token_ids(fields)?,
            warnings,
            ..defaults
        })
    }

    /// Takes the options that a call has too, and those that only files have.
    fn take(options: &mut Options) -> Result<Self> {
        let given = Given::read(options, &Self::default().given)?;
        given.check_sequences()?;
        let mut tokens = |name| Ok(options.parsed(name, "token ids", config::token_ids)?.unwrap_or_default());
        let [suppress_tokens, begin_suppress_tokens, forced_eos_token_ids] =
            [tokens("suppress_tokens")?, tokens("begin_suppress_tokens")?, tokens("forced_eos_token_id")?];
        let words = |value: &Value| {
            let words = value.as_array()?.iter();
            words.map(|word| word.as_array().and_then(|_| config::token_ids(word))).collect()
        };
        let bad_words = options.parsed("bad_words_ids", "lists of token ids", words)?.unwrap_or_default();
        let min_length = options.integer("min_length", 0..=MAX_SEED)?.map_or(0, size);
        Ok(Self {
            given,
            min_length,
            bad_words,
            suppress_tokens,
            begin_suppress_tokens,
            forced_eos_token_ids,
            ..Self::default()
        })
    }
}

/// Whether a field's value leaves a text as it is. `neutral` is the number that does.
fn says_nothing(value: &OptionValue, neutral: Option<f64>) -> bool {
    match value {
        OptionValue::Json(Value::Array(entries)) => entries.is_empty(),
        OptionValue::Json(Value::Object(entries)) => entries.is_empty(),
        OptionValue::Json(value) => *value == false || (value.is_number() && value.as_f64() == neutral),
        OptionValue::Floats(_) => false,
    }
}
