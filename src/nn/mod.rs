//! Layers that networks share, built of a checkpoint's tensors by their names and computed by our kernels.

mod conv2d;
mod group_norm;
mod layer_norm;
mod linear;

pub use conv2d::Conv2d;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
