//! What a U-Net is made of, as the words of its `config.json` say.

use crate::config::Fields;
use crate::error::Result;

/// How a timestep becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeEmbedding {
    /// Sines and cosines of fixed frequencies.
    Positional {
        /// The cosines come first.
        flip_sin_to_cos: bool,
        /// How far the lowest frequency is from 1/10,000.
        freq_shift: f64,
    },
    /// Sines and cosines of the logarithm with random frequencies from the checkpoint. The timesteps are noise levels,
    /// and the output is divided by them.
    Fourier,
}

/// What conditions the model besides the timestep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassEmbedding {
    /// Nothing.
    None,
    /// One of this many classes.
    Table(usize),
    /// A number that is embedded as timesteps are.
    Timestep,
    /// An embedding that the caller has.
    Identity,
}

/// A block on the way down or up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Attention comes after each residual block.
    pub attention: bool,
    /// What changes the size between this block and the next.
    pub sampler: Sampler,
}

/// What halves or doubles a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampler {
    /// A convolution of every other pixel, or one of the doubled picture.
    Conv,
    /// A residual block that averages or repeats.
    Resnet,
}

/// The block between the ways down and up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidBlock {
    /// Attention comes between the residual blocks.
    pub attention: bool,
    /// Groups of that attention's norm, if it has one.
    pub attn_groups: Option<usize>,
    /// What each part's output is divided by.
    pub scale_factor: f64,
}

const CONV: Block = Block { attention: false, sampler: Sampler::Conv };
const RESNET: Block = Block { attention: false, sampler: Sampler::Resnet };
const SAMPLERS: [(&str, Sampler); 3] =
    [("conv", Sampler::Conv), ("resnet", Sampler::Resnet), ("null", Sampler::Conv)];

/// Blocks without attention always use a convolution, whatever `downsample_type` says; old files have longer names.
pub(super) fn down_blocks(fields: &Fields) -> Result<Vec<Block>> {
    let attention =
        Block { attention: true, sampler: fields.choice("downsample_type", Sampler::Conv, &SAMPLERS)? };
    let known = [
        ("DownBlock2D", CONV),
        ("AttnDownBlock2D", attention),
        ("ResnetDownsampleBlock2D", RESNET),
        ("UNetResDownBlock2D", CONV),
        ("UNetResAttnDownBlock2D", attention),
    ];
    fields.choices("down_block_types", &[CONV, attention, attention, attention], &known)
}

pub(super) fn up_blocks(fields: &Fields) -> Result<Vec<Block>> {
    let attention =
        Block { attention: true, sampler: fields.choice("upsample_type", Sampler::Conv, &SAMPLERS)? };
    let known = [
        ("UpBlock2D", CONV),
        ("AttnUpBlock2D", attention),
        ("ResnetUpsampleBlock2D", RESNET),
        ("UNetResUpBlock2D", CONV),
        ("UNetResAttnUpBlock2D", attention),
    ];
    fields.choices("up_block_types", &[attention, attention, attention, CONV], &known)
}

impl TimeEmbedding {
    pub(super) fn of(fields: &Fields) -> Result<Self> {
        let positional = Self::Positional {
            flip_sin_to_cos: fields.flag("flip_sin_to_cos", true)?,
            freq_shift: fields.number("freq_shift", 0.0)?,
        };
        let known = [("positional", positional), ("fourier", Self::Fourier)];
        fields.choice("time_embedding_type", positional, &known)
    }
}

impl ClassEmbedding {
    pub(super) fn of(fields: &Fields) -> Result<Self> {
        let table = fields.optional_size("num_class_embeds", None, 1..=Fields::MAX_SIZE)?;
        let table = table.map_or(Self::None, Self::Table);
        let known = [("null", table), ("timestep", Self::Timestep), ("identity", Self::Identity)];
        fields.choice("class_embed_type", table, &known)
    }
}

impl MidBlock {
    pub(super) fn of(fields: &Fields, norm_num_groups: usize, scale_shift: bool) -> Result<Option<Self>> {
        let groups = fields.optional_size("attn_norm_num_groups", None, 1..=4096)?;
        let mid = Self {
            attention: fields.flag("add_attention", true)?,
            // Without a number of its own, the attention's norm follows the residual blocks'.
            attn_groups: groups.or_else(|| (!scale_shift).then_some(norm_num_groups)),
            scale_factor: fields.number("mid_block_scale_factor", 1.0)?,
        };
        if mid.scale_factor.abs() < 1e-6 {
            return fields.refused("mid_block_scale_factor", "a number that can be divided by works");
        }
        fields.choice("mid_block_type", Some(mid), &[("UNetMidBlock2D", Some(mid)), ("null", None)])
    }
}
