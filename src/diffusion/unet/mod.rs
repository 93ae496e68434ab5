//! The U-Net of diffusers, with a text and without, from its `config.json` and its checkpoint.

mod attention;
mod blocks;
mod call;
mod conditional;
mod config;
mod embeddings;
mod kinds;
pub mod model;
mod pass;
mod samplers;
mod unconditional;

use burn::tensor::Device;

pub use call::Conditioning;
pub use config::Config;
pub use embeddings::ClassLabels;
pub use kinds::{Attention, Block, ClassEmbedding, MidBlock, Sampler, TimeEmbedding};
pub use model::UNet;

use crate::error::Result;
use crate::nn::AttentionBlock;
use crate::weights::{Checkpoint, Parameters, Role, Storage};

/// The most parameters: the largest U-Nets have a billion.
const MAX_PARAMETERS: u64 = 1 << 31;

/// A U-Net whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes. Matrices and kernels are kept as `storage`
    /// says, all else in `f32`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, storage: Storage, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let build = |parameters: &mut Parameters| UNet::new(&config, parameters);
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
    pub fn finish(self) -> Result<UNet> {
        let Self { config, checkpoint } = self;
        checkpoint.into_network(|parameters| UNet::new(&config, parameters))
    }
}

/// The attention of pixels may have its [older names](AttentionBlock::name_of). What is in none of a U-Net's parts, whether this
/// one has them or not, is not of the network.
fn file_names(name: &str) -> Role {
    const PARTS: [&str; 9] = [
        "conv_in",
        "time_proj",
        "time_embedding",
        "class_embedding",
        "down_blocks",
        "mid_block",
        "up_blocks",
        "conv_norm_out",
        "conv_out",
    ];
    if !name.split('.').next().is_some_and(|part| PARTS.contains(&part)) {
        return Role::Foreign;
    }
    Role::Weight(AttentionBlock::name_of(name))
}
