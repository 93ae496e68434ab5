//! The blocks of a `UNet2DModel`, as its fields say. Source: diffusers' `models/unets/unet_2d.py`.

use super::kinds::{Attention, Block, Blocks, MidBlock, Norms, Sampler, block_types, mid_block_scale_factor};
use crate::config::Fields;
use crate::error::Result;
use crate::nn::AttentionBlockOptions;

const SAMPLERS: [(&str, Sampler); 3] =
    [("conv", Sampler::Conv), ("resnet", Sampler::Resnet), ("null", Sampler::Conv)];

/// The blocks for this number of sizes.
pub(super) fn blocks(fields: &Fields, levels: usize, norms: Norms) -> Result<Blocks> {
    let head_dim = fields.optional_size("attention_head_dim", Some(8), 1..=Fields::MAX_SIZE)?;
    let attention = AttentionBlockOptions {
        head_dim,
        groups: Some(norms.groups),
        eps: norms.eps,
        rescale_output_factor: 1.0,
    };
    let layers = fields.size("layers_per_block", 2, 1..=Blocks::MAX_LAYERS)?;
    let sampler = |field| fields.choice(field, Sampler::Conv, &SAMPLERS);
    let (downsampler, upsampler) = (sampler("downsample_type")?, sampler("upsample_type")?);
    Ok(Blocks {
        down: down_blocks(fields, levels, kinds(layers, attention, downsampler))?,
        mid: mid_block(fields, attention, norms.scale_shift)?,
        up: up_blocks(fields, levels, kinds(layers + 1, attention, upsampler))?,
    })
}

/// A block that ends with a convolution, one that ends with a residual block, and one with attention. Without attention
/// it is a convolution whatever `downsample_type` and `upsample_type` say, unless the block's name says otherwise.
fn kinds(layers: usize, attention: AttentionBlockOptions, sampler: Sampler) -> [Block; 3] {
    let conv = Block { layers, attention: Attention::None, sampler: Sampler::Conv };
    let resnet = Block { sampler: Sampler::Resnet, ..conv };
    [conv, resnet, Block { attention: Attention::Pixels(attention), sampler, ..conv }]
}

/// Old files have longer names.
fn down_blocks(fields: &Fields, levels: usize, [conv, resnet, attention]: [Block; 3]) -> Result<Vec<Block>> {
    let known = [
        ("DownBlock2D", conv),
        ("AttnDownBlock2D", attention),
        ("ResnetDownsampleBlock2D", resnet),
        ("UNetResDownBlock2D", conv),
        ("UNetResAttnDownBlock2D", attention),
    ];
    block_types(fields, "down_block_types", levels, &[conv, attention, attention, attention], &known)
}

fn up_blocks(fields: &Fields, levels: usize, [conv, resnet, attention]: [Block; 3]) -> Result<Vec<Block>> {
    let known = [
        ("UpBlock2D", conv),
        ("AttnUpBlock2D", attention),
        ("ResnetUpsampleBlock2D", resnet),
        ("UNetResUpBlock2D", conv),
        ("UNetResAttnUpBlock2D", attention),
    ];
    block_types(fields, "up_block_types", levels, &[attention, attention, attention, conv], &known)
}

fn mid_block(
    fields: &Fields,
    attention: AttentionBlockOptions,
    scale_shift: bool,
) -> Result<Option<MidBlock>> {
    let own_groups = fields.optional_size("attn_norm_num_groups", None, 1..=4096)?;
    let scale_factor = mid_block_scale_factor(fields)?;
    let attention = AttentionBlockOptions {
        // Without a number of its own, the attention's norm follows the residual blocks'.
        groups: own_groups.or(attention.groups.filter(|_| !scale_shift)),
        rescale_output_factor: scale_factor,
        ..attention
    };
    let attends = fields.flag("add_attention", true)?;
    let attention = if attends { Attention::Pixels(attention) } else { Attention::None };
    let mid = Some(MidBlock { layers: 2, attention, scale_factor });
    fields.choice("mid_block_type", mid, &[("UNetMidBlock2D", mid), ("null", None)])
}
