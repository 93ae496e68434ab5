//! The JSON files of a model's folder: what every network's and every scheduler's configuration is read with.

mod fields;
pub mod json;

pub use fields::{Fields, whole};
