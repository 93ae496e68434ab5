//! A small autoencoder that was trained to do what Stable Diffusion's does, for previews and slow devices.
//!
//! Reference: <https://github.com/madebyollin/taesd>; the code that this agrees with is diffusers' `AutoencoderTiny`.
//!
//! ```text
//! encoder:  (picture + 1) / 2 [rows, 3, 8h, 8w] ► conv ► blocks ► (conv, stride 2 ► blocks) · 3 ► conv ► latents [rows, 4, h, w]
//!
//! decoder:  3 · tanh(latents / 3) ► conv ► act ► (blocks ► doubled ► conv) · 3 ► blocks ► conv ► 2 · picture - 1
//!
//! block:    x ► conv ► act ► conv ► act ► conv ► + x ► ReLU
//! ```
//!
//! Without norms, every layer can be computed in bands.

use burn::tensor::Tensor;

use super::bands::Plan;
use super::config::{Config, TinyConfig};
use crate::kernels::{Activation, ConvGeometry, activate};
use crate::nn::{Bands, Conv2d};
use crate::weights::Parameters;

/// Latents do not go further from zero.
const LATENT_BOUND: f64 = 3.0;

/// Both networks.
#[derive(Debug, Clone)]
pub struct AutoencoderTiny {
    encoder: Vec<Layer>,
    decoder: Vec<Layer>,
    act_fn: Activation,
}

/// A layer of a `Sequential`, of which each has a number in the checkpoint.
#[derive(Debug, Clone)]
enum Layer {
    Conv(Box<Conv2d>),
    Block(Box<AutoencoderTinyBlock>),
    Act,
}

impl AutoencoderTiny {
    /// The networks of a checkpoint's tensors.
    #[must_use]
    pub fn new(config: &Config, tiny: &TinyConfig, parameters: &mut Parameters) -> Self {
        Self {
            encoder: encoder(config, tiny, parameters.within("encoder.layers")),
            decoder: decoder(config, tiny, parameters.within("decoder.layers")),
            act_fn: config.act_fn,
        }
    }

    /// Latents of pictures from -1 to 1.
    #[must_use]
    pub(super) fn encode(&self, pictures: Tensor<4>, plan: &Plan) -> Tensor<4> {
        self.forward(&self.encoder, plan.split((pictures + 1.0) / 2.0)).join()
    }

    /// Pictures of latents.
    #[must_use]
    pub(super) fn decode(&self, latents: Tensor<4>, plan: &Plan) -> Tensor<4> {
        let latents = (latents / LATENT_BOUND).tanh() * LATENT_BOUND;
        self.forward(&self.decoder, plan.split(latents)).join() * 2.0 - 1.0
    }

    fn forward(&self, layers: &[Layer], x: Bands) -> Bands {
        layers.iter().fold(x, |x, layer| match layer {
            Layer::Conv(conv) => conv.over(&x, |x| x),
            Layer::Block(block) => block.forward(x, self.act_fn),
            Layer::Act => x.map(|x| activate(x, self.act_fn)),
        })
    }
}

fn encoder(config: &Config, tiny: &TinyConfig, parameters: Parameters) -> Vec<Layer> {
    let channels = tiny.encoder_channels;
    let mut layers = Sequential::new(parameters);
    for (level, &blocks) in tiny.num_encoder_blocks.iter().enumerate() {
        match level {
            0 => layers.conv(config.in_channels, channels),
            _ => layers
                .conv_without_bias(channels, ConvGeometry { stride: 2, padding: (1, 1), doubled: false }),
        }
        layers.blocks(blocks, channels);
    }
    layers.conv(channels, config.latent_channels);
    layers.layers
}

fn decoder(config: &Config, tiny: &TinyConfig, parameters: Parameters) -> Vec<Layer> {
    let (channels, last) = (tiny.decoder_channels, tiny.num_decoder_blocks.len() - 1);
    let mut layers = Sequential::new(parameters);
    layers.conv(config.latent_channels, channels);
    layers.act();
    for (level, &blocks) in tiny.num_decoder_blocks.iter().enumerate() {
        layers.blocks(blocks, channels);
        if level < last {
            layers.skip(); // what doubles the picture, which the convolution does itself
            layers.conv_without_bias(channels, ConvGeometry { stride: 1, padding: (1, 1), doubled: true });
        }
    }
    layers.conv(channels, config.in_channels);
    layers.layers
}

/// Layers of a checkpoint's tensors, one after the other.
struct Sequential<'a> {
    parameters: Parameters<'a>,
    /// The number of the next.
    next: usize,
    layers: Vec<Layer>,
}

impl<'a> Sequential<'a> {
    fn new(parameters: Parameters<'a>) -> Self {
        Self { parameters, next: 0, layers: Vec::new() }
    }

    /// A number without a layer.
    fn skip(&mut self) {
        self.next += 1;
    }

    fn push(&mut self, layer: impl FnOnce(Parameters) -> Layer) {
        self.layers.push(layer(self.parameters.within(self.next)));
        self.next += 1;
    }

    /// A convolution from or to pictures or latents.
    fn conv(&mut self, inputs: usize, outputs: usize) {
        self.push(|parameters| Layer::Conv(Box::new(Conv2d::new(parameters.exact(), inputs, outputs, 3))));
    }

    fn conv_without_bias(&mut self, channels: usize, geometry: ConvGeometry) {
        self.push(|parameters| {
            Layer::Conv(Box::new(Conv2d::without_bias(parameters, channels, channels, 3, geometry)))
        });
    }

    fn act(&mut self) {
        self.push(|_| Layer::Act);
    }

    fn blocks(&mut self, count: usize, channels: usize) {
        for _ in 0..count {
            self.push(|parameters| Layer::Block(Box::new(AutoencoderTinyBlock::new(channels, parameters))));
        }
    }
}

/// Three convolutions around which a residual connection goes.
#[derive(Debug, Clone)]
struct AutoencoderTinyBlock {
    conv: [Conv2d; 3],
}

impl AutoencoderTinyBlock {
    fn new(channels: usize, mut parameters: Parameters) -> Self {
        let mut within = parameters.within("conv");
        // An activation has a number too.
        Self { conv: [0, 2, 4].map(|number| Conv2d::new(within.within(number), channels, channels, 3)) }
    }

    fn forward(&self, x: Bands, act_fn: Activation) -> Bands {
        let [first, second, third] = &self.conv;
        let act = |x| activate(x, act_fn);
        let hidden = first.over(&x, |x| x).map(act);
        let hidden = second.over(&hidden, |x| x).map(act);
        let hidden = third.over(&hidden, |x| x);
        x.zip(hidden, |x, hidden| activate(x + hidden, Activation::Relu))
    }
}
