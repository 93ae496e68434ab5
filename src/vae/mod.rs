//! The autoencoders of latent diffusion: between pictures and the latents that a U-Net takes noise from. The VAE of
//! handwritten digits, which draws by itself, is in [`digits`].

mod bands;
mod blocks;
mod config;
pub mod digits;
mod kl;
mod tiny;

use burn::tensor::{Device, Tensor};

pub use config::{Config, KlConfig, NetworkConfig, TinyConfig};
pub use kl::AutoencoderKl;
pub use tiny::AutoencoderTiny;

use crate::error::Result;
use crate::nn::AttentionBlock;
use crate::weights::{Checkpoint, Parameters, Role, Storage};
use bands::{Plan, Way};

/// The most parameters: those of Stable Diffusion have 84 million.
const MAX_PARAMETERS: u64 = 1 << 30;

/// An autoencoder whose weights are still being loaded.
#[derive(Debug)]
pub struct Loading {
    config: Config,
    storage: Storage,
    /// Takes the weight files.
    pub checkpoint: Checkpoint,
}

impl Loading {
    /// Prepares for the weights of the model that `config_json` describes. Kernels and matrices are kept as `storage` says,
    /// all else in `f32`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, storage: Storage, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        let build = |parameters: &mut Parameters| Network::new(&config, parameters);
        let checkpoint = Checkpoint::for_network(build, storage, device).with_file_names(file_names);
        checkpoint.check_total(Config::FILE, MAX_PARAMETERS)?;
        Ok(Self { config, storage, checkpoint })
    }

    /// The same for a pipeline that does not read `shift_factor`, as those of Stable Diffusion in diffusers.
    #[must_use]
    pub fn without_shift_factor(mut self) -> Self {
        self.config.shift_factor = 0.0;
        self
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
    pub fn finish(self) -> Result<Autoencoder> {
        let Self { config, storage, checkpoint } = self;
        let network = checkpoint.into_network(|parameters| Network::new(&config, parameters))?;
        Ok(Autoencoder { config, network, max_binding: storage.max_binding })
    }
}

/// Stable Diffusion 1's autoencoder has the [older names](AttentionBlock::name_of). What is in none of an autoencoder's parts is
/// not of the network.
fn file_names(name: &str) -> Role {
    const PARTS: [&str; 4] = ["encoder", "decoder", "quant_conv", "post_quant_conv"];
    if !name.split('.').next().is_some_and(|part| PARTS.contains(&part)) {
        return Role::Foreign;
    }
    Role::Weight(AttentionBlock::name_of(name))
}

/// An encoder and a decoder.
#[derive(Debug, Clone)]
enum Network {
    Kl(Box<AutoencoderKl>),
    Tiny(AutoencoderTiny),
}

impl Network {
    fn new(config: &Config, parameters: &mut Parameters) -> Self {
        match &config.network {
            NetworkConfig::Kl(kl) => Self::Kl(Box::new(AutoencoderKl::new(config, kl, parameters))),
            NetworkConfig::Tiny(tiny) => Self::Tiny(AutoencoderTiny::new(config, tiny, parameters)),
        }
    }
}

/// What turns pictures into latents, and latents into pictures.
#[derive(Debug, Clone)]
pub struct Autoencoder {
    config: Config,
    network: Network,
    /// The largest tensor that the device reads, in bytes.
    max_binding: u64,
}

impl Autoencoder {
    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Channels of a latent.
    #[must_use]
    pub fn latent_channels(&self) -> usize {
        self.config.latent_channels
    }

    /// Channels of a picture.
    #[must_use]
    pub fn picture_channels(&self) -> usize {
        self.config.in_channels
    }

    /// Pixels along a side for one latent.
    #[must_use]
    pub fn scale_factor(&self) -> usize {
        self.config.scale_factor()
    }

    /// Latents `[rows, latent_channels, height / scale_factor, width / scale_factor]`, as a U-Net has them, of pictures
    /// `[rows, in_channels, height, width]` from -1 to 1, whose sizes are multiples of `scale_factor`. Where the encoder gives a
    /// distribution, they are drawn from it with `noise` of unit variance in their shape, or without one are its mean.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    pub fn encode(&self, pictures: Tensor<4>, noise: Option<Tensor<4>>) -> Tensor<4> {
        let size = [2, 3].map(|dim| pictures.dims()[dim] / self.scale_factor());
        let plan = Plan::new(&self.config, Way::Encode, size, self.max_binding);
        let latents = plan.by_rows(pictures, |pictures| match &self.network {
            Network::Kl(network) => network.encode(pictures, &plan),
            Network::Tiny(network) => network.encode(pictures, &plan),
        });
        let latents = match &self.network {
            Network::Kl(_) => kl::draw(latents, noise),
            Network::Tiny(_) => latents,
        };
        (latents - self.config.shift_factor) * self.config.scaling_factor
    }

    /// Pictures `[rows, in_channels, height, width]`, about from -1 to 1, of latents as a U-Net has them,
    /// `[rows, latent_channels, height / scale_factor, width / scale_factor]`.
    ///
    /// # Panics
    /// When the shape does not fit.
    #[must_use]
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let size = [2, 3].map(|dim| latents.dims()[dim]);
        let plan = Plan::new(&self.config, Way::Decode, size, self.max_binding);
        let latents = latents / self.config.scaling_factor + self.config.shift_factor;
        plan.by_rows(latents, |latents| match &self.network {
            Network::Kl(network) => network.decode(latents, &plan),
            Network::Tiny(network) => network.decode(latents, &plan),
        })
    }
}
