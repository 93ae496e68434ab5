//! What a U-Net is made of, as its `config.json` says.

use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;
use crate::nn::{AttentionBlockOptions, TransformerOptions};

/// Which of diffusers' two classes a file is of. Both are one network here; their fields and defaults differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    UNet2DModel,
    UNet2DConditionModel,
}

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

/// What conditions the model besides the timestep and a text.
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// Residual blocks. On the way up there is one more than on the way down.
    pub layers: usize,
    /// What comes after each residual block.
    pub attention: Attention,
    /// What changes the size between this block and the next.
    pub sampler: Sampler,
}

/// What comes after a residual block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attention {
    /// Nothing.
    None,
    /// The pixels attend to each other.
    Pixels(AttentionBlockOptions),
    /// The pixels attend to each other and to a text.
    Transformer(TransformerOptions),
}

/// What halves or doubles a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampler {
    /// A convolution of every other pixel, or one of the doubled picture.
    Conv,
    /// A residual block that averages or repeats.
    Resnet,
}

/// The block between the ways down and up: a residual block, and perhaps attention and a second one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidBlock {
    /// Residual blocks, 1 or 2.
    pub layers: usize,
    /// What comes between the two.
    pub attention: Attention,
    /// What the output of each residual block is divided by.
    pub scale_factor: f64,
}

/// What the norms of all blocks have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norms {
    pub groups: usize,
    pub eps: f64,
    /// The timestep scales and shifts what is normed, and is not added to it.
    pub scale_shift: bool,
}

/// All blocks of a U-Net, as many on each way as there are sizes.
#[derive(Debug)]
pub(super) struct Blocks {
    pub down: Vec<Block>,
    pub mid: Option<MidBlock>,
    pub up: Vec<Block>,
}

impl Blocks {
    /// The most residual blocks of a block.
    pub const MAX_LAYERS: usize = 64;
}

/// What the words of a list of blocks stand for, one for each size.
pub(super) fn block_types<T: Copy>(
    fields: &Fields,
    field: &str,
    levels: usize,
    default: &[T],
    known: &[(&str, T)],
) -> Result<Vec<T>> {
    let types = fields.choices(field, default, known)?;
    if types.len() == levels {
        Ok(types)
    } else {
        fields.refused(field, format!("block_out_channels asks for {levels}"))
    }
}

impl Class {
    pub const KNOWN: [(&str, Self); 2] =
        [("UNet2DModel", Self::UNet2DModel), ("UNet2DConditionModel", Self::UNet2DConditionModel)];

    /// The class's name in diffusers.
    pub fn name(self) -> &'static str {
        match self {
            Self::UNet2DModel => "UNet2DModel",
            Self::UNet2DConditionModel => "UNet2DConditionModel",
        }
    }
}

impl TimeEmbedding {
    pub(super) fn of(fields: &Fields, class: Class) -> Result<Self> {
        let positional = Self::Positional {
            flip_sin_to_cos: fields.flag("flip_sin_to_cos", true)?,
            freq_shift: fields.number("freq_shift", 0.0)?,
        };
        let known = [("positional", positional), ("fourier", Self::Fourier)];
        let known = match class {
            Class::UNet2DModel => &known[..],
            Class::UNet2DConditionModel => &known[..1], // its Fourier projection is another, which nobody uses
        };
        fields.choice("time_embedding_type", positional, known)
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

/// The factor that `mid_block_scale_factor` says.
pub(super) fn mid_block_scale_factor(fields: &Fields) -> Result<f64> {
    let factor = fields.number("mid_block_scale_factor", 1.0)?;
    if factor.abs() < 1e-6 {
        return fields.refused("mid_block_scale_factor", "a number that can be divided by works");
    }
    Ok(factor)
}

/// The names of the activations.
pub(super) const ACTIVATIONS: [(&str, Activation); 4] = [
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("gelu", Activation::Gelu),
    ("relu", Activation::Relu),
];
