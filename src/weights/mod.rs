//! Weights: from the bytes of safetensors files to the parameters of a Burn module.
//!
//! ```text
//! bytes ─ Reader ─► header, then one tensor at a time ─ Checkpoint ─► device ─► network
//! ```
//!
//! A [`Checkpoint`] knows from the network itself which tensors it wants and in which shapes, so a file
//! that does not fit is refused as soon as its header has come. A network is a Burn `Module`, whose parameters are found
//! by a walk and a key map, or it asks for its tensors by name as it is built ([`Parameters`]): the way for weights
//! that are kept in other formats than `f32`.

mod checkpoint;
mod header;
mod module;
mod parameters;
mod reader;
mod shards;
mod storage;

pub use checkpoint::{Checkpoint, FileNames, OlderNames};
pub use header::{Dtype, Header, MAX_HEADER_LEN, PREFIX_LEN, TensorInfo};
pub use module::{Key, KeyMap};
pub use parameters::Parameters;
pub use reader::{Reader, Sink};
pub use shards::shards_of_index;
pub use storage::Storage;
