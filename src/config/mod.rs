//! The JSON files of a model's folder: what every network's and every scheduler's configuration is read with.

mod fields;
pub mod json;

use std::collections::HashMap;

pub use fields::{Fields, whole};

/// The small files of a model's folder, by their path in it.
pub type Files = HashMap<String, String>;
