//! A GPT-2's `config.json`, as transformers writes it.

use serde_json::Value;

use crate::config::Fields;
use crate::error::{Error, Result};
use crate::kernels::Activation;
use crate::nn::ACT2FN;
use crate::tokenizer::Tokenizer;

/// Every field that changes what the model computes.
/// Source: transformers' `GPT2Config`, <https://huggingface.co/docs/transformers/model_doc/gpt2>.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How many tokens the model knows.
    pub vocab_size: usize,
    /// The context: the most positions, prompt and continuation together.
    pub n_positions: usize,
    /// Size of a token's embedding.
    pub n_embd: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Attention heads in each block.
    pub n_head: usize,
    /// Size of the feed-forward network's hidden layer.
    pub n_inner: usize,
    /// The feed-forward network's activation.
    pub activation_function: Activation,
    /// Added to the variance in a layer norm.
    pub layer_norm_epsilon: f64,
    /// Divide attention scores by the square root of a head's size.
    scale_attn_weights: bool,
    /// Divide them by the block's number as well, counted from 1.
    scale_attn_by_inverse_layer_idx: bool,
    /// The head is the token embedding, transposed; else it has a weight of its own.
    pub tie_word_embeddings: bool,
    /// What an empty prompt starts from. Like those that end a text it may be beyond the vocabulary.
    pub bos_token_id: Option<u32>,
    eos_token_ids: Vec<u32>,
    warnings: Vec<String>,
}

/// The token that begins and ends texts where a config does not say which.
const END_OF_TEXT: u32 = 50_256;

impl Config {
    /// The most parameters: GPT-2's largest checkpoint has 1.6 billion.
    const MAX_PARAMETERS: usize = 1 << 31;
    /// The most blocks, however small: a list of a million of them takes gigabytes.
    const MAX_LAYERS: usize = 1024;

    /// Reads and checks a `config.json`. What it leaves out is what transformers takes: the smallest GPT-2.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json("config.json", json)?;
        check_kind(&fields)?;
        let has = |field: &str| fields.names().any(|name| name == field);
        let sizes = 1..=Fields::MAX_SIZE;
        // A size may have the name that it has in other models too. That one counts if there are both.
        let size = |own, common, default| {
            fields.size(if has(common) { common } else { own }, default, sizes.clone())
        };
        let n_embd = size("n_embd", "hidden_size", 768)?;
        let eos_token_ids = eos_token_ids(&fields)?;
        let mut config = Self {
            vocab_size: fields.size("vocab_size", 50_257, sizes.clone())?,
            n_positions: size("n_positions", "max_position_embeddings", 1024)?,
            n_embd,
            n_layer: size("n_layer", "num_hidden_layers", 12)?,
            n_head: size("n_head", "num_attention_heads", 12)?,
            n_inner: fields.optional_size("n_inner", None, sizes.clone())?.unwrap_or(4 * n_embd),
            activation_function: fields.choice("activation_function", Activation::GeluTanh, &ACT2FN)?,
            layer_norm_epsilon: fields.number("layer_norm_epsilon", 1e-5)?,
            scale_attn_weights: fields.flag("scale_attn_weights", true)?,
            scale_attn_by_inverse_layer_idx: fields.flag("scale_attn_by_inverse_layer_idx", false)?,
            tie_word_embeddings: fields.flag("tie_word_embeddings", true)?,
            bos_token_id: bos_token_id(&fields)?.unwrap_or(Some(END_OF_TEXT)),
            eos_token_ids: eos_token_ids.clone().unwrap_or_else(|| vec![END_OF_TEXT]),
            warnings: Vec::new(),
        };
        config.check(&fields)?;
        if eos_token_ids.iter().flatten().any(|&id| !config.knows(id)) {
            let vocab_size = config.vocab_size;
            let why =
                format!("eos_token_id has a token that never comes, because vocab_size is {vocab_size}");
            config.warnings.push(fields.about(&why));
        }
        Ok(config)
    }

    /// Size of one attention head.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.n_embd / self.n_head
    }

    /// What attention scores of block `layer` are multiplied by.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // of small whole numbers
    pub fn attention_scale(&self, layer: usize) -> f32 {
        let mut scale = 1.0;
        if self.scale_attn_weights {
            scale /= (self.head_size() as f64).sqrt();
        }
        if self.scale_attn_by_inverse_layer_idx {
            scale /= (layer + 1) as f64;
        }
        scale as f32
    }

    /// The tokens that end a text. One beyond the vocabulary never comes.
    #[must_use]
    pub fn eos_token_ids(&self) -> &[u32] {
        &self.eos_token_ids
    }

    /// Whether the vocabulary has this token.
    #[must_use]
    pub fn knows(&self, token_id: u32) -> bool {
        (token_id as usize) < self.vocab_size
    }

    /// What the file says in vain, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Numbers in the whole model.
    pub(super) fn parameters(&self) -> usize {
        let (width, inner) = (self.n_embd, self.n_inner);
        let block =
            (4 * width + 4).saturating_add(2 * inner).saturating_mul(width).saturating_add(9 * width + inner);
        let heads = if self.tie_word_embeddings { 1 } else { 2 };
        let embeddings = (heads * self.vocab_size + self.n_positions).saturating_mul(width);
        block.saturating_mul(self.n_layer).saturating_add(embeddings)
    }

    /// Checks that a tokenizer is this model's. It may have tokens that the model does not know, which no prompt can have then,
    /// but the model knows most of its vocabulary.
    ///
    /// # Errors
    /// `unsupported-model` when it does not.
    pub fn check_tokenizer(&self, tokenizer: &Tokenizer) -> Result<()> {
        let (knows, vocab_size) = (tokenizer.base_vocab_size(), self.vocab_size);
        if knows > 2 * vocab_size {
            return Err(Error::UnsupportedModel(format!(
                "the tokenizer has {knows} tokens and the model's vocab_size is {vocab_size}: they belong to two models"
            )));
        }
        Ok(())
    }

    fn check(&self, fields: &Fields) -> Result<()> {
        for field in ["add_cross_attention", "is_encoder_decoder"] {
            fields.parsed(field, "only decoders without cross-attention are supported", |value| {
                (*value != Value::Bool(true)).then_some(())
            })?;
        }
        fields.parsed("quantization_config", "the weights must be F64, F32, F16 or BF16", Value::as_null)?;
        if self.n_inner > Fields::MAX_SIZE {
            let (width, most) = (self.n_embd, Fields::MAX_SIZE);
            return Err(
                fields.error(&format!("n_embd is {width}; n_inner, four times as much, can be {most}"))
            );
        }
        if !self.n_embd.is_multiple_of(self.n_head) {
            return Err(fields
                .error(&format!("n_embd {} cannot be shared by n_head {} heads", self.n_embd, self.n_head)));
        }
        if !(self.layer_norm_epsilon > 0.0 && self.layer_norm_epsilon < 1.0) {
            return fields.refused("layer_norm_epsilon", "it must be between 0 and 1");
        }
        if self.n_layer > Self::MAX_LAYERS {
            return fields.refused("n_layer", format!("1 to {} work", Self::MAX_LAYERS));
        }
        if self.parameters() > Self::MAX_PARAMETERS {
            let parameters = self.parameters();
            return Err(fields.error(&format!("{parameters} parameters, more than {}", Self::MAX_PARAMETERS)));
        }
        Ok(())
    }
}

