//! A U-Net's `config.json`, as diffusers writes it.

use super::conditional::{self, Additions};
use super::kinds::{
    ACTIVATIONS, Attention, Block, Blocks, Class, ClassEmbedding, MidBlock, Norms, TimeEmbedding,
};
use super::unconditional;
use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;

/// Every field that changes what the model computes, and what else the file has.
/// Source: diffusers' `UNet2DModel`, <https://huggingface.co/docs/diffusers/api/models/unet2d>, and
/// `UNet2DConditionModel`, <https://huggingface.co/docs/diffusers/api/models/unet2d-cond>.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Height and width of the samples that the model was trained on, where the file says so. Others work too.
    pub sample_size: Option<[usize; 2]>,
    /// Channels of a noisy sample.
    pub in_channels: usize,
    /// Channels of what is computed for it.
    pub out_channels: usize,
    /// Height and width of the first convolution's kernels.
    pub conv_in_kernel: usize,
    /// Height and width of the last convolution's kernels.
    pub conv_out_kernel: usize,
    /// Samples from 0 to 1 become samples from -1 to 1 first.
    pub center_input_sample: bool,
    /// How a timestep becomes numbers.
    pub time_embedding: TimeEmbedding,
    /// Size of a timestep's embedding.
    pub time_embed_dim: usize,
    /// Size of a condition that is embedded with the timestep, as the guidance scale of latent consistency models.
    pub time_cond_proj_dim: Option<usize>,
    /// The activation of a timestep's embedding, if it has one.
    pub timestep_post_act: Activation,
    /// The activation of that and a class's embedding together, if it has one.
    pub time_embedding_act_fn: Activation,
    /// What conditions the model besides the timestep and a text.
    pub class_embedding: ClassEmbedding,
    /// Size of a token's embedding in the text that the pixels attend to; `None` in a model without a text.
    pub cross_attention_dim: Option<usize>,
    /// The way down, from the full size.
    pub down_blocks: Vec<Block>,
    /// What is at its end.
    pub mid_block: Option<MidBlock>,
    /// The way up, back to the full size.
    pub up_blocks: Vec<Block>,
    /// Channels at each size, from the full one.
    pub block_out_channels: Vec<usize>,
    /// Zeros around a picture that is halved by a convolution; 0 means one behind rows and columns only.
    pub downsample_padding: usize,
    /// The activation of the residual blocks.
    pub act_fn: Activation,
    /// The activation inside the embeddings and before the last convolution. In `UNet2DModel` it is always SiLU.
    pub outer_act_fn: Activation,
    /// Groups of every group norm but that of a pixels' attention in the middle.
    pub norm_num_groups: usize,
    /// What is added to the variance in a group norm.
    pub norm_eps: f64,
    /// The timestep scales and shifts a normed picture, and is not added to it.
    pub scale_shift: bool,
    /// What was passed over in the file.
    pub warning: Option<String>,
}

impl Config {
    /// Where a pipeline's folder has it.
    pub const FILE: &'static str = "unet/config.json";
    /// The most sizes of pictures: the smallest has 2¹⁵ times fewer rows.
    const MAX_LEVELS: usize = 16;
    /// The largest height and width that a file may name.
    const MAX_SAMPLE: usize = 2048;

