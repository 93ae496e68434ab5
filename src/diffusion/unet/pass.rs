use burn::tensor::Tensor;

use crate::nn::AttentionMaps;

/// One pass through the network: what every block is given besides the picture, and what they leave for each other.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// The timestep, and perhaps a class: `[rows, time_embed_dim]`. It has been through the activation already, because that
    /// is the same for all blocks.
    pub temb: Tensor<2>,
    /// The text, `[rows · tokens, cross_attention_dim]`, if the model has one.
    pub encoder_hidden_states: Option<&'a Tensor<2>>,
    /// The skip connections that have not been joined yet.
    pub skips: Vec<Tensor<4>>,
    /// The attention that the text gets, where it is asked for.
    pub maps: Option<AttentionMaps>,
}
