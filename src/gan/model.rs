//! A generator and a discriminator of plain linear layers, with or without classes.
//!
//! Reference: Goodfellow et al., "Generative Adversarial Nets" (2014), <https://arxiv.org/abs/1406.2661>;
//! classes as in Mirza and Osindero (2014), <https://arxiv.org/abs/1411.1784>. In PyTorch each network is
//! an `nn.Sequential` named `main`, beside an `nn.Embedding` named `class_embedding` if it has classes;
//! `training/gan.py` has both.
//!
//! ```text
//! latents [batch, latent_dim] ┐
//! class embedding [batch, e]  ┴ cat ► Linear ► ReLU ► … ► Linear ► tanh ► pictures [batch, pixels] in [-1, 1]
//!
//! pictures [batch, pixels]    ┐
//! class embedding [batch, e]  ┴ cat ► Linear ► LeakyReLU ► … ► Linear ► sigmoid ► scores [batch, 1] in (0, 1)
//! ```
//!
//! `pixels` is `num_channels · image_size²`, channel by channel, row by row. Instead of class numbers the
//! networks take `class_weights [batch, num_classes]`, rows that mix the classes' embeddings: a one-hot
//! row is one class, and rows in between lead from one digit to another.

use burn::module::{Module, Param, ParamId};
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Tensor};

use crate::config::Fields;
use crate::error::Result;
use crate::kernels::{Activation, linear_layer, matmul};
use crate::weights::Key;

/// The sizes of both networks, from the model's `config.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Height and width of a picture, in pixels.
    pub image_size: usize,
    /// 1 (grey) or 3 (RGB).
    pub num_channels: usize,
    /// Size of the noise that a picture is made from.
    pub latent_dim: usize,
    /// Sizes of the generator's hidden layers, first to last.
    pub generator_hidden_sizes: Vec<usize>,
    /// Sizes of the discriminator's hidden layers, first to last.
    pub discriminator_hidden_sizes: Vec<usize>,
    /// Slope of the discriminator's LeakyReLU below zero.
    pub negative_slope: f64,
    /// Number of classes; 0 for a generator that has none.
    pub num_classes: usize,
    /// Size of a class's embedding; 0 without classes.
    pub class_embedding_dim: usize,
}

impl Config {
    /// The most that one size may be: a layer of this size squared is still addressable.
    const MAX_SIZE: usize = 16_384;
    /// The most hidden layers that both networks may have together.
    const MAX_LAYERS: usize = 62;
    /// The most parameters that both networks may have together (1 GiB in `f32`).
    const MAX_PARAMETERS: usize = 1 << 28;

    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json("config.json", json)?;
        fields.required("model_type", "this pipeline reads \"gan\"", |kind| (kind == "gan").then_some(()))?;
        let sizes = 1..=Self::MAX_SIZE;
        let config = Self {
            image_size: fields.required_size("image_size", sizes.clone())?,
            num_channels: fields.required("num_channels", "it must be 1 or 3", |value| {
                [1, 3].into_iter().find(|channels| value == channels)
            })?,
            latent_dim: fields.required_size("latent_dim", sizes.clone())?,
            generator_hidden_sizes: fields.required_sizes("generator_hidden_sizes", &sizes)?,
            discriminator_hidden_sizes: fields.required_sizes("discriminator_hidden_sizes", &sizes)?,
            negative_slope: fields.number("negative_slope", 0.2)?,
            num_classes: fields.size("num_classes", 0, 0..=Self::MAX_SIZE)?,
            class_embedding_dim: fields.size("class_embedding_dim", 0, 0..=Self::MAX_SIZE)?,
        };
        config.check(&fields)?;
        Ok(config)
    }

    /// Values in one picture.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.num_channels * self.image_size * self.image_size
    }

    /// Sizes of the generator's layers, from its input to its output.
    pub(super) fn generator_sizes(&self) -> Vec<usize> {
        let input = self.latent_dim + self.class_embedding_dim;
        [&[input], self.generator_hidden_sizes.as_slice(), &[self.pixels()]].concat()
    }

    /// The discriminator's.
    pub(super) fn discriminator_sizes(&self) -> Vec<usize> {
        let input = self.pixels() + self.class_embedding_dim;
        [&[input], self.discriminator_hidden_sizes.as_slice(), &[1]].concat()
    }

    fn check(&self, fields: &Fields) -> Result<()> {
        if (self.num_classes == 0) != (self.class_embedding_dim == 0) {
            return Err(fields.error("num_classes and class_embedding_dim are both 0 or both not"));
        }
        let layers = self.generator_hidden_sizes.len() + self.discriminator_hidden_sizes.len();
        if layers > Self::MAX_LAYERS {
            return Err(fields.error(&format!("{layers} hidden layers, more than {}", Self::MAX_LAYERS)));
        }
        let parameters = [self.generator_sizes(), self.discriminator_sizes()]
            .iter()
            .flat_map(|sizes| sizes.windows(2))
            .fold(0, |sum: usize, pair| sum.saturating_add(pair[0].saturating_mul(pair[1])));
        if parameters > Self::MAX_PARAMETERS {
            return Err(fields.error(&format!("{parameters} parameters, more than {}", Self::MAX_PARAMETERS)));
        }
        Ok(())
    }
}

