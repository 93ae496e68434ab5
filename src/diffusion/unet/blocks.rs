//! The blocks of a U-Net: residual blocks of one size, and what leads to the next.
//!
//! Reference: diffusers' `models/unets/unet_2d_blocks.py`.
//!
//! ```text
//! down:  x ► (resnet ► attention ► skip) · layers      ► downsampler ► skip
//! mid:   x ► resnet ► attention ► resnet
//! up:    x ► (join a skip ► resnet ► attention)    · (layers + 1) ► upsampler
//! ```
//!
//! What skips the blocks below on the way down is joined on the way up, the last first. The attention is among pixels, or
//! of pixels to each other and to a text; some blocks have none.

use burn::tensor::Tensor;

use super::attention::{AttentionLayer, attentions};
use super::config::Config;
use super::kinds::{Block, MidBlock};
use super::pass::Pass;
use super::samplers::{Downsampler, Upsampler};
use crate::nn::{ResnetBlock2D, ResnetOptions};
use crate::weights::Parameters;

/// `DownBlock2D`, `AttnDownBlock2D`, `CrossAttnDownBlock2D` and `ResnetDownsampleBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct DownBlock {
    resnets: Vec<ResnetBlock2D>,
    attentions: Vec<AttentionLayer>,
    downsamplers: Option<Downsampler>,
}

impl DownBlock {
    /// Block `level` of the way down.
    pub fn new(config: &Config, level: usize, mut parameters: Parameters) -> Self {
        let (options, channels) = (resnet_options(config, 1.0), &config.block_out_channels);
        let (inputs, outputs) = (channels[level.saturating_sub(1)], channels[level]);
        let Block { layers, attention, sampler } = config.down_blocks[level];
        let mut within = parameters.within("resnets");
        let resnets = (0..layers).map(|layer| {
            let inputs = if layer == 0 { inputs } else { outputs };
            ResnetBlock2D::new(options, inputs, outputs, within.within(layer))
        });
        let resnets = resnets.collect();
        let attentions = attentions(attention, layers, outputs, parameters.within("attentions"));
        let downsampler = |mut parameters: Parameters| {
            Downsampler::new(sampler, options, outputs, config.downsample_padding, parameters.within(0))
        };
        let is_last = level + 1 == channels.len();
        let downsamplers = (!is_last).then(|| downsampler(parameters.within("downsamplers")));
        Self { resnets, attentions, downsamplers }
    }

    /// Leaves its skip connections in the `pass`.
    pub fn forward(&self, mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            x = resnet.forward(x, Some(&pass.temb));
            if let Some(attention) = self.attentions.get(layer) {
                x = attention.forward(x, pass);
            }
            pass.skips.push(x.clone());
        }
        if let Some(downsampler) = &self.downsamplers {
            x = downsampler.forward(x, &pass.temb);
            pass.skips.push(x.clone());
        }
        x
    }
}

/// `UNetMidBlock2D` and `UNetMidBlock2DCrossAttn` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct UNetMidBlock2D {
    /// One, and another behind each attention.
    resnets: Vec<ResnetBlock2D>,
    attentions: Vec<AttentionLayer>,
}

impl UNetMidBlock2D {
    pub fn new(config: &Config, block: MidBlock, mut parameters: Parameters) -> Self {
        let MidBlock { layers, attention, scale_factor } = block;
        let options = resnet_options(config, scale_factor);
        let channels = config.block_out_channels[config.block_out_channels.len() - 1];
        let mut within = parameters.within("resnets");
        let resnet = |n| ResnetBlock2D::new(options, channels, channels, within.within(n));
        let resnets = (0..layers).map(resnet).collect();
        let attentions = attentions(attention, layers - 1, channels, parameters.within("attentions"));
        Self { resnets, attentions }
    }

    pub fn forward(&self, mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            x = resnet.forward(x, Some(&pass.temb));
            if let Some(attention) = self.attentions.get(layer) {
                x = attention.forward(x, pass);
            }
        }
        x
    }
}

/// `UpBlock2D`, `AttnUpBlock2D`, `CrossAttnUpBlock2D` and `ResnetUpsampleBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct UpBlock {
    resnets: Vec<ResnetBlock2D>,
    attentions: Vec<AttentionLayer>,
    upsamplers: Option<Upsampler>,
}

impl UpBlock {
    /// Block `index` of the way up, counted from the smallest size.
    pub fn new(config: &Config, index: usize, mut parameters: Parameters) -> Self {
        let (options, channels) = (resnet_options(config, 1.0), &config.block_out_channels);
        let last = channels.len() - 1;
        let level = last - index;
        let (below, outputs, above) =
            (channels[(level + 1).min(last)], channels[level], channels[level.saturating_sub(1)]);
        let Block { layers, attention, sampler } = config.up_blocks[index];
        let mut within = parameters.within("resnets");
        let resnets = (0..layers).map(|layer| {
            let inputs = if layer == 0 { below } else { outputs };
            // The last one to join is what came from the size above.
            let skip = if layer + 1 == layers { above } else { outputs };
            ResnetBlock2D::new(options, inputs + skip, outputs, within.within(layer))
        });
        let resnets = resnets.collect();
        let attentions = attentions(attention, layers, outputs, parameters.within("attentions"));
        let upsampler =
            |mut parameters: Parameters| Upsampler::new(sampler, options, outputs, parameters.within(0));
        let upsamplers = (level > 0).then(|| upsampler(parameters.within("upsamplers")));
        Self { resnets, attentions, upsamplers }
    }

    /// Takes the skip connections that it joins from the `pass`.
    pub fn forward(&self, mut x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            let joined = [x].into_iter().chain(pass.skips.pop()).collect();
            x = resnet.forward(Tensor::cat(joined, 1), Some(&pass.temb));
            if let Some(attention) = self.attentions.get(layer) {
                x = attention.forward(x, pass);
            }
        }
        match &self.upsamplers {
            Some(upsampler) => upsampler.forward(x, &pass.temb),
            None => x,
        }
    }
}

fn resnet_options(config: &Config, output_scale_factor: f64) -> ResnetOptions {
    ResnetOptions {
        temb_channels: Some(config.time_embed_dim),
        groups: config.norm_num_groups,
        eps: config.norm_eps,
        non_linearity: config.act_fn,
        scale_shift: config.scale_shift,
        output_scale_factor,
    }
}
