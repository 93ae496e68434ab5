//! Hand-written kernels, where Burn's own cost the most: one function each, for the GPU and for the CPU.
//!
//! Each has a twin of plain Burn operations, which says what it computes and which the tests compare it with.
//! What each is worth is measured by `npm run bench` and kept in `benches/README.md`.

mod lanes;
mod linear;

pub use linear::{Activation, linear, linear_layer, linear_twin};
