//! What a `UNet2DConditionModel` has of its own, as its fields say.
//! Source: diffusers' `models/unets/unet_2d_condition.py`.
//!
//! `attention_head_dim` is the number of a transformer's heads: a mistake that all published files repeat.

use serde_json::Value;

use super::kinds::{
    ACTIVATIONS, Attention, Block, Blocks, MidBlock, Norms, Sampler, block_types, mid_block_scale_factor,
};
use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;
use crate::nn::{AttentionBlockOptions, TransformerOptions};

/// The most blocks of a transformer: Stable Diffusion XL has ten.
const MAX_TRANSFORMER_LAYERS: usize = 16;

/// What a `UNet2DModel` has no fields for.
#[derive(Debug)]
pub(super) struct Additions {
    pub conv_in_kernel: usize,
    pub conv_out_kernel: usize,
    pub time_cond_proj_dim: Option<usize>,
    pub timestep_post_act: Activation,
    pub time_embedding_act_fn: Activation,
}

/// What a `UNet2DModel` does.
impl Default for Additions {
    fn default() -> Self {
        Self {
            conv_in_kernel: 3,
            conv_out_kernel: 3,
            time_cond_proj_dim: None,
            timestep_post_act: Activation::Identity,
            time_embedding_act_fn: Activation::Identity,
        }
    }
}

impl Additions {
    pub fn of(fields: &Fields) -> Result<Self> {
        refuse_what_is_beyond(fields)?;
        let kernel = |field| match fields.size(field, 3, 1..=15)? {
            size if size % 2 == 1 => Ok(size),
            _ => fields.refused(field, "an odd number works"),
        };
        let activation = |field| {
            let known = [&[("null", Activation::Identity)], &ACTIVATIONS[..]].concat();
            fields.choice(field, Activation::Identity, &known)
        };
        Ok(Self {
            conv_in_kernel: kernel("conv_in_kernel")?,
            conv_out_kernel: kernel("conv_out_kernel")?,
            time_cond_proj_dim: fields.optional_size("time_cond_proj_dim", None, 1..=Fields::MAX_SIZE)?,
            timestep_post_act: activation("timestep_post_act")?,
            time_embedding_act_fn: activation("time_embedding_act_fn")?,
        })
    }
}

/// Refuses other families' parts by their fields.
fn refuse_what_is_beyond(fields: &Fields) -> Result<()> {
    let null = |field| fields.choice(field, (), &[("null", ())]);
    if null("addition_embed_type").is_err() {
        return fields.refused(
            "addition_embed_type",
            "null works: Stable Diffusion 1 and 2, and what was distilled from them. Stable Diffusion XL and Kandinsky do not",
        );
    }
    for field in [
        "num_attention_heads",
        "encoder_hid_dim",
        "encoder_hid_dim_type",
        "reverse_transformer_layers_per_block",
    ] {
        null(field)?;
    }
    fields.choice("attention_type", (), &[("default", ())])?;
    for field in ["dual_cross_attention", "class_embeddings_concat"] {
        if fields.flag(field, false)? {
            return fields.refused(field, "false works");
        }
    }
    // Of kinds of blocks and embeddings that are refused.
    fields.ignore("addition_embed_type_num_heads");
    fields.ignore("addition_time_embed_dim");
    fields.ignore("cross_attention_norm");
    fields.ignore("mid_block_only_cross_attention");
    fields.ignore("projection_class_embeddings_input_dim");
    fields.ignore("resnet_out_scale_factor");
    fields.ignore("resnet_skip_time_act");
    // Attention is computed in f32 here.
    fields.ignore("upcast_attention");
    Ok(())
}

/// What a block's name says of its attention.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Plain,
    Pixels,
    Transformer,
}

/// The blocks for this number of sizes.
pub(super) fn blocks(fields: &Fields, levels: usize, norms: Norms) -> Result<Blocks> {
    use Kind::{Pixels, Plain, Transformer};
    let known = [("CrossAttnDownBlock2D", Transformer), ("DownBlock2D", Plain), ("AttnDownBlock2D", Pixels)];
    let default = [Transformer, Transformer, Transformer, Plain];
    let down = block_types(fields, "down_block_types", levels, &default, &known)?;
    let known = [("CrossAttnUpBlock2D", Transformer), ("UpBlock2D", Plain), ("AttnUpBlock2D", Pixels)];
    let default = [Plain, Transformer, Transformer, Transformer];
    let up = block_types(fields, "up_block_types", levels, &default, &known)?;
    let levels = Level::all(fields, levels, norms)?;
    Ok(Blocks {
        down: levels.iter().zip(down).map(|(level, kind)| level.block(kind, level.layers)).collect(),
        mid: mid_block(fields, levels.last())?,
        up: levels.iter().rev().zip(up).map(|(level, kind)| level.block(kind, level.layers + 1)).collect(),
    })
}

