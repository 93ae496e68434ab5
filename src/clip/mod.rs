//! CLIP's text encoder, which makes of a prompt the embeddings that a diffusion model attends to.
//!
//! ```text
//! prompt ► Tokenizer ► token_ids [max_length] ► ClipTextModel ► [max_length, hidden_size]
//! ```

mod config;
pub mod model;
mod tokenizer;

use burn::tensor::Device;

pub use config::Config;
pub use model::ClipTextModel;
pub use tokenizer::{Prompt, Tokenizer, Word};

use crate::error::Result;
use crate::weights::{Checkpoint, Parameters, Role, Storage};

/// The most parameters: the largest text encoders have 0.7 billion.
const MAX_PARAMETERS: u64 = 1 << 31;

/// A text encoder whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes. Matrices are kept as `storage` says, all else in
    /// `f32`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, storage: Storage, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let build = |parameters: &mut Parameters| ClipTextModel::new(&config, parameters);
        let checkpoint = Checkpoint::for_network(build, storage, device).with_file_names(file_names);
        checkpoint.check_total(Config::FILE, MAX_PARAMETERS)?;
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
    pub fn finish(self) -> Result<ClipTextModel> {
        let Self { config, checkpoint } = self;
        checkpoint.into_network(|parameters| ClipTextModel::new(&config, parameters))
    }
}

/// Before transformers 5 the names had the prefix `text_model.`, and there was a list of all positions beside the weights.
/// Checkpoints of a whole CLIP have the prefix today too, and what is for pictures, or a projection, is not of this network.
fn file_names(name: &str) -> Role {
    let name = name.strip_prefix("text_model.").unwrap_or(name);
    if name == "embeddings.position_ids" {
        return Role::Constant;
    }
    match name.split('.').next() {
        Some("embeddings" | "encoder" | "final_layer_norm") => Role::Weight(name.to_owned()),
        _ => Role::Foreign,
    }
}
