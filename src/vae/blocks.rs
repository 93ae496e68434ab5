//! The blocks of an `AutoencoderKL`: residual blocks of one size, and what leads to the next.
//!
//! Reference: diffusers' `models/unets/unet_2d_blocks.py`.
//!
//! ```text
//! down:  x ► resnet · layers        ► downsampler
//! mid:   x ► resnet ► attention ► resnet
//! up:    x ► resnet · (layers + 1)  ► upsampler
//! ```

use burn::tensor::Tensor;

use super::config::{Config, KlConfig};
use crate::nn::{
    AttentionBlock, AttentionBlockOptions, Bands, Downsample2D, ResnetBlock2D, ResnetOptions, Upsample2D,
};
use crate::weights::Parameters;

/// What every norm adds to the variance.
pub(super) const EPS: f64 = 1e-6;

/// `DownEncoderBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct DownEncoderBlock2D {
    resnets: Vec<ResnetBlock2D>,
    downsamplers: Option<Downsample2D>,
}

impl DownEncoderBlock2D {
    /// Block `level` of the way down, of which the last keeps the size.
    pub fn new(config: &Config, kl: &KlConfig, level: usize, mut parameters: Parameters) -> Self {
        let channels = &kl.block_out_channels;
        let (inputs, outputs) = (channels[level.saturating_sub(1)], channels[level]);
        let resnets =
            resnets(config, kl, kl.layers_per_block, [inputs, outputs], parameters.within("resnets"));
        let downsampler = |mut parameters: Parameters| Downsample2D::new(outputs, 0, parameters.within(0));
        let is_last = level + 1 == channels.len();
        Self { resnets, downsamplers: (!is_last).then(|| downsampler(parameters.within("downsamplers"))) }
    }

    pub fn forward(&self, x: Bands) -> Bands {
        let x = self.resnets.iter().fold(x, |x, resnet| resnet.over(x));
        match &self.downsamplers {
            Some(downsampler) => downsampler.over(&x),
            None => x,
        }
    }
}

/// `UNetMidBlock2D` of diffusers, without timesteps.
#[derive(Debug, Clone)]
pub(super) struct MidBlock2D {
    resnets: [ResnetBlock2D; 2],
    attentions: Option<AttentionBlock>,
}

impl MidBlock2D {
    pub fn new(config: &Config, kl: &KlConfig, mut parameters: Parameters) -> Self {
        let channels = kl.block_out_channels[kl.block_out_channels.len() - 1];
        let mut within = parameters.within("resnets");
        let resnets =
            [0, 1].map(|n| ResnetBlock2D::new(options(config, kl), channels, channels, within.within(n)));
        let attention = AttentionBlockOptions {
            head_dim: None,
            groups: Some(kl.norm_num_groups),
            eps: EPS,
            rescale_output_factor: 1.0,
        };
        let attentions = kl
            .mid_block_add_attention
            .then(|| AttentionBlock::new(attention, channels, parameters.within("attentions.0")));
        Self { resnets, attentions }
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [first, second] = &self.resnets;
        let x = first.forward(x, None);
        let x = match &self.attentions {
            Some(attention) => attention.forward(x),
            None => x,
        };
        second.forward(x, None)
    }
}

/// `UpDecoderBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct UpDecoderBlock2D {
    resnets: Vec<ResnetBlock2D>,
    upsamplers: Option<Upsample2D>,
}

impl UpDecoderBlock2D {
    /// Block `index` of the way up, counted from the smallest size, of which the last keeps the size.
    pub fn new(config: &Config, kl: &KlConfig, index: usize, mut parameters: Parameters) -> Self {
        let channels = &kl.block_out_channels;
        let last = channels.len() - 1;
        let level = last - index;
        let (inputs, outputs) = (channels[(level + 1).min(last)], channels[level]);
        let layers = kl.layers_per_block + 1;
        let resnets = resnets(config, kl, layers, [inputs, outputs], parameters.within("resnets"));
        let upsampler = |mut parameters: Parameters| Upsample2D::new(outputs, parameters.within(0));
        Self { resnets, upsamplers: (level > 0).then(|| upsampler(parameters.within("upsamplers"))) }
    }

    pub fn forward(&self, x: Bands) -> Bands {
        let x = self.resnets.iter().fold(x, |x, resnet| resnet.over(x));
        match &self.upsamplers {
            Some(upsampler) => upsampler.over(&x),
            None => x,
        }
    }
}

fn resnets(
    config: &Config,
    kl: &KlConfig,
    layers: usize,
    [inputs, outputs]: [usize; 2],
    mut within: Parameters,
) -> Vec<ResnetBlock2D> {
    let resnet = |layer: usize| {
        let inputs = if layer == 0 { inputs } else { outputs };
        ResnetBlock2D::new(options(config, kl), inputs, outputs, within.within(layer))
    };
    (0..layers).map(resnet).collect()
}

fn options(config: &Config, kl: &KlConfig) -> ResnetOptions {
    ResnetOptions {
        temb_channels: None,
        groups: kl.norm_num_groups,
        eps: EPS,
        non_linearity: config.act_fn,
        scale_shift: false,
        output_scale_factor: 1.0,
    }
}
