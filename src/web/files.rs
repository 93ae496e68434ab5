//! The weight files of a model, as the worker feeds them.

use wasm_bindgen::JsValue;

use crate::error::Error;
use crate::weights::{Checkpoint, Reader, shards_of_index};

/// The file that is being read, if one is.
#[derive(Debug, Default)]
pub struct WeightFiles(Option<Reader>);

impl WeightFiles {
    /// Begins a file, which must have this SHA-256 (hexadecimal) if one is given.
    pub fn begin(&mut self, sha256: Option<String>) {
        self.0 = Some(Reader::new(sha256));
    }

    /// Takes the file's next bytes. Gives the whole file's length once it is known.
    pub fn push(&mut self, bytes: &[u8], checkpoint: &mut Checkpoint) -> Result<Option<f64>, JsValue> {
        let reader = self.0.as_mut().ok_or_else(no_file)?;
        reader.push(bytes, checkpoint)?;
        #[allow(clippy::cast_precision_loss)] // JavaScript has no other number
        Ok(reader.file_len().map(|len| len as f64))
    }

    /// Ends a file.
    pub fn end(&mut self) -> Result<(), JsValue> {
        Ok(self.0.take().ok_or_else(no_file)?.finish()?)
    }
}

/// The files that a `model.safetensors.index.json` names, which must have all that `checkpoint` wants.
pub fn shards(index_json: &str, checkpoint: &Checkpoint) -> Result<Vec<String>, JsValue> {
    let (files, tensors) = shards_of_index(index_json)?;
    checkpoint.expect_all(tensors.iter().map(String::as_str))?;
    Ok(files)
}

fn no_file() -> Error {
    Error::Internal("no weight file was begun".to_owned())
}
