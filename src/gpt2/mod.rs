//! The pipeline of GPT-2: a prompt and options in, a token of each text a step out.

mod beams;
mod cache;
mod config;
mod defaults;
mod event;
mod generation;
mod given;
mod input;
mod language_model;
pub mod model;
mod processors;
mod prompt;
mod replay;
mod request;
mod row;
mod run;
mod stop;

use burn::tensor::Transaction;

pub use cache::Cache;
pub use config::Config;
pub use defaults::Defaults;
pub use event::{Event, FinishReason, Sequence, Token};
pub use generation::{Generation, Sampling};
pub use given::EarlyStopping;
pub use input::Input;
pub use language_model::{LanguageModel, Loading, MAX_CACHE};
pub use processors::process;
pub use prompt::Prompt;
pub use run::Run;
pub use stop::stops;

use crate::error::Result;
use crate::options::Options;
use crate::readback;
use crate::tokenizer::Tokenizer;
use processors::log_softmax;
use prompt::EncodedPrompt;

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
        model.config().check_tokenizer(&tokenizer)?;
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

    /// What was passed over in the folder's files, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let config = self.model.config();
        let of_tokenizer = self.tokenizer.warning(config.vocab_size);
        [config.warnings(), self.defaults.warnings(), of_tokenizer.as_slice(), self.model.warnings()].concat()
    }

    /// The model's defaults for what a call does not say.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Starts a text after `prompt`; an empty one starts from the model's `bos_token_id`.
    /// [`Generation`] says what the options mean.
    ///
    /// # Errors
    /// `prompt-too-long` when no token fits after it, `invalid-option` naming the option.
    pub fn start(&self, prompt: impl Into<Prompt>, options: Options, random_seed: u64) -> Result<Run> {
        let config = self.model.config();
        let prompt = self.encode(prompt)?;
        let len = prompt.token_ids.len();
        if len >= config.n_positions {
            return Err(prompt::too_long(len, config.n_positions));
        }
        let (defaults, tokenizer) = (&self.defaults, &self.tokenizer);
        let generation = Generation::read(options, defaults, config, tokenizer, len, random_seed)?;
        Run::new(self.clone(), prompt, generation)
    }

    /// What a head attends to in `prompt`: the tokens, and `[length, length]` row by row, each row a token's distribution over
    /// itself and those before it. Takes the options `layer` and `head`, which count from 0 and are 0 by default.
    ///
    /// # Errors
    /// `prompt-too-long`, `invalid-option` when there is no such head, `device-lost`.
    pub async fn attention(
        &self,
        prompt: impl Into<Prompt>,
        mut options: Options,
    ) -> Result<(Vec<u32>, Vec<f32>)> {
        let config = self.model.config();
        let layer = options.index("layer", config.n_layer)?.unwrap_or(0);
        let head = options.index("head", config.n_head)?.unwrap_or(0);
        options.finish()?;
        let token_ids = self.encode(prompt)?.token_ids;
        let probs = self.model.attention(&token_ids, layer)?.narrow(0, head, 1);
        let read = readback::read(Transaction::default().register(probs)).await?;
        Ok((token_ids, read.concat()))
    }

    /// The tokens of `prompt`, and the logarithm of the model's probability for each after those before it (0 for the first,
    /// which has none before it). Takes no options.
    ///
    /// # Errors
    /// `prompt-too-long`, `invalid-option`, `device-lost`.
    pub async fn score(&self, prompt: impl Into<Prompt>, options: Options) -> Result<(Vec<u32>, Vec<f32>)> {
        options.finish()?;
        let token_ids = self.encode(prompt)?.token_ids;
        let mut cache = self.model.cache(1, token_ids.len())?;
        let mut logprobs = vec![0.0];
        for piece in token_ids.chunks(run::PROMPT_PER_STEP) {
            let logits = self.model.logits(&[piece.to_vec()], &mut cache)?;
            let read = readback::read(Transaction::default().register(logits)).await?.concat();
            for logits in read.chunks_exact(self.model.config().vocab_size) {
                if let Some(&next) = token_ids.get(logprobs.len()) {
                    logprobs.push(log_softmax(logits)[next as usize]);
                }
            }
        }
        Ok((token_ids, logprobs))
    }

    fn encode(&self, prompt: impl Into<Prompt>) -> Result<EncodedPrompt> {
        let config = self.model.config();
        let bos_token_id = self.defaults.bos_token_id().unwrap_or(config.bos_token_id);
        prompt.into().encode(config, &self.tokenizer, bos_token_id.filter(|&id| config.knows(id)))
    }
}