/// The middle has the attention of the smallest size, to the pixels and to the text whatever that one's is to.
fn mid_block(fields: &Fields, last: Option<&Level>) -> Result<Option<MidBlock>> {
    let plain =
        MidBlock { layers: 1, attention: Attention::None, scale_factor: mid_block_scale_factor(fields)? };
    let cross = last.map(|last| MidBlock {
        layers: 2,
        attention: Attention::Transformer(TransformerOptions {
            only_cross_attention: false,
            ..last.transformer
        }),
        ..plain
    });
    let known = [("UNetMidBlock2DCrossAttn", cross), ("UNetMidBlock2D", Some(plain)), ("null", None)];
    fields.choice("mid_block_type", cross, &known)
}

/// What the fields say of one size.
#[derive(Debug)]
struct Level {
    layers: usize,
    pixels: AttentionBlockOptions,
    transformer: TransformerOptions,
}

impl Level {
    /// Those of all sizes, from the full one.
    fn all(fields: &Fields, levels: usize, Norms { groups, eps, .. }: Norms) -> Result<Vec<Self>> {
        let per_level = |field, default, most| per_level(fields, field, default, levels, most);
        let layers = per_level("layers_per_block", 2, Blocks::MAX_LAYERS)?;
        let transformers = per_level("transformer_layers_per_block", 1, MAX_TRANSFORMER_LAYERS)?;
        let heads = per_level("attention_head_dim", 8, Fields::MAX_SIZE)?;
        let contexts = per_level("cross_attention_dim", 1280, Fields::MAX_SIZE)?;
        if contexts.iter().any(|context| *context != contexts[0]) {
            return fields
                .refused("cross_attention_dim", "one number for all blocks works: they have one text");
        }
        let only_cross_attention = flags(fields, "only_cross_attention", levels)?;
        let use_linear_projection = fields.flag("use_linear_projection", false)?;
        let level = |level: usize| Self {
            layers: layers[level],
            pixels: AttentionBlockOptions {
                head_dim: Some(heads[level]),
                groups: Some(groups),
                eps,
                rescale_output_factor: 1.0,
            },
            transformer: TransformerOptions {
                heads: heads[level],
                layers: transformers[level],
                context_channels: contexts[level],
                only_cross_attention: only_cross_attention[level],
                use_linear_projection,
                groups,
            },
        };
        Ok((0..levels).map(level).collect())
    }

    fn block(&self, kind: Kind, layers: usize) -> Block {
        let attention = match kind {
            Kind::Plain => Attention::None,
            Kind::Pixels => Attention::Pixels(self.pixels),
            Kind::Transformer => Attention::Transformer(self.transformer),
        };
        Block { layers, attention, sampler: Sampler::Conv }
    }
}

/// A number for all sizes, or a list with one for each.
fn per_level(fields: &Fields, field: &str, default: usize, levels: usize, most: usize) -> Result<Vec<usize>> {
    match fields.sizes(field, &[default])? {
        numbers if numbers.iter().any(|&number| number > most) => {
            fields.refused(field, format!("numbers up to {most} work"))
        }
        numbers if numbers.len() == 1 => Ok(vec![numbers[0]; levels]),
        numbers if numbers.len() == levels => Ok(numbers),
        _ => fields.refused(field, format!("a number, or a list of {levels}, works")),
    }
}

/// The same for `true` and `false`.
fn flags(fields: &Fields, field: &str, levels: usize) -> Result<Vec<bool>> {
    let parse = |value: &Value| match value {
        Value::Array(flags) if flags.len() == levels => flags.iter().map(Value::as_bool).collect(),
        value => value.as_bool().map(|flag| vec![flag; levels]),
    };
    let what = format!("true or false, or a list of {levels} of them, works");
    Ok(fields.parsed(field, what, parse)?.unwrap_or_else(|| vec![false; levels]))
}
