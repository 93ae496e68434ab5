//! A U-Net's `config.json`, as diffusers writes it.

use super::kinds::{Block, ClassEmbedding, MidBlock, TimeEmbedding, down_blocks, up_blocks};
use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;

/// Every field that changes what the model computes, and what else the file has.
/// Source: diffusers' `UNet2DModel`, <https://huggingface.co/docs/diffusers/api/models/unet2d>.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Height and width of the pictures that the model was trained on, where the file says so. Others work too.
    pub sample_size: Option<[usize; 2]>,
    /// Channels of a noisy sample.
    pub in_channels: usize,
    /// Channels of what is computed for it.
    pub out_channels: usize,
    /// Samples from 0 to 1 become samples from -1 to 1 first.
    pub center_input_sample: bool,
    /// How a timestep becomes numbers.
    pub time_embedding: TimeEmbedding,
    /// Size of a timestep's embedding.
    pub time_embed_dim: usize,
    /// What conditions the model besides the timestep.
    pub class_embedding: ClassEmbedding,
    /// The way down, from the full size.
    pub down_blocks: Vec<Block>,
    /// What is at its end.
    pub mid_block: Option<MidBlock>,
    /// The way up, back to the full size.
    pub up_blocks: Vec<Block>,
    /// Channels at each size, from the full one.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of a block on the way down; on the way up there is one more.
    pub layers_per_block: usize,
    /// Zeros around a picture that is halved by a convolution; 0 means one behind rows and columns only.
    pub downsample_padding: usize,
    /// The activation of the residual blocks.
    pub act_fn: Activation,
    /// Channels of an attention head; `None` is one head of all channels.
    pub attention_head_dim: Option<usize>,
    /// Groups of every group norm but the mid block's attention's.
    pub norm_num_groups: usize,
    /// What is added to the variance in a group norm.
    pub norm_eps: f64,
    /// The timestep scales and shifts a normed picture, and is not added to it.
    pub scale_shift: bool,
    /// What was passed over in the file.
    pub warning: Option<String>,
}

