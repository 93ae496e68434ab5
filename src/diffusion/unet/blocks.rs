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
//! What skips the blocks below on the way down is joined on the way up, the last first.

use burn::tensor::Tensor;

use super::config::Config;
use super::kinds::{Block, MidBlock};
use super::samplers::{Downsampler, Upsampler};
use crate::nn::{AttentionBlock, AttentionBlockOptions, ResnetBlock2D, ResnetOptions};
use crate::weights::Parameters;

/// `DownBlock2D`, `AttnDownBlock2D` and `ResnetDownsampleBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct DownBlock {
    resnets: Vec<ResnetBlock2D>,
    attentions: Vec<AttentionBlock>,
    downsamplers: Option<Downsampler>,
}

impl DownBlock {
    /// Block `level` of the way down.
    pub fn new(config: &Config, level: usize, mut parameters: Parameters) -> Self {
        let (options, channels) = (resnet_options(config, 1.0), &config.block_out_channels);
        let (inputs, outputs) = (channels[level.saturating_sub(1)], channels[level]);
        let Block { attention, sampler } = config.down_blocks[level];
        let mut within = parameters.within("resnets");
        let resnets = (0..config.layers_per_block).map(|layer| {
            let inputs = if layer == 0 { inputs } else { outputs };
            ResnetBlock2D::new(options, inputs, outputs, within.within(layer))
        });
        let resnets = resnets.collect();
        let attentions = if attention { config.layers_per_block } else { 0 };
        let attentions = attentions_of(config, attentions, outputs, parameters.within("attentions"));
        let downsampler = |mut parameters: Parameters| {
            Downsampler::new(sampler, options, outputs, config.downsample_padding, parameters.within(0))
        };
        let is_last = level + 1 == channels.len();
        let downsamplers = (!is_last).then(|| downsampler(parameters.within("downsamplers")));
        Self { resnets, attentions, downsamplers }
    }

    /// Adds its skip connections to `skips`. `temb [rows, time_embed_dim]` has been through the activation.
    pub fn forward(&self, mut x: Tensor<4>, temb: &Tensor<2>, skips: &mut Vec<Tensor<4>>) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            x = resnet.forward(x, Some(temb));
            if let Some(attention) = self.attentions.get(layer) {
                x = attention.forward(x);
            }
            skips.push(x.clone());
        }
        if let Some(downsampler) = &self.downsamplers {
            x = downsampler.forward(x, temb);
            skips.push(x.clone());
        }
        x
    }
}

/// `UNetMidBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct UNetMidBlock2D {
    resnets: [ResnetBlock2D; 2],
    attentions: Option<AttentionBlock>,
}

impl UNetMidBlock2D {
    pub fn new(config: &Config, block: MidBlock, mut parameters: Parameters) -> Self {
        let options = resnet_options(config, block.scale_factor);
        let channels = config.block_out_channels[config.block_out_channels.len() - 1];
        let attention = AttentionBlockOptions {
            groups: block.attn_groups,
            rescale_output_factor: block.scale_factor,
            ..attention_options(config)
        };
        let mut resnets = parameters.within("resnets");
        let resnets = [0, 1].map(|n| ResnetBlock2D::new(options, channels, channels, resnets.within(n)));
        let attentions = block
            .attention
            .then(|| AttentionBlock::new(attention, channels, parameters.within("attentions.0")));
        Self { resnets, attentions }
    }

    pub fn forward(&self, x: Tensor<4>, temb: &Tensor<2>) -> Tensor<4> {
        let [first, second] = &self.resnets;
        let x = first.forward(x, Some(temb));
        let x = match &self.attentions {
            Some(attention) => attention.forward(x),
            None => x,
        };
        second.forward(x, Some(temb))
    }
}

/// `UpBlock2D`, `AttnUpBlock2D` and `ResnetUpsampleBlock2D` of diffusers.
#[derive(Debug, Clone)]
pub(super) struct UpBlock {
    resnets: Vec<ResnetBlock2D>,
    attentions: Vec<AttentionBlock>,
    upsamplers: Option<Upsampler>,
}

impl UpBlock {
    /// Block `index` of the way up, counted from the smallest size.
    pub fn new(config: &Config, index: usize, mut parameters: Parameters) -> Self {
        let (options, channels) = (resnet_options(config, 1.0), &config.block_out_channels);
        let (last, layers) = (channels.len() - 1, config.layers_per_block + 1);
        let level = last - index;
        let (below, outputs, above) =
            (channels[(level + 1).min(last)], channels[level], channels[level.saturating_sub(1)]);
        let Block { attention, sampler } = config.up_blocks[index];
        let mut within = parameters.within("resnets");
        let resnets = (0..layers).map(|layer| {
            let inputs = if layer == 0 { below } else { outputs };
            // The last one to join is what came from the size above.
            let skip = if layer + 1 == layers { above } else { outputs };
            ResnetBlock2D::new(options, inputs + skip, outputs, within.within(layer))
        });
        let resnets = resnets.collect();
        let attentions = if attention { layers } else { 0 };
        let attentions = attentions_of(config, attentions, outputs, parameters.within("attentions"));
        let upsampler =
            |mut parameters: Parameters| Upsampler::new(sampler, options, outputs, parameters.within(0));
        let upsamplers = (level > 0).then(|| upsampler(parameters.within("upsamplers")));
        Self { resnets, attentions, upsamplers }
    }

    /// Takes the skip connections that it joins from the end of `skips`.
    pub fn forward(&self, mut x: Tensor<4>, temb: &Tensor<2>, skips: &mut Vec<Tensor<4>>) -> Tensor<4> {
        for (layer, resnet) in self.resnets.iter().enumerate() {
            let joined = [x].into_iter().chain(skips.pop()).collect();
            x = resnet.forward(Tensor::cat(joined, 1), Some(temb));
            if let Some(attention) = self.attentions.get(layer) {
                x = attention.forward(x);
            }
        }
        match &self.upsamplers {
            Some(upsampler) => upsampler.forward(x, temb),
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

fn attention_options(config: &Config) -> AttentionBlockOptions {
    AttentionBlockOptions {
        head_dim: config.attention_head_dim,
        groups: Some(config.norm_num_groups),
        eps: config.norm_eps,
        rescale_output_factor: 1.0,
    }
}

fn attentions_of(
    config: &Config,
    count: usize,
    channels: usize,
    mut within: Parameters,
) -> Vec<AttentionBlock> {
    let options = attention_options(config);
    (0..count).map(|layer| AttentionBlock::new(options, channels, within.within(layer))).collect()
}
