//! Weights: from the bytes of safetensors files to a network's tensors.
//!
//! ```text
//! bytes ─ Reader ─► header, then one tensor at a time ─ Checkpoint ─► device ─► network
//! ```
//!
//! A [`Checkpoint`] knows from the network itself which tensors it wants and in which shapes, so a file
//! that does not fit, or lacks one, is refused as soon as its header has come. A network asks for its tensors by name as it is built
//! ([`Parameters`]), in whatever format they are stored; or it is a Burn `Module`, whose `f32` parameters are found by a
//! walk (`module.rs`).

mod checkpoint;
mod header;
mod module;
mod parameters;
mod reader;
mod shards;
mod storage;
mod tied;
mod writer;

pub use checkpoint::{Checkpoint, FileNames, Role};
pub use header::{Dtype, Header, MAX_HEADER_LEN, PREFIX_LEN, TensorInfo};
pub use module::{Key, KeyMap};
pub use parameters::Parameters;
pub use reader::{Reader, Sink};
pub use shards::shards_of_index;
pub use storage::Storage;
pub use writer::{Written, to_safetensors};
