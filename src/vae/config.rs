//! An autoencoder's `config.json`, as diffusers writes it.

use crate::config::Fields;
use crate::error::Result;
use crate::kernels::Activation;

/// Every field that changes what the autoencoder computes.
/// Source: diffusers' `AutoencoderKL` and `AutoencoderTiny`,
/// <https://huggingface.co/docs/diffusers/api/models/autoencoderkl>.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Channels of a picture.
    pub in_channels: usize,
    /// Channels of a latent.
    pub latent_channels: usize,
    /// The activation between layers.
    pub act_fn: Activation,
    /// A U-Net's latents are `(latents - shift_factor) · scaling_factor`, so that they have about unit variance.
    pub scaling_factor: f64,
    /// 0 in Stable Diffusion.
    pub shift_factor: f64,
    /// What the encoder and the decoder are made of.
    pub network: NetworkConfig,
    /// What was passed over in the file.
    pub warning: Option<String>,
}

/// What an autoencoder is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkConfig {
    /// `AutoencoderKL`
    Kl(KlConfig),
    /// `AutoencoderTiny`
    Tiny(TinyConfig),
}

/// The fields that only `AutoencoderKL` has.
#[derive(Debug, Clone, PartialEq)]
pub struct KlConfig {
    /// Channels at each size, from a picture's own.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks at each size in the encoder; in the decoder there is one more.
    pub layers_per_block: usize,
    /// Groups of every group norm.
    pub norm_num_groups: usize,
    /// A convolution of 1 × 1 follows the encoder.
    pub use_quant_conv: bool,
    /// One precedes the decoder.
    pub use_post_quant_conv: bool,
    /// At the smallest size all pixels attend to each other.
    pub mid_block_add_attention: bool,
}

/// The fields that only `AutoencoderTiny` has.
#[derive(Debug, Clone, PartialEq)]
pub struct TinyConfig {
    /// Channels of the encoder at every size.
    pub encoder_channels: usize,
    /// Blocks of the encoder at each size, from a picture's own.
    pub num_encoder_blocks: Vec<usize>,
    /// Channels of the decoder at every size.
    pub decoder_channels: usize,
    /// Blocks of the decoder at each size, up to a picture's own.
    pub num_decoder_blocks: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Class {
    Kl,
    Tiny,
}

impl Config {
    /// Where a pipeline's folder has it.
    pub const FILE: &'static str = "vae/config.json";
    /// The most sizes of pictures: the smallest has 2¹⁵ times fewer rows.
    const MAX_LEVELS: usize = 16;
    const MAX_LAYERS: usize = 64;

    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json(Self::FILE, json)?;
        let classes = [("AutoencoderKL", Class::Kl), ("AutoencoderTiny", Class::Tiny)];
        let (class, network, act_fn, scaling_factor) =
            match fields.choice("_class_name", Class::Kl, &classes)? {
                Class::Kl => ("AutoencoderKL", NetworkConfig::kl(&fields)?, Activation::Silu, 0.18215),
                Class::Tiny => ("AutoencoderTiny", NetworkConfig::tiny(&fields)?, Activation::Relu, 1.0),
            };
        let in_channels = fields.size("in_channels", 3, 1..=Fields::MAX_SIZE)?;
        if fields.size("out_channels", 3, 1..=Fields::MAX_SIZE)? != in_channels {
            return fields.refused("out_channels", format!("as many as in_channels, {in_channels}, work"));
        }
        let config = Self {
            in_channels,
            latent_channels: fields.size("latent_channels", 4, 1..=Fields::MAX_SIZE)?,
            act_fn: fields.choice("act_fn", act_fn, &ACTIVATIONS)?,
            scaling_factor: fields.number("scaling_factor", scaling_factor)?,
            shift_factor: shift_factor(&fields)?,
            network,
            warning: None,
        };
        if config.scaling_factor.abs() < 1e-9 {
            return fields.refused("scaling_factor", "a number that can be divided by works");
        }
        // Everything is computed in `f32`, in bands that are chosen by the device; and these two are another class's.
        for field in ["force_upcast", "sample_size"] {
            fields.ignore(field);
        }
        for field in ["latents_mean", "latents_std"] {
            if fields.entries().any(|(name, value)| name == field && value.is_null()) {
                fields.ignore(field);
            }
        }
        Ok(Self { warning: fields.unread(class), ..config })
    }

