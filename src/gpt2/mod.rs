//! The pipeline of GPT-2: a prompt and options in, a token of each text a step out.

mod beams;
mod cache;
mod config;
mod event;
mod generation;
mod input;
pub mod model;
mod processors;
mod prompt;
mod replay;
mod request;
mod row;
mod run;
mod text_stream;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, Transaction};

pub use cache::Cache;
pub use config::Config;
pub use event::{Event, FinishReason, Sequence, Token};
pub use generation::{Defaults, EarlyStopping, Generation, Sampling};
pub use input::Input;
pub use processors::process;
pub use prompt::Prompt;
pub use run::Run;

use crate::error::{Error, Result};
use crate::options::Options;
use crate::readback;
use crate::tokenizer::Tokenizer;
use crate::weights::{Checkpoint, Parameters, Storage};
use model::Gpt2;
use processors::log_softmax;

/// Bytes that the keys and values of one call may take.
pub const MAX_CACHE: u64 = 1 << 30;

/// A GPT-2 whose weights are still on their way.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes, which are stored as `storage` says.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, storage: Storage, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        storage.check_total(config.parameters())?;
        let activation = config.activation()?;
        let file_names = if config.tie_word_embeddings { tied_file_names } else { file_names };
        let build = |parameters: &mut Parameters| Gpt2::new(&config, activation, parameters);
        let checkpoint = Checkpoint::for_network(build, storage, device).with_file_names(file_names);
        Ok(Self { config, checkpoint })
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The model, once all weights have come.
    ///
    /// # Errors
    /// `weights-mismatch` when some have not.
    pub fn finish(self) -> Result<LanguageModel> {
        let Self { config, checkpoint } = self;
        let activation = config.activation()?;
        let network = checkpoint.into_network(|parameters| Gpt2::new(&config, activation, parameters))?;
        Ok(LanguageModel { config, network: Arc::new(network) })
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

/// A GPT-2 ready to read. A clone shares the network.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    config: Config,
    network: Arc<Gpt2>,
}

