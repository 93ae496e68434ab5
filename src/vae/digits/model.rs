//! A variational autoencoder of plain linear layers: digits to a few latents, and latents to digits.
//!
//! Reference: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), <https://arxiv.org/abs/1312.6114>. In PyTorch each
//! network is an `nn.Sequential`; `training/vae_mnist.py` has both.
//!
//! ```text
//! encoder:  pictures [batch, pixels] in [0, 1] ► Linear ► act ► … ► Linear ► moments [batch, 2 · latent_dim]
//!                                                                            means, then logarithms of variances
//! latents:  mean + exp(logvar / 2) · noise [batch, latent_dim]
//!
//! decoder:  latents ► Linear ► act ► … ► Linear ► sigmoid ► pictures [batch, pixels] in [0, 1]
//! ```
//!
//! `pixels` is `num_channels · image_size²`, channel by channel, row by row.

use burn::tensor::Tensor;
use serde_json::json;

use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;
use crate::nn::Linear;
use crate::weights::Parameters;

/// The sizes of both networks, from the model's `config.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Height and width of a picture, in pixels.
    pub image_size: usize,
    /// 1 (grey) or 3 (RGB).
    pub num_channels: usize,
    /// Numbers that stand for a picture.
    pub latent_dim: usize,
    /// Sizes of the encoder's hidden layers, first to last.
    pub encoder_hidden_sizes: Vec<usize>,
    /// Sizes of the decoder's hidden layers, first to last.
    pub decoder_hidden_sizes: Vec<usize>,
    /// Between the layers.
    pub activation: Activation,
    /// The weight that the KL divergence had in training (Higgins et al., 2017). Nothing is computed from it.
    pub beta: f64,
    /// What was passed over in the file.
    pub warning: Option<String>,
}

impl Config {
    /// Where a folder has it.
    pub const FILE: &'static str = "config.json";
    /// The most that one size may be: a layer of this size squared is still addressable.
    const MAX_SIZE: usize = 16_384;
    /// The most hidden layers that both networks may have together.
    const MAX_LAYERS: usize = 62;

    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json(Self::FILE, json)?;
        fields.required("model_type", "this pipeline reads \"vae\"", |kind| (kind == "vae").then_some(()))?;
        // The sigmoid gives no others.
        fields.parsed("pixel_range", "[0, 1] works", |range| {
            [json!([0, 1]), json!([0.0, 1.0])].contains(range).then_some(())
        })?;
        let sizes = 1..=Self::MAX_SIZE;
        let activations = [("silu", Activation::Silu), ("relu", Activation::Relu)];
        let config = Self {
            image_size: fields.required_size("image_size", sizes.clone())?,
            num_channels: fields.required("num_channels", "it must be 1 or 3", |value| {
                [1, 3].into_iter().find(|channels| value == channels)
            })?,
            latent_dim: fields.required_size("latent_dim", sizes.clone())?,
            encoder_hidden_sizes: fields.required_sizes("encoder_hidden_sizes", &sizes)?,
            decoder_hidden_sizes: fields.required_sizes("decoder_hidden_sizes", &sizes)?,
            activation: fields.required_choice("activation", &activations)?,
            beta: fields.number("beta", 1.0)?,
            warning: None,
        };
        let layers = config.encoder_hidden_sizes.len() + config.decoder_hidden_sizes.len();
        if layers > Self::MAX_LAYERS {
            return Err(fields.error(&format!("{layers} hidden layers, more than {}", Self::MAX_LAYERS)));
        }
        Ok(Self { warning: fields.unread("a VAE of digits"), ..config })
    }

    /// Numbers in one picture.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.num_channels * self.image_size * self.image_size
    }
}

/// Linear layers with an activation between them.
#[derive(Debug, Clone)]
struct Perceptron {
    layers: Vec<Linear>,
    activation: Activation,
}

impl Perceptron {
    /// A network through these sizes. The activations have the odd numbers of PyTorch's `nn.Sequential`, so that layer 1 is its 2.
    fn new(sizes: &[usize], activation: Activation, mut parameters: Parameters) -> Self {
        let layer =
            |(index, pair): (usize, &[usize])| Linear::new(parameters.within(2 * index), pair[0], pair[1]);
        Self { layers: sizes.windows(2).enumerate().map(layer).collect(), activation }
    }

    /// `output` comes after the last layer.
    fn forward(&self, input: Tensor<2>, output: Activation) -> Tensor<2> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(input, |x, (index, layer)| {
            layer.forward(&x, if index < last { self.activation } else { output })
        })
    }
}

/// Both networks.
#[derive(Debug, Clone)]
pub struct Vae {
    encoder: Perceptron,
    decoder: Perceptron,
}

impl Vae {
    /// The networks of a checkpoint's tensors.
    #[must_use]
    pub fn new(config: &Config, parameters: &mut Parameters) -> Self {
        let Config { latent_dim, encoder_hidden_sizes, decoder_hidden_sizes, activation, .. } = config;
        let encoder_sizes = [&[config.pixels()], encoder_hidden_sizes.as_slice(), &[2 * latent_dim]].concat();
        let decoder_sizes = [&[*latent_dim], decoder_hidden_sizes.as_slice(), &[config.pixels()]].concat();
        Self {
            encoder: Perceptron::new(&encoder_sizes, *activation, parameters.within("encoder")),
            decoder: Perceptron::new(&decoder_sizes, *activation, parameters.within("decoder")),
        }
    }

    /// The moments `[batch, 2 · latent_dim]` of the latents of pictures `[batch, pixels]` in [0, 1]: means, and logarithms of
    /// variances.
    #[must_use]
    pub fn encode(&self, pictures: Tensor<2>) -> Tensor<2> {
        self.encoder.forward(pictures, Activation::Identity)
    }

    /// Pictures `[batch, pixels]` in [0, 1] of latents `[batch, latent_dim]`.
    #[must_use]
    pub fn decode(&self, latents: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(latents, Activation::Sigmoid)
    }
}