/// Refuses the config of another kind of model. The oldest ones of GPT-2 do not say what they are, but their sizes do.
fn check_kind(fields: &Fields) -> Result<()> {
    let what = "this pipeline reads \"gpt2\"";
    let is_gpt2 = |kind: &Value| (kind == "gpt2").then_some(());
    let signs = ["architectures", "vocab_size", "n_embd", "n_layer", "hidden_size", "num_hidden_layers"];
    if fields.names().any(|name| signs.contains(&name)) {
        fields.parsed("model_type", what, is_gpt2)?;
        return Ok(());
    }
    fields.required("model_type", what, is_gpt2)
}

/// What `fields` say about the token that texts begin with; `Some(None)`: there is none.
#[allow(clippy::option_option)] // nothing, null and a token are three things
pub(super) fn bos_token_id(fields: &Fields) -> Result<Option<Option<u32>>> {
    let parse = |value: &Value| if value.is_null() { Some(None) } else { token_id(value).map(Some) };
    fields.parsed("bos_token_id", "a token or null works", parse)
}

/// What `fields` say about the tokens that end a text; none, if they say null.
pub(super) fn eos_token_ids(fields: &Fields) -> Result<Option<Vec<u32>>> {
    fields.parsed("eos_token_id", "a token, several or null work", |value| {
        if value.is_null() { Some(Vec::new()) } else { token_ids(value) }
    })
}

/// A list of tokens, or one token as a list of one.
pub(super) fn token_ids(value: &Value) -> Option<Vec<u32>> {
    match value {
        Value::Array(values) => values.iter().map(token_id).collect(),
        value => token_id(value).map(|id| vec![id]),
    }
}

/// A token, known or not. `u32::MAX` is none: no vocabulary reaches so far. Many people write -1 for it.
fn token_id(value: &Value) -> Option<u32> {
    let is_whole = value.is_u64() || value.is_i64();
    is_whole.then(|| value.as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX))
}
