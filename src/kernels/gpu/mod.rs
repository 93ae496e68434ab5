//! What kernels for the GPU share: a shader with its buffers, launched through Burn's own client.

mod adapter;
mod buffer;
mod shader;
mod tile;
mod wgsl;

pub use adapter::Adapter;
pub use buffer::{Buffer, buffer, buffers_of, int_buffer, room};
pub use shader::{MAX_GROUPS, Shader, WORKGROUP, float, launch, launch_in_place, over_two, word};
pub use tile::{Extent, Tile};
pub use wgsl::{OVER_SLICES, mean_and_variance, moments, number_at, shared_sums, unrolled};
