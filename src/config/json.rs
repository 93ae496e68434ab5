//! A JSON file's text as the type that it describes.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, shortened};

/// Reads the text of `file`, which the message names.
///
/// # Errors
/// `unsupported-model` when it is not what `T` is read from.
pub fn read<T: DeserializeOwned>(file: &str, json: &str) -> Result<T> {
    serde_json::from_str(json)
        .map_err(|error| Error::UnsupportedModel(format!("{file}: {}", shortened(&error))))
}
