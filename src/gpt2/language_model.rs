//! A GPT-2 with its configuration: loading it, and its logits and attention for tokens.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::cache::Cache;
use super::config::Config;
use super::input::Input;
use super::model::Gpt2;
use crate::error::{Error, Result};
use crate::weights::{Checkpoint, Parameters, Role, Storage};

/// The most bytes that the keys and values of one call may take.
pub const MAX_CACHE: u64 = 1 << 30;

/// A GPT-2 whose weights are still being loaded.
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
        storage.check_total(config.parameters() as u64)?;
        let build = |parameters: &mut Parameters| Gpt2::new(&config, parameters);
        let mut checkpoint = Checkpoint::for_network(build, storage, device).with_file_names(file_names);
        if config.tie_word_embeddings {
            checkpoint = checkpoint.with_tied(EMBEDDING, HEAD);
        }
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
        let Self { mut config, checkpoint } = self;
        let mut warnings = checkpoint.warnings("model.safetensors");
        if config.tie_word_embeddings && checkpoint.has_arrived(HEAD) {
            config.tie_word_embeddings = false;
            warnings.push(format!(
                "model.safetensors: {HEAD} differs from {EMBEDDING}, which it is by config.json; both are used"
            ));
        }
        let network = checkpoint.into_network(|parameters| Gpt2::new(&config, parameters))?;
        Ok(LanguageModel { config, network: Arc::new(network), warnings: warnings.into() })
    }
}

const EMBEDDING: &str = "wte.weight";
const HEAD: &str = "lm_head.weight";

/// Checkpoints of the whole model have the prefix `transformer.`, those of the model without its head do not. Old ones
/// hold the causal mask too. Models for other tasks, and those that were trained with rewards, have heads of their own.
fn file_names(name: &str) -> Role {
    let name = name.trim_start_matches("transformer.");
    if name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") {
        return Role::Constant;
    }
    match name.split('.').next() {
        Some("wte" | "wpe" | "h" | "ln_f") => Role::Weight(name.to_owned()),
        _ if name == HEAD => Role::Weight(name.to_owned()),
        _ => Role::Foreign,
    }
}

/// A GPT-2 ready to read. A clone shares the network.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    config: Config,
    network: Arc<Gpt2>,
    warnings: Arc<[String]>,
}

impl LanguageModel {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What was passed over in the weight files.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
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
