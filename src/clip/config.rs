//! A text encoder's `config.json`, as transformers writes it.

use serde_json::Value;

use crate::config::Fields;
use crate::error::{Error, Result};
use crate::kernels::Activation;
use crate::nn::ACT2FN;

/// Every field that changes what the model computes.
/// Source: transformers' `CLIPTextConfig`, <https://huggingface.co/docs/transformers/model_doc/clip>.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How many tokens the model knows.
    pub vocab_size: usize,
    /// Size of a token's embedding.
    pub hidden_size: usize,
    /// Size of the feed-forward network's hidden layer.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Attention heads in each layer.
    pub num_attention_heads: usize,
    /// The most tokens of a text.
    pub max_position_embeddings: usize,
    /// The feed-forward network's activation.
    pub hidden_act: Activation,
    /// Added to the variance in a layer norm.
    pub layer_norm_eps: f64,
    /// What was passed over in the file.
    pub warning: Option<String>,
}

/// Fields that change nothing that is computed here. The ids of tokens are for the pooled embedding, which no picture is made
/// from, and many files have wrong ones.
const IGNORED: [&str; 13] = [
    "architectures",
    "attention_dropout",
    "bos_token_id",
    "dropout",
    "dtype",
    "eos_token_id",
    "gradient_checkpointing",
    "initializer_factor",
    "initializer_range",
    "pad_token_id",
    "projection_dim",
    "torch_dtype",
    "transformers_version",
];

impl Config {
    /// Where a folder has the file.
    pub const FILE: &'static str = "text_encoder/config.json";
    /// The most layers, however small: a list of a million of them takes gigabytes.
    const MAX_LAYERS: usize = 1024;

    /// Reads and checks a `config.json`: that of a `CLIPTextModel`, or of a whole `CLIPModel`, which has the other's in it.
    /// What it leaves out is what transformers takes.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json(Self::FILE, json)?;
        fields.parsed("model_type", "a text encoder of the type \"clip_text_model\" works", |kind| {
            (kind == "clip_text_model" || kind == "clip").then_some(())
        })?;
        // Around the text model's is what older versions of transformers wrote of every model: it warns of nothing.
        if let Some(fields) = fields.within("text_config")? {
            return Self::read(&fields);
        }
        let config = Self::read(&fields)?;
        Ok(Self { warning: fields.unread("CLIPTextModel"), ..config })
    }

    fn read(fields: &Fields) -> Result<Self> {
        let size = |field, default| fields.size(field, default, 1..=Fields::MAX_SIZE);
        let config = Self {
            vocab_size: size("vocab_size", 49_408)?,
            hidden_size: size("hidden_size", 512)?,
            intermediate_size: size("intermediate_size", 2048)?,
            num_hidden_layers: fields.size("num_hidden_layers", 12, 1..=Self::MAX_LAYERS)?,
            num_attention_heads: size("num_attention_heads", 8)?,
            max_position_embeddings: size("max_position_embeddings", 77)?,
            hidden_act: fields.choice("hidden_act", Activation::QuickGelu, &ACT2FN)?,
            layer_norm_eps: fields.number("layer_norm_eps", 1e-5)?,
            warning: None,
        };
        config.check(fields)?;
        for field in IGNORED {
            fields.ignore(field);
        }
        Ok(config)
    }

    fn check(&self, fields: &Fields) -> Result<()> {
        let Self { hidden_size, num_attention_heads: heads, .. } = *self;
        if !hidden_size.is_multiple_of(heads) {
            let what = format!("hidden_size {hidden_size} cannot be shared by num_attention_heads {heads}");
            return Err(fields.error(&what));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return fields.refused("layer_norm_eps", "it must be between 0 and 1");
        }
        fields.parsed(
            "use_attention_mask",
            "padding that is seen, as in Stable Diffusion, works",
            |value| (*value != Value::Bool(true)).then_some(()),
        )?;
        fields.parsed("quantization_config", "the weights must be F64, F32, F16 or BF16", Value::as_null)?;
        Ok(())
    }

    /// `1 / √head_dim`
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // of small whole numbers
    pub(super) fn attention_scale(&self) -> f32 {
        let head_dim = self.hidden_size / self.num_attention_heads;
        (1.0 / (head_dim as f64).sqrt()) as f32
    }

    /// Checks what a call asks for.
    ///
    /// # Errors
    /// `invalid-option` when there are not as many layers to skip, or a text of `length` tokens is too long.
    pub fn check_call(&self, length: usize, clip_skip: usize) -> Result<()> {
        let (layers, positions) = (self.num_hidden_layers, self.max_position_embeddings);
        if clip_skip > layers {
            return Err(Error::InvalidOption(format!(
                "clip_skip is {clip_skip}; the text encoder has {layers} layers, so that 0 to {layers} work"
            )));
        }
        if length > positions {
            return Err(Error::InvalidOption(format!(
                "a text of {length} tokens; the text encoder takes {positions} at most"
            )));
        }
        Ok(())
    }
}