    /// Reads and checks a `config.json`, which names diffusers' class.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json(Self::FILE, json)?;
        let class = fields.choice("_class_name", Class::UNet2DModel, &Class::KNOWN)?;
        let is_conditional = class == Class::UNet2DConditionModel;
        let additions = if is_conditional { Additions::of(&fields)? } else { Additions::default() };
        let (channels, default): (usize, [usize; 4]) =
            if is_conditional { (4, [320, 640, 1280, 1280]) } else { (3, [224, 448, 672, 896]) };
        let block_out_channels = fields.sizes("block_out_channels", &default)?;
        let levels = block_out_channels.len();
        if !(1..=Self::MAX_LEVELS).contains(&levels) {
            return fields.refused("block_out_channels", format!("1 to {} sizes work", Self::MAX_LEVELS));
        }
        let shifts = [("default", false), ("scale_shift", true)];
        let norms = Norms {
            groups: fields.size("norm_num_groups", 32, 1..=4096)?,
            eps: fields.number("norm_eps", 1e-5)?,
            scale_shift: fields.choice("resnet_time_scale_shift", false, &shifts)?,
        };
        let blocks = if is_conditional { conditional::blocks } else { unconditional::blocks };
        let Blocks { down: down_blocks, mid: mid_block, up: up_blocks } = blocks(&fields, levels, norms)?;
        let sizes = 1..=Fields::MAX_SIZE;
        let default_dim = block_out_channels[0].saturating_mul(4);
        let time_embed_dim = fields.optional_size("time_embedding_dim", None, sizes.clone())?;
        let act_fn = fields.choice("act_fn", Activation::Silu, &ACTIVATIONS)?;
        let mut config = Self {
            sample_size: sample_size(&fields)?,
            in_channels: fields.size("in_channels", channels, sizes.clone())?,
            out_channels: fields.size("out_channels", channels, sizes)?,
            conv_in_kernel: additions.conv_in_kernel,
            conv_out_kernel: additions.conv_out_kernel,
            center_input_sample: fields.flag("center_input_sample", false)?,
            time_embedding: TimeEmbedding::of(&fields, class)?,
            time_embed_dim: time_embed_dim.unwrap_or(default_dim),
            time_cond_proj_dim: additions.time_cond_proj_dim,
            timestep_post_act: additions.timestep_post_act,
            time_embedding_act_fn: additions.time_embedding_act_fn,
            class_embedding: ClassEmbedding::of(&fields)?,
            cross_attention_dim: None,
            down_blocks,
            mid_block,
            up_blocks,
            downsample_padding: fields.size("downsample_padding", 1, 0..=1)?,
            act_fn,
            outer_act_fn: if is_conditional { act_fn } else { Activation::Silu },
            norm_num_groups: norms.groups,
            norm_eps: norms.eps,
            scale_shift: norms.scale_shift,
            block_out_channels,
            warning: None,
        };
        let cross_attention_dim = config.attentions().find_map(|(_, attention)| match attention {
            Attention::Transformer(options) => Some(options.context_channels),
            _ => None,
        });
        config.cross_attention_dim = cross_attention_dim;
        config.check(&fields)?;
        // These are for training, and for a kind of time embedding that is refused.
        fields.ignore("dropout");
        if !is_conditional {
            fields.ignore("num_train_timesteps");
        }
        config.warning = fields.unread(class.name());
        Ok(config)
    }

    /// What a sample's height and width must be multiples of.
    #[must_use]
    pub fn size_factor(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }

    /// Numbers in the largest tensor that goes from one layer to the next for `rows` samples of a size.
    #[must_use]
    pub fn largest_tensor(&self, rows: usize, [height, width]: [usize; 2]) -> u64 {
        let channels = |level: usize| self.block_out_channels[level.min(self.block_out_channels.len() - 1)];
        let pixels = |level: usize| ((height >> level) as u64).saturating_mul((width >> level) as u64);
        let joined = (0..self.block_out_channels.len()).map(|level| {
            // On the way up what comes from below is joined with the skip connection.
            let widest = channels(level + 1).max(channels(level)).max(channels(level.saturating_sub(1)));
            pixels(level).saturating_mul((channels(level) + widest) as u64)
        });
        let gated = self.attentions().filter_map(|(level, attention)| match attention {
            Attention::Transformer(options) => {
                Some(pixels(level).saturating_mul(options.widest(channels(level)) as u64))
            }
            _ => None,
        });
        joined.chain(gated).max().unwrap_or(0).saturating_mul(rows as u64)
    }

    /// The attention of every block, with its size; 0 is the full one.
    fn attentions(&self) -> impl Iterator<Item = (usize, Attention)> {
        let mid = self.mid_block.iter().map(|mid| (self.block_out_channels.len() - 1, mid.attention));
        let down = self.down_blocks.iter().enumerate();
        let up = self.up_blocks.iter().rev().enumerate();
        down.chain(up).map(|(level, block)| (level, block.attention)).chain(mid)
    }

    fn check(&self, fields: &Fields) -> Result<()> {
        let (channels, levels) = (&self.block_out_channels, self.block_out_channels.len());
        let groups = self.norm_num_groups;
        if channels.iter().any(|channels| !channels.is_multiple_of(groups)) {
            return fields
                .refused("block_out_channels", format!("multiples of norm_num_groups {groups} work"));
        }
        for (level, attention) in self.attentions() {
            let channels = channels[level];
            let head = match attention {
                Attention::Pixels(options)
                    if options.groups.is_some_and(|groups| !channels.is_multiple_of(groups)) =>
                {
                    return fields.refused(
                        "attn_norm_num_groups",
                        format!("a divisor of the last block's {channels} works"),
                    );
                }
                Attention::Pixels(options) => options.head_dim,
                Attention::Transformer(options) => Some(options.heads),
                Attention::None => None,
            };
            if head.is_some_and(|head| head > channels) {
                return fields
                    .refused("attention_head_dim", format!("1 to the block's {channels} channels work"));
            }
        }
        if !(self.norm_eps > 0.0 && self.norm_eps < 1.0) {
            return fields.refused("norm_eps", "a number between 0 and 1 works");
        }
        let factor = self.size_factor();
        if self.sample_size.is_some_and(|size| size.iter().any(|size| !size.is_multiple_of(factor))) {
            return fields.refused(
                "sample_size",
                format!("multiples of {factor} work with {levels} block_out_channels"),
            );
        }
        #[allow(clippy::cast_precision_loss)] // a number of channels
        let half = (channels[0] / 2) as f64;
        match self.time_embedding {
            TimeEmbedding::Positional { freq_shift, .. } if freq_shift >= half => fields
                .refused("freq_shift", format!("less than half of the first block's {} works", channels[0])),
            _ => Ok(()),
        }
    }
}

fn sample_size(fields: &Fields) -> Result<Option<[usize; 2]>> {
    let size = match fields.sizes("sample_size", &[])?[..] {
        [] => None,
        [size] => Some([size, size]),
        [height, width] => Some([height, width]),
        _ => return fields.refused("sample_size", "a size, or height and width, or null works"),
    };
    if size.is_some_and(|size| size.iter().any(|&size| size > Config::MAX_SAMPLE)) {
        return fields.refused("sample_size", format!("sizes up to {} work", Config::MAX_SAMPLE));
    }
    Ok(size)
}
