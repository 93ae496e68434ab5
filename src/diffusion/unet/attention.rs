//! What comes after a residual block.

use burn::tensor::Tensor;

use super::kinds::Attention;
use super::pass::Pass;
use crate::nn::{AttentionBlock, Transformer2DModel};
use crate::weights::Parameters;

/// Attention of one of the two kinds.
#[derive(Debug, Clone)]
pub(super) enum AttentionLayer {
    Pixels(Box<AttentionBlock>),
    Transformer(Box<Transformer2DModel>),
}

/// The attention of a block after this many of its residual blocks; none in a block without attention.
pub(super) fn attentions(
    attention: Attention,
    layers: usize,
    channels: usize,
    mut within: Parameters,
) -> Vec<AttentionLayer> {
    let layer = |layer| {
        let parameters = within.within(layer);
        match attention {
            Attention::None => None,
            Attention::Pixels(options) => {
                let block = AttentionBlock::new(options, channels, parameters);
                Some(AttentionLayer::Pixels(Box::new(block)))
            }
            Attention::Transformer(options) => {
                let transformer = Transformer2DModel::new(options, channels, parameters);
                Some(AttentionLayer::Transformer(Box::new(transformer)))
            }
        }
    };
    (0..layers).map_while(layer).collect()
}

impl AttentionLayer {
    /// `x [rows, channels, height, width]`, in the same shape.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        match (self, pass.encoder_hidden_states) {
            (Self::Pixels(block), _) => block.forward(x),
            (Self::Transformer(transformer), Some(text)) => transformer.forward(x, text, pass.maps.as_mut()),
            (Self::Transformer(_), None) => panic!("UNet: there is no text to attend to"),
        }
    }
}