impl LanguageModel {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How the weights are stored: `f32`, `f16` or `q8`.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.network.format().name()
    }

    /// An empty cache for `rows` texts of up to `capacity` tokens, at most the model's context.
    ///
    /// # Errors
    /// `invalid-option` when the context is shorter than that, or the cache larger than [`MAX_CACHE`].
    pub fn cache(&self, rows: usize, capacity: usize) -> Result<Cache> {
        let Config { n_positions: context, n_embd, n_layer, .. } = self.config;
        if rows == 0 || capacity > context {
            return Err(Error::InvalidOption(format!(
                "a cache of {rows} rows of {capacity} tokens; the model's context has {context}"
            )));
        }
        let bytes = [2, size_of::<f32>(), n_layer, n_embd, capacity, rows]
            .iter()
            .fold(1, |bytes: u64, &factor| bytes.saturating_mul(factor as u64));
        if bytes > MAX_CACHE {
            return Err(Error::InvalidOption(format!(
                "{rows} sequences or beams of {capacity} tokens need {bytes} bytes for their keys and values; \
                 there are {MAX_CACHE} at most, so ask for fewer or shorter ones"
            )));
        }
        Ok(Cache::new(&self.config, rows, capacity, &self.network.device()))
    }

    /// Reads `token_ids`, one list of the same length for each of the cache's rows, after those read before. Returns the
    /// scores of the token after each of them, `[rows, length, vocab_size]`, before any softmax.
    ///
    /// # Errors
    /// `invalid-option` when the lists do not fit each other, the cache or the vocabulary.
    pub fn logits(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Result<Tensor<3>> {
        self.check(token_ids, cache)?;
        let logits = self.network.logits(&self.hidden(token_ids, cache));
        Ok(logits.reshape([token_ids.len(), token_ids[0].len(), self.config.vocab_size]))
    }

    /// The same after the last of them only, `[rows, vocab_size]`.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn next_logits(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Result<Tensor<2>> {
        self.check(token_ids, cache)?;
        let (rows, length, width) = (token_ids.len(), token_ids[0].len(), self.config.n_embd);
        if length == 1 {
            return Ok(cache.next_logits(&self.network, token_ids));
        }
        let hidden = self.hidden(token_ids, cache).reshape([rows, length, width]);
        let last = hidden.narrow(1, length - 1, 1).reshape([rows, width]);
        Ok(self.network.logits(&last))
    }

    /// How much each token of one text attends to each in block `layer`, `[n_head, length, length]`.
    ///
    /// # Errors
    /// `invalid-option` when there is no such block, or the tokens do not fit.
    pub fn attention(&self, token_ids: &[u32], layer: usize) -> Result<Tensor<3>> {
        if layer >= self.config.n_layer {
            let layers = self.config.n_layer;
            return Err(Error::InvalidOption(format!("layer is {layer}; the model has {layers}, from 0")));
        }
        let mut cache = self.cache(1, token_ids.len())?;
        let token_ids = [token_ids.to_vec()];
        self.check(&token_ids, &cache)?;
        let (position, layers) = cache.extend(&token_ids);
        let input = Input::new(&token_ids, position, &self.network.device());
        Ok(self.network.attention(&input, layer, layers))
    }

    fn hidden(&self, token_ids: &[Vec<u32>], cache: &mut Cache) -> Tensor<2> {
        let (position, layers) = cache.extend(token_ids);
        self.network.hidden(&Input::new(token_ids, position, &self.network.device()), layers)
    }

    fn check(&self, token_ids: &[Vec<u32>], cache: &Cache) -> Result<()> {
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
        Ok(())
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
    /// Those of [`Config::check_tokenizer`].
    pub fn new(model: LanguageModel, tokenizer: Tokenizer, defaults: Defaults) -> Result<Self> {
        model.config.check_tokenizer(&tokenizer)?;
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
    pub fn start(&self, prompt: impl Into<Prompt>, options: Options, random_seed: u64) -> Result<Run> {
        let config = &self.model.config;
        let prompt = prompt.into().encode(config, &self.tokenizer)?;
        let len = prompt.token_ids.len();
        if len >= config.n_positions {
            return Err(prompt::too_long(len, config.n_positions));
        }
        let (defaults, tokenizer) = (&self.defaults, &self.tokenizer);
        let generation = Generation::read(options, defaults, config, tokenizer, len, random_seed)?;
        Run::new(self.clone(), prompt, generation)
    }

    /// What a head looks at while it reads `prompt`: the tokens, and `[length, length]` row by row, each row a token's
    /// distribution over itself and those before it. Layers and heads count from 0.
    ///
    /// # Errors
    /// `prompt-too-long`, `invalid-option` when there is no such head, `device-lost`.
    pub async fn attention(
        &self,
        prompt: impl Into<Prompt>,
        layer: usize,
        head: usize,
    ) -> Result<(Vec<u32>, Vec<f32>)> {
        let config = &self.model.config;
        if head >= config.n_head {
            let heads = config.n_head;
            return Err(Error::InvalidOption(format!("head is {head}; the model has {heads}, from 0")));
        }
        let token_ids = prompt.into().encode(config, &self.tokenizer)?.token_ids;
        let probs = self.model.attention(&token_ids, layer)?.narrow(0, head, 1);
        let read = readback::read(Transaction::default().register(probs)).await?;
        Ok((token_ids, read.concat()))
    }

    /// The tokens of `prompt`, and the logarithm of the model's probability for each after those before it; for the
    /// first, which has none before it, 0.
    ///
    /// # Errors
    /// `prompt-too-long`, `invalid-option`, `device-lost`.
    pub async fn score(&self, prompt: impl Into<Prompt>) -> Result<(Vec<u32>, Vec<f32>)> {
        let config = &self.model.config;
        let token_ids = prompt.into().encode(config, &self.tokenizer)?.token_ids;
        let mut cache = self.model.cache(1, token_ids.len())?;
        let mut logprobs = vec![0.0];
        for piece in token_ids.chunks(run::PROMPT_PER_STEP) {
            let logits = self.model.logits(&[piece.to_vec()], &mut cache)?;
            let read = readback::read(Transaction::default().register(logits)).await?.concat();
            for logits in read.chunks_exact(config.vocab_size) {
                if let Some(&next) = token_ids.get(logprobs.len()) {
                    logprobs.push(log_softmax(logits)[next as usize]);
                }
            }
        }
        Ok((token_ids, logprobs))
    }
}
