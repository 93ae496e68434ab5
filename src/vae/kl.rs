//! The autoencoder of Stable Diffusion, whose encoder gives each latent's mean and variance.
//!
//! Reference: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022),
//! <https://arxiv.org/abs/2112.10752>; the code that this agrees with is diffusers' `AutoencoderKL`.
//!
//! ```text
//! encoder:  picture [rows, 3, 8h, 8w] ► conv_in ► down_blocks ► mid_block ► conv_norm_out ► SiLU ► conv_out ► quant_conv
//!                                                                                      moments [rows, 2 · 4, h, w]
//! latents:  mean + exp(logvar / 2) · noise [rows, 4, h, w]
//!
//! decoder:  latents ► post_quant_conv ► conv_in ► mid_block ► up_blocks ► conv_norm_out ► SiLU ► conv_out
//!                                                                                      picture [rows, 3, 8h, 8w]
//! ```
//!
//! What is larger than the middle is computed in bands, where the [`Plan`] says so.

use burn::tensor::Tensor;

use super::bands::Plan;
use super::blocks::{DownEncoderBlock2D, EPS, MidBlock2D, UpDecoderBlock2D};
use super::config::{Config, KlConfig};
use crate::kernels::Activation;
use crate::nn::{Bands, Conv2d, GroupNorm};
use crate::weights::Parameters;

/// Both networks.
#[derive(Debug, Clone)]
pub struct AutoencoderKl {
    encoder: Encoder,
    decoder: Decoder,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
}

impl AutoencoderKl {
    /// The networks of a checkpoint's tensors.
    #[must_use]
    pub fn new(config: &Config, kl: &KlConfig, parameters: &mut Parameters) -> Self {
        let mut conv =
            |name: &str, channels: usize| Conv2d::new(parameters.within(name).exact(), channels, channels, 1);
        let latents = config.latent_channels;
        Self {
            quant_conv: kl.use_quant_conv.then(|| conv("quant_conv", 2 * latents)),
            post_quant_conv: kl.use_post_quant_conv.then(|| conv("post_quant_conv", latents)),
            encoder: Encoder::new(config, kl, parameters.within("encoder")),
            decoder: Decoder::new(config, kl, parameters.within("decoder")),
        }
    }

    /// The moments `[rows, 2 · latent_channels, h, w]` of the latents of pictures: means, and logarithms of variances.
    #[must_use]
    pub(super) fn encode(&self, pictures: Tensor<4>, plan: &Plan) -> Tensor<4> {
        let moments = self.encoder.forward(pictures, plan);
        match &self.quant_conv {
            Some(conv) => conv.forward(&moments),
            None => moments,
        }
    }

    /// Pictures of latents.
    #[must_use]
    pub(super) fn decode(&self, latents: Tensor<4>, plan: &Plan) -> Tensor<4> {
        let latents = match &self.post_quant_conv {
            Some(conv) => conv.forward(&latents),
            None => latents,
        };
        self.decoder.forward(&latents, plan)
    }
}

/// Latents of `moments [rows, 2 · latent_channels, h, w]`: drawn with `noise`, or else the means.
pub(super) fn draw(moments: Tensor<4>, noise: Option<Tensor<4>>) -> Tensor<4> {
    let channels = moments.dims()[1] / 2;
    let mean = moments.clone().narrow(1, 0, channels);
    match noise {
        None => mean,
        Some(noise) => {
            let logvar = moments.narrow(1, channels, channels).clamp(-30.0, 20.0);
            mean + (logvar * 0.5).exp() * noise
        }
    }
}

#[derive(Debug, Clone)]
struct Encoder {
    conv_in: Conv2d,
    down_blocks: Vec<DownEncoderBlock2D>,
    mid_block: MidBlock2D,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Encoder {
    fn new(config: &Config, kl: &KlConfig, mut parameters: Parameters) -> Self {
        let channels = &kl.block_out_channels;
        let (first, last) = (channels[0], channels[channels.len() - 1]);
        let conv_in = Conv2d::new(parameters.within("conv_in").exact(), config.in_channels, first, 3);
        let mut within = parameters.within("down_blocks");
        let block = |level| DownEncoderBlock2D::new(config, kl, level, within.within(level));
        let down_blocks = (0..channels.len()).map(block).collect();
        Self {
            conv_in,
            down_blocks,
            mid_block: MidBlock2D::new(config, kl, parameters.within("mid_block")),
            conv_norm_out: GroupNorm::new(parameters.within("conv_norm_out"), last, kl.norm_num_groups, EPS),
            conv_out: Conv2d::new(parameters.within("conv_out").exact(), last, 2 * config.latent_channels, 3),
        }
    }

    fn forward(&self, pictures: Tensor<4>, plan: &Plan) -> Tensor<4> {
        let x = self.conv_in.over(&plan.split(pictures), |pictures| pictures);
        let x = self.down_blocks.iter().fold(x, |x, block| block.forward(x));
        let x = self.mid_block.forward(x.join());
        self.conv_out.forward(&self.conv_norm_out.forward(&x, Activation::Silu))
    }
}

#[derive(Debug, Clone)]
struct Decoder {
    conv_in: Conv2d,
    mid_block: MidBlock2D,
    up_blocks: Vec<UpDecoderBlock2D>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Decoder {
    fn new(config: &Config, kl: &KlConfig, mut parameters: Parameters) -> Self {
        let channels = &kl.block_out_channels;
        let (first, last) = (channels[0], channels[channels.len() - 1]);
        let conv_in = Conv2d::new(parameters.within("conv_in").exact(), config.latent_channels, last, 3);
        let mut within = parameters.within("up_blocks");
        let block = |index| UpDecoderBlock2D::new(config, kl, index, within.within(index));
        let up_blocks = (0..channels.len()).map(block).collect();
        Self {
            conv_in,
            up_blocks,
            mid_block: MidBlock2D::new(config, kl, parameters.within("mid_block")),
            conv_norm_out: GroupNorm::new(parameters.within("conv_norm_out"), first, kl.norm_num_groups, EPS),
            conv_out: Conv2d::new(parameters.within("conv_out").exact(), first, config.in_channels, 3),
        }
    }

    fn forward(&self, latents: &Tensor<4>, plan: &Plan) -> Tensor<4> {
        let x: Bands = plan.split(self.mid_block.forward(self.conv_in.forward(latents)));
        let x = self.up_blocks.iter().fold(x, |x, block| block.forward(x));
        self.conv_out.over(&x, self.conv_norm_out.over(&x, Activation::Silu)).join()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// diffusers' `DiagonalGaussianDistribution`.
    #[test]
    fn the_logarithm_of_a_variance_goes_from_minus_30_to_20() {
        let device = Device::flex();
        let of = |logvar: f32| {
            let moments = Tensor::<1>::from_floats([1.0, logvar], &device).reshape([1, 2, 1, 1]);
            let noise = Tensor::ones([1, 1, 1, 1], &device);
            draw(moments, Some(noise)).into_data().try_into_vec::<f32>().unwrap()[0]
        };
        assert!((of(0.0) - 2.0).abs() < 1e-6);
        assert!((of(1.0) - 1.0 - 0.5_f32.exp()).abs() < 1e-6);
        assert!(of(-30.0).to_bits() == of(-100.0).to_bits() && of(20.0).to_bits() == of(100.0).to_bits());
        assert!(of(20.0) > 2e4 && of(19.0) < of(20.0));
    }
}