/// Noise to pictures.
#[derive(Module, Debug)]
pub struct Generator {
    class_embedding: Option<Embedding>,
    main: Vec<Linear>,
}

impl Generator {
    fn new(config: &Config, device: &Device) -> Self {
        Self {
            class_embedding: class_embedding(config, device),
            main: linear_layers(&config.generator_sizes(), device),
        }
    }

    /// Unit-normal `latents [batch, latent_dim]` to pictures `[batch, pixels]` in [-1, 1].
    /// `class_weights [batch, num_classes]` is for models with classes.
    pub fn forward(&self, latents: Tensor<2>, class_weights: Option<Tensor<2>>) -> Tensor<2> {
        let input = with_class(latents, self.class_embedding.as_ref(), class_weights);
        perceptron(&self.main, input, Activation::Relu, Activation::Tanh)
    }
}

/// Pictures to the probability that each is real.
#[derive(Module, Debug)]
pub struct Discriminator {
    class_embedding: Option<Embedding>,
    main: Vec<Linear>,
    negative_slope: f64,
}

impl Discriminator {
    fn new(config: &Config, device: &Device) -> Self {
        Self {
            class_embedding: class_embedding(config, device),
            main: linear_layers(&config.discriminator_sizes(), device),
            negative_slope: config.negative_slope,
        }
    }

    /// Pictures `[batch, pixels]` in [-1, 1] to scores `[batch, 1]` in (0, 1).
    /// `class_weights [batch, num_classes]` is for models with classes.
    pub fn forward(&self, pictures: Tensor<2>, class_weights: Option<Tensor<2>>) -> Tensor<2> {
        self.judge(pictures, class_weights, Activation::Sigmoid)
    }

    /// The same without the sigmoid: what a loss is computed from, since its logarithm of a score loses digits.
    pub fn logits(&self, pictures: Tensor<2>, class_weights: Option<Tensor<2>>) -> Tensor<2> {
        self.judge(pictures, class_weights, Activation::Identity)
    }

    fn judge(&self, pictures: Tensor<2>, class_weights: Option<Tensor<2>>, output: Activation) -> Tensor<2> {
        let input = with_class(pictures, self.class_embedding.as_ref(), class_weights);
        #[allow(clippy::cast_possible_truncation)] // a slope needs no more digits
        let hidden = Activation::LeakyRelu(self.negative_slope as f32);
        perceptron(&self.main, input, hidden, output)
    }
}

/// The two networks, as one checkpoint holds them.
#[derive(Module, Debug)]
pub struct Gan {
    /// Noise to pictures.
    pub generator: Generator,
    /// Pictures to the probability that each is real.
    pub discriminator: Discriminator,
}

impl Gan {
    /// Both networks with parameters that wait for a checkpoint.
    #[must_use]
    pub fn new(config: &Config, device: &Device) -> Self {
        Self { generator: Generator::new(config, device), discriminator: Discriminator::new(config, device) }
    }
}

fn class_embedding(config: &Config, device: &Device) -> Option<Embedding> {
    (config.num_classes > 0)
        .then(|| Embedding { weight: parameter([config.num_classes, config.class_embedding_dim], device) })
}

fn linear_layers(sizes: &[usize], device: &Device) -> Vec<Linear> {
    let layer = |inputs, outputs| Linear {
        weight: parameter([inputs, outputs], device),
        bias: Some(parameter([outputs], device)),
    };
    sizes.windows(2).map(|pair| layer(pair[0], pair[1])).collect()
}

/// A parameter that waits for a checkpoint.
fn parameter<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    let zeros = move |device: &Device, requires_grad: bool| {
        let zeros = Tensor::zeros(shape, device);
        if requires_grad { zeros.require_grad() } else { zeros }
    };
    Param::uninitialized(ParamId::new(), zeros, device.clone(), true, shape.into())
}

/// Concatenates the class's embedding, mixed by the rows of `class_weights`, to `input [batch, size]`.
fn with_class(
    input: Tensor<2>,
    embedding: Option<&Embedding>,
    class_weights: Option<Tensor<2>>,
) -> Tensor<2> {
    match (embedding, class_weights) {
        (Some(embedding), Some(weights)) => {
            Tensor::cat(vec![input, matmul(&weights, embedding.weight.val())], 1)
        }
        _ => input,
    }
}

/// Linear layers, `hidden` after each but the last, which has `output`.
fn perceptron(layers: &[Linear], input: Tensor<2>, hidden: Activation, output: Activation) -> Tensor<2> {
    layers.iter().enumerate().fold(input, |x, (index, layer)| {
        let activation = if index + 1 < layers.len() { hidden } else { output };
        linear_layer(layer, &x, activation)
    })
}

/// Where a parameter of [`Gan`] stands in the checkpoint: the activations have the odd indices of PyTorch's
/// `nn.Sequential`, so its layer 2 is our `main.1`.
#[must_use]
pub fn key_map(path: &str, layer: &str) -> Key {
    let name: Vec<String> = path
        .split('.')
        .map(|part| part.parse::<usize>().map_or_else(|_| part.to_owned(), |index| (2 * index).to_string()))
        .collect();
    Key { name: name.join("."), transposed: layer == "Linear" && path.ends_with(".weight") }
}
