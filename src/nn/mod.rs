//! Layers that networks share, built of a checkpoint's tensors by their names and computed by our kernels.

mod act2fn;
mod attention;
mod attention_maps;
mod bands;
mod conv2d;
mod group_norm;
mod layer_norm;
mod linear;
mod resample;
mod resnet;
mod timestep;
mod transformer;

pub use act2fn::ACT2FN;
pub use attention::{Attention, AttentionBlock, AttentionBlockOptions, AttentionOptions};
pub use attention_maps::AttentionMaps;
pub use bands::Bands;
pub use conv2d::Conv2d;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use resample::{Downsample2D, Upsample2D};
pub use resnet::{Resize, ResnetBlock2D, ResnetOptions};
pub use timestep::{TimestepEmbedding, TimestepEmbeddingOptions, Timesteps};
pub use transformer::{BasicTransformerBlock, Transformer2DModel, TransformerOptions};
