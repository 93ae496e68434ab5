//! A GPT-2's `config.json`, as transformers writes it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json;
use crate::kernels::Activation;
use crate::tokenizer::Tokenizer;

/// Every field that changes what the model computes.
/// Source: transformers' `GPT2Config`, <https://huggingface.co/docs/transformers/model_doc/gpt2>.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    model_type: String,
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
    /// Size of the feed-forward network's hidden layer; `4 · n_embd` where it is null.
    #[serde(default)]
    n_inner: Option<usize>,
    #[serde(default = "gelu_new")]
    activation_function: String,
    /// Added to the variance in a layer norm.
    #[serde(default = "default_epsilon")]
    pub layer_norm_epsilon: f64,
    /// Divide attention scores by the square root of a head's size.
    #[serde(default = "yes")]
    scale_attn_weights: bool,
    /// Divide them by the block's number as well, counted from 1.
    #[serde(default)]
    scale_attn_by_inverse_layer_idx: bool,
    /// The head is the token embedding, transposed; else it has a weight of its own.
    #[serde(default = "yes")]
    pub tie_word_embeddings: bool,
    #[serde(default = "end_of_text")]
    bos_token_id: Option<u32>,
    #[serde(default)]
    eos_token_id: TokenIds,
    #[serde(flatten)]
    other: Map<String, Value>,
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

fn gelu_new() -> String {
    "gelu_new".to_owned()
}

fn default_epsilon() -> f64 {
    1e-5
}

fn yes() -> bool {
    true
}

#[allow(clippy::unnecessary_wraps)] // the type of the field
fn end_of_text() -> Option<u32> {
    Some(50_256)
}

impl Config {
    /// The largest value of one size.
    const MAX_SIZE: usize = 1 << 20;
    /// The most parameters: GPT-2's largest checkpoint has 1.6 billion.
    const MAX_PARAMETERS: usize = 1 << 31;

    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// `unsupported-model`, saying which field.
    pub fn from_json(json: &str) -> Result<Self> {
        let config: Self = json::read("config.json", json)?;
        config.check()?;
        Ok(config)
    }

    /// Size of the feed-forward network's hidden layer.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.n_inner.unwrap_or(4 * self.n_embd)
    }

    /// Size of one attention head.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.n_embd / self.n_head
    }

    /// The factor of the attention scores of block `layer`.
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

    /// The token that an empty prompt starts from.
    #[must_use]
    pub fn bos_token_id(&self) -> Option<u32> {
        self.bos_token_id
    }

    /// The tokens that end a text.
    #[must_use]
    pub fn eos_token_ids(&self) -> &[u32] {
        self.eos_token_id.as_slice()
    }

    /// The feed-forward network's activation, by transformers' name for it.
    ///
    /// # Errors
    /// `unsupported-model` naming one that we do not have.
    pub fn activation(&self) -> Result<Activation> {
        match self.activation_function.as_str() {
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Activation::GeluTanh),
            "gelu" => Ok(Activation::Gelu),
            "relu" => Ok(Activation::Relu),
            "silu" | "swish" => Ok(Activation::Silu),
            "tanh" => Ok(Activation::Tanh),
            "sigmoid" => Ok(Activation::Sigmoid),
            "linear" => Ok(Activation::Identity),
            other => Err(Error::UnsupportedModel(format!(
                "config.json: activation_function is {other:?}; gelu_new, gelu_pytorch_tanh, gelu_fast, gelu, relu, \
                 silu, swish, tanh, sigmoid and linear are known"
            ))),
        }
    }

    /// How many numbers the whole model has.
    pub(super) fn parameters(&self) -> usize {
        let (width, inner) = (self.n_embd, self.inner());
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

    fn check(&self) -> Result<()> {
        let refused = |what: String| Err(Error::UnsupportedModel(format!("config.json: {what}")));
        if self.model_type != "gpt2" {
            return refused(format!("model_type is {:?}; this pipeline reads \"gpt2\"", self.model_type));
        }
        for field in ["add_cross_attention", "is_encoder_decoder"] {
            if self.other.get(field).is_some_and(|value| value == &Value::Bool(true)) {
                return refused(format!(
                    "{field} is true; only decoders without cross-attention are supported"
                ));
            }
        }
        if self.other.get("quantization_config").is_some_and(|value| !value.is_null()) {
            return refused("quantization_config is set; the weights must be F32, F16 or BF16".to_owned());
        }
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("n_positions", self.n_positions),
            ("n_embd", self.n_embd),
            ("n_layer", self.n_layer),
            ("n_head", self.n_head),
            ("n_inner", self.inner()),
        ];
        if let Some((name, size)) = sizes.iter().find(|(_, size)| !(1..=Self::MAX_SIZE).contains(size)) {
            return refused(format!("{name} is {size}; sizes go from 1 to {}", Self::MAX_SIZE));
        }
        if !self.n_embd.is_multiple_of(self.n_head) {
            return refused(format!(
                "n_embd {} cannot be shared by n_head {} heads",
                self.n_embd, self.n_head
            ));
        }
        if !(self.layer_norm_epsilon > 0.0 && self.layer_norm_epsilon < 1.0) {
            return refused(format!(
                "layer_norm_epsilon is {}; it must be between 0 and 1",
                self.layer_norm_epsilon
            ));
        }
        if self.parameters() > Self::MAX_PARAMETERS {
            return refused(format!("{} parameters, more than {}", self.parameters(), Self::MAX_PARAMETERS));
        }
        let ids = self.eos_token_ids().iter().chain(&self.bos_token_id);
        if let Some(id) = ids.clone().find(|&&id| id as usize >= self.vocab_size) {
            return refused(format!("token {id} is beyond vocab_size {}", self.vocab_size));
        }
        self.activation().map(|_| ())
    }
}
