//! Layers that networks share, built of a checkpoint's tensors by their names and computed by our kernels.

mod layer_norm;
mod linear;

pub use layer_norm::LayerNorm;
pub use linear::Linear;
