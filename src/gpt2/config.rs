//! A GPT-2's `config.json`, as transformers writes it.

use serde::Deserialize;
use serde_json::Value;

use crate::config::Fields;
use crate::error::{Error, Result};
use crate::kernels::Activation;
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
    /// What an empty prompt starts from.
    pub bos_token_id: Option<u32>,
    eos_token_id: TokenIds,
}

/// One token id, several, or none.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum TokenIds {
    #[default]
    None,
    One(u32),
    Several(Vec<u32>),
}

impl TokenIds {
    pub(super) fn as_slice(&self) -> &[u32] {
        match self {
            Self::None => &[],
            Self::One(id) => std::slice::from_ref(id),
            Self::Several(ids) => ids,
        }
    }
}

/// By transformers' names.
const ACTIVATIONS: [(&str, Activation); 10] = [
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu", Activation::Gelu),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
    ("linear", Activation::Identity),
];

impl Config {
    /// The most parameters: GPT-2's largest checkpoint has 1.6 billion.
    const MAX_PARAMETERS: usize = 1 << 31;
    /// The most blocks, however small: a list of a million of them takes gigabytes.
    const MAX_LAYERS: usize = 1024;

    /// Reads and checks a `config.json`. The sizes have no defaults.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = Fields::from_json("config.json", json)?;
        // The oldest configs do not say it.
        let is_gpt2 = |kind: &Value| (kind == "gpt2").then_some(());
        fields.parsed("model_type", "this pipeline reads \"gpt2\"", is_gpt2)?;
        let sizes = 1..=Fields::MAX_SIZE;
        let n_embd = fields.required_size("n_embd", sizes.clone())?;
        let bos_token_id = |value: &Value| Option::<u32>::deserialize(value).ok();
        let eos_token_id = |value: &Value| TokenIds::deserialize(value).ok();
        let config = Self {
            vocab_size: fields.required_size("vocab_size", sizes.clone())?,
            n_positions: fields.required_size("n_positions", sizes.clone())?,
            n_embd,
            n_layer: fields.required_size("n_layer", sizes.clone())?,
            n_head: fields.required_size("n_head", sizes.clone())?,
            n_inner: fields.optional_size("n_inner", None, sizes)?.unwrap_or(4 * n_embd),
            activation_function: fields.choice("activation_function", Activation::GeluTanh, &ACTIVATIONS)?,
            layer_norm_epsilon: fields.number("layer_norm_epsilon", 1e-5)?,
            scale_attn_weights: fields.flag("scale_attn_weights", true)?,
            scale_attn_by_inverse_layer_idx: fields.flag("scale_attn_by_inverse_layer_idx", false)?,
            tie_word_embeddings: fields.flag("tie_word_embeddings", true)?,
            bos_token_id: fields
                .parsed("bos_token_id", "a token or null works", bos_token_id)?
                .unwrap_or(Some(50_256)),
            eos_token_id: fields
                .parsed("eos_token_id", "a token, several or null work", eos_token_id)?
                .unwrap_or_default(),
        };
        config.check(&fields)?;
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

    /// The tokens that end a text.
    #[must_use]
    pub fn eos_token_ids(&self) -> &[u32] {
        self.eos_token_id.as_slice()
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

    /// Checks that a tokenizer has no tokens that the model does not know.
    ///
    /// # Errors
    /// `unsupported-model` when it has.
    pub fn check_tokenizer(&self, tokenizer: &Tokenizer) -> Result<()> {
        let (knows, vocab_size) = (tokenizer.vocab_size(), self.vocab_size);
        if knows > vocab_size {
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
        fields.parsed("quantization_config", "the weights must be F32, F16 or BF16", Value::as_null)?;
        if self.n_inner > Fields::MAX_SIZE {
            return fields.refused(
                "n_embd",
                format!("n_inner, four times as much, would be more than {}", Fields::MAX_SIZE),
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
        let mut ids = self.eos_token_ids().iter().chain(&self.bos_token_id);
        match ids.find(|&&id| id as usize >= self.vocab_size) {
            None => Ok(()),
            Some(id) => Err(fields.error(&format!("token {id} is beyond vocab_size {}", self.vocab_size))),
        }
    }
}