    /// Pixels along a side for one latent.
    #[must_use]
    pub fn scale_factor(&self) -> usize {
        1 << (self.levels() - 1)
    }

    /// How many sizes there are between a picture and its latents, both included.
    pub(super) fn levels(&self) -> usize {
        match &self.network {
            NetworkConfig::Kl(kl) => kl.block_out_channels.len(),
            NetworkConfig::Tiny(tiny) => tiny.num_decoder_blocks.len(),
        }
    }
}

impl NetworkConfig {
    fn kl(fields: &Fields) -> Result<Self> {
        let kl = KlConfig {
            block_out_channels: fields.sizes("block_out_channels", &[64])?,
            layers_per_block: fields.size("layers_per_block", 1, 1..=Config::MAX_LAYERS)?,
            norm_num_groups: fields.size("norm_num_groups", 32, 1..=4096)?,
            use_quant_conv: fields.flag("use_quant_conv", true)?,
            use_post_quant_conv: fields.flag("use_post_quant_conv", true)?,
            mid_block_add_attention: fields.flag("mid_block_add_attention", true)?,
        };
        let levels = kl.block_out_channels.len();
        check_levels(fields, "block_out_channels", levels)?;
        for (field, block) in
            [("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D")]
        {
            if fields.choices(field, &[()], &[(block, ())])?.len() != levels {
                return fields.refused(field, format!("block_out_channels asks for {levels}"));
            }
        }
        let groups = kl.norm_num_groups;
        if kl.block_out_channels.iter().any(|channels| !channels.is_multiple_of(groups)) {
            return fields
                .refused("block_out_channels", format!("multiples of norm_num_groups {groups} work"));
        }
        Ok(Self::Kl(kl))
    }

    fn tiny(fields: &Fields) -> Result<Self> {
        let channels = |field: &str, levels: usize| match fields.sizes(field, &[64; 4])?[..] {
            [first, ref others @ ..] if others.len() + 1 == levels && others.iter().all(|&c| c == first) => {
                Ok(first)
            }
            _ => fields.refused(field, format!("{levels} times the same number works")),
        };
        let num_encoder_blocks = fields.sizes("num_encoder_blocks", &[1, 3, 3, 3])?;
        let num_decoder_blocks = fields.sizes("num_decoder_blocks", &[3, 3, 3, 1])?;
        let levels = num_decoder_blocks.len();
        check_levels(fields, "num_decoder_blocks", levels)?;
        if num_encoder_blocks.len() != levels {
            return fields.refused("num_encoder_blocks", format!("num_decoder_blocks asks for {levels}"));
        }
        for (field, blocks) in
            [("num_encoder_blocks", &num_encoder_blocks), ("num_decoder_blocks", &num_decoder_blocks)]
        {
            if blocks.iter().any(|&blocks| blocks > Config::MAX_LAYERS) {
                return fields.refused(field, format!("1 to {} of each work", Config::MAX_LAYERS));
            }
        }
        fields.size("upsampling_scaling_factor", 2, 2..=2)?;
        fields.choice("upsample_fn", (), &[("nearest", ()), ("nearest-exact", ())])?;
        // What diffusers adds to every file, and what only its `forward` reads, which rounds latents to bytes.
        for field in ["block_out_channels", "latent_magnitude", "latent_shift"] {
            fields.ignore(field);
        }
        Ok(Self::Tiny(TinyConfig {
            encoder_channels: channels("encoder_block_out_channels", levels)?,
            num_encoder_blocks,
            decoder_channels: channels("decoder_block_out_channels", levels)?,
            num_decoder_blocks,
        }))
    }
}

const ACTIVATIONS: [(&str, Activation); 4] = [
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("gelu", Activation::Gelu),
    ("relu", Activation::Relu),
];

fn check_levels(fields: &Fields, field: &str, levels: usize) -> Result<()> {
    if (1..=Config::MAX_LEVELS).contains(&levels) {
        return Ok(());
    }
    fields.refused(field, format!("1 to {} sizes work", Config::MAX_LEVELS))
}

fn shift_factor(fields: &Fields) -> Result<f64> {
    let parse = |value: &serde_json::Value| if value.is_null() { Some(0.0) } else { value.as_f64() };
    Ok(fields.parsed("shift_factor", "a number or null works", parse)?.unwrap_or(0.0))
}