impl Config {
    const FILE: &'static str = "unet/config.json";
    /// The most sizes of pictures: the smallest has 2¹⁵ times fewer rows.
    const MAX_LEVELS: usize = 16;
    const MAX_LAYERS: usize = 64;

    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json(Self::FILE, json)?;
        fields.choice("_class_name", (), &[("UNet2DModel", ())])?;
        let block_out_channels = fields.sizes("block_out_channels", &[224, 448, 672, 896])?;
        let (sizes, norm_num_groups) = (1..=Fields::MAX_SIZE, fields.size("norm_num_groups", 32, 1..=4096)?);
        let width = block_out_channels.first().copied().unwrap_or(0);
        let default_dim = Some(width.saturating_mul(4));
        let time_embed_dim = fields.optional_size("time_embedding_dim", default_dim, sizes.clone())?;
        let shifts = [("default", false), ("scale_shift", true)];
        let scale_shift = fields.choice("resnet_time_scale_shift", false, &shifts)?;
        let mut config = Self {
            sample_size: sample_size(&fields)?,
            in_channels: fields.size("in_channels", 3, sizes.clone())?,
            out_channels: fields.size("out_channels", 3, sizes.clone())?,
            center_input_sample: fields.flag("center_input_sample", false)?,
            time_embedding: TimeEmbedding::of(&fields)?,
            time_embed_dim: time_embed_dim.or(default_dim).unwrap_or(0),
            class_embedding: ClassEmbedding::of(&fields)?,
            down_blocks: down_blocks(&fields)?,
            mid_block: MidBlock::of(&fields, norm_num_groups, scale_shift)?,
            up_blocks: up_blocks(&fields)?,
            layers_per_block: fields.size("layers_per_block", 2, 1..=Self::MAX_LAYERS)?,
            downsample_padding: fields.size("downsample_padding", 1, 0..=1)?,
            act_fn: fields.choice("act_fn", Activation::Silu, &ACTIVATIONS)?,
            attention_head_dim: fields.optional_size("attention_head_dim", Some(8), sizes)?,
            norm_eps: fields.number("norm_eps", 1e-5)?,
            norm_num_groups,
            scale_shift,
            block_out_channels,
            warning: None,
        };
        config.check(&fields)?;
        // These are for training, and for a kind of time embedding that is refused.
        fields.ignore("dropout");
        fields.ignore("num_train_timesteps");
        config.warning = fields.unread("UNet2DModel");
        Ok(config)
    }

    /// What a picture's height and width must be multiples of.
    #[must_use]
    pub fn size_factor(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }

    /// Numbers in the largest tensor that goes from one layer to the next for `rows` pictures of a size.
    #[must_use]
    pub fn largest_tensor(&self, rows: usize, [height, width]: [usize; 2]) -> u64 {
        let channels = |level: usize| self.block_out_channels[level.min(self.block_out_channels.len() - 1)];
        let of_level = |level: usize| {
            let pixels = ((height >> level) as u64).saturating_mul((width >> level) as u64);
            // On the way up what comes from below is joined with the skip connection.
            let widest = channels(level + 1).max(channels(level)).max(channels(level.saturating_sub(1)));
            let heads = channels(level) / self.attention_head_dim.unwrap_or(channels(level));
            let scores = if self.attends(level) { pixels.saturating_mul(heads as u64) } else { 0 };
            pixels.saturating_mul(scores.max((channels(level) + widest) as u64))
        };
        let largest = (0..self.block_out_channels.len()).map(of_level).max();
        largest.unwrap_or(0).saturating_mul(rows as u64)
    }

    /// Whether there is attention among pictures of this size, 0 being the full one.
    fn attends(&self, level: usize) -> bool {
        let last = self.block_out_channels.len() - 1;
        let mid = level == last && self.mid_block.is_some_and(|mid| mid.attention);
        mid || self.down_blocks[level].attention || self.up_blocks[last - level].attention
    }

    fn check(&self, fields: &Fields) -> Result<()> {
        let (channels, levels) = (&self.block_out_channels, self.block_out_channels.len());
        if !(1..=Self::MAX_LEVELS).contains(&levels) {
            return fields.refused("block_out_channels", format!("1 to {} sizes work", Self::MAX_LEVELS));
        }
        for (field, blocks) in [("down_block_types", &self.down_blocks), ("up_block_types", &self.up_blocks)]
        {
            if blocks.len() != levels {
                return fields.refused(field, format!("block_out_channels asks for {levels}"));
            }
        }
        let groups = self.norm_num_groups;
        if channels.iter().any(|channels| !channels.is_multiple_of(groups)) {
            return fields
                .refused("block_out_channels", format!("multiples of norm_num_groups {groups} work"));
        }
        let last = channels[levels - 1];
        if let Some(MidBlock { attention: true, attn_groups: Some(groups), .. }) = self.mid_block
            && !last.is_multiple_of(groups)
        {
            return fields
                .refused("attn_norm_num_groups", format!("a divisor of the last block's {last} works"));
        }
        if let Some(head) = self.attention_head_dim {
            let used = (0..levels).filter(|&level| self.attends(level)).map(|level| channels[level]);
            if let Some(least) = used.min().filter(|&least| least < head) {
                return fields
                    .refused("attention_head_dim", format!("1 to the block's {least} channels work"));
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

const ACTIVATIONS: [(&str, Activation); 4] = [
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("gelu", Activation::Gelu),
    ("relu", Activation::Relu),
];

fn sample_size(fields: &Fields) -> Result<Option<[usize; 2]>> {
    match fields.sizes("sample_size", &[])?[..] {
        [] => Ok(None),
        [size] => Ok(Some([size, size])),
        [height, width] => Ok(Some([height, width])),
        _ => fields.refused("sample_size", "a size, or height and width, or null works"),
    }
}
