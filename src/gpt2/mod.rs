//! The pipeline of GPT-2: a prompt and options in, a token of each text a step out.

mod beams;
mod config;
mod generation;
pub mod model;
mod processors;
mod run;

use burn::tensor::{Device, Tensor};

pub use config::Config;
pub use generation::{Defaults, EarlyStopping, Generation, Sampling};
pub use model::Cache;
pub use processors::process;
pub use run::{Event, FinishReason, Run, Sequence, Token};

use crate::error::{Error, Result};
use crate::kernels::Activation;
use crate::options::Options;
use crate::tokenizer::Tokenizer;
use crate::weights::Checkpoint;
use model::Gpt2;

/// A GPT-2 whose weights are still on their way.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    device: Device,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let file_names = if config.tie_word_embeddings { tied_file_names } else { file_names };
        let checkpoint = Checkpoint::new(&Gpt2::new(&config, device), model::key_map, device);
        Ok(Self { config, device: device.clone(), checkpoint: checkpoint.with_file_names(file_names) })
    }

    /// The model, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<LanguageModel> {
        let network = self.checkpoint.into_module(Gpt2::new(&self.config, &self.device))?;
        let activation = self.config.activation()?;
        Ok(LanguageModel { config: self.config, network, activation, device: self.device })
    }
}

/// Checkpoints of the whole model have the prefix `transformer.`, those of the model without its head do not; old ones
/// hold the causal mask too, which is no weight.
fn file_names(name: &str) -> Option<&str> {
    let name = name.strip_prefix("transformer.").unwrap_or(name);
    let is_mask = name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
    (!is_mask).then_some(name)
}

/// Where the head is the token embedding, some checkpoints hold it a second time.
fn tied_file_names(name: &str) -> Option<&str> {
    file_names(name).filter(|name| *name != "lm_head.weight")
}

/// A GPT-2 ready to read.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    config: Config,
    network: Gpt2,
    activation: Activation,
    device: Device,
}

impl LanguageModel {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// An empty cache for `rows` texts of up to `capacity` tokens, at most the model's context.
    ///
    /// # Errors
    /// `invalid-option` when the context is shorter than that.
    pub fn cache(&self, rows: usize, capacity: usize) -> Result<Cache> {
        let context = self.config.n_positions;
        if rows == 0 || capacity > context {
            return Err(Error::InvalidOption(format!(
                "a cache of {rows} rows of {capacity} tokens; the model's context has {context}"
            )));
        }
        Ok(Cache::new(&self.config, rows, capacity, &self.device))
    }

    /// Reads `token_ids`, one list of the same length for each of the cache's rows, after those read before. Gives the
    /// scores of the token after each of them, `[rows, length, vocab_size]`, before any softmax.
    ///
    /// # Errors
    /// `invalid-option` when the lists do not fit each other, the cache or the vocabulary.
    pub fn logits(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Result<Tensor<3>> {
        let hidden = self.hidden(token_ids, cache)?;
        let [rows, length, width] = hidden.dims();
        let logits = self.network.logits(hidden.reshape([rows * length, width]));
        Ok(logits.reshape([rows, length, self.config.vocab_size]))
    }

    /// The same after the last of them only, `[rows, vocab_size]`.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn next_logits(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Result<Tensor<2>> {
        let hidden = self.hidden(token_ids, cache)?;
        let [rows, length, width] = hidden.dims();
        Ok(self.network.logits(hidden.narrow(1, length - 1, 1).reshape([rows, width])))
    }

    fn hidden(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Result<Tensor<3>> {
        let invalid = |what: String| Err(Error::InvalidOption(what));
        let length = token_ids.first().map_or(0, Vec::len);
        if length == 0 || token_ids.len() != cache.rows() || token_ids.iter().any(|ids| ids.len() != length) {
            return invalid(format!("token_ids must be {} lists of one length, not empty", cache.rows()));
        }
        if cache.len() + length > cache.capacity() {
            let (read, capacity) = (cache.len(), cache.capacity());
            return invalid(format!("{length} tokens after {read} are more than the cache's {capacity}"));
        }
        if let Some(id) = token_ids.iter().flatten().find(|&&id| id as usize >= self.config.vocab_size) {
            return invalid(format!("token {id} is beyond the vocabulary of {}", self.config.vocab_size));
        }
        Ok(self.network.read(token_ids, cache, self.activation))
    }
}

/// A language model with its tokenizer, ready to write.
#[derive(Debug, Clone)]
pub struct Pipeline {
    model: LanguageModel,
    tokenizer: Tokenizer,
    defaults: Defaults,
}

impl Pipeline {
    /// Puts a model, its tokenizer and its `generation_config.json` together.
    ///
    /// # Errors
    /// `unsupported-model` when the tokenizer knows tokens that the model does not.
    pub fn new(model: LanguageModel, tokenizer: Tokenizer, defaults: Defaults) -> Result<Self> {
        let (knows, vocab_size) = (tokenizer.vocab_size(), model.config.vocab_size);
        if knows > vocab_size {
            return Err(Error::UnsupportedModel(format!(
                "the tokenizer has {knows} tokens and the model's vocab_size is {vocab_size}: they belong to two models"
            )));
        }
        Ok(Self { model, tokenizer, defaults })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &LanguageModel {
        &self.model
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Starts a text after `prompt`; an empty one starts from the model's `bos_token_id`.
    /// [`Generation`] says what the options mean.
    ///
    /// # Errors
    /// `prompt-too-long` when no token fits after it, `invalid-option` naming the option.
    pub fn start(&self, prompt: &str, options: Options, random_seed: u64) -> Result<Run> {
        let config = &self.model.config;
        let mut prompt_ids = self.tokenizer.encode(prompt)?;
        if prompt_ids.is_empty() {
            prompt_ids.extend(config.bos_token_id());
        }
        if prompt_ids.is_empty() {
            return Err(Error::InvalidOption(
                "the prompt is empty, and the model has no bos_token_id".to_owned(),
            ));
        }
        if prompt_ids.len() >= config.n_positions {
            return Err(Error::PromptTooLong(format!(
                "the prompt has {} tokens; the model's context has {}, and at least one must be free",
                prompt_ids.len(),
                config.n_positions
            )));
        }
        let (defaults, tokenizer) = (&self.defaults, &self.tokenizer);
        let generation =
            Generation::read(options, defaults, config, tokenizer, prompt_ids.len(), random_seed)?;
        Run::new(self.clone(), prompt.to_owned(), prompt_ids, generation)
    }
}
