//! The weight files of a model, as the worker feeds them.

use wasm_bindgen::JsValue;

use crate::error::{Error, Result};
use crate::weights::{Checkpoint, Reader, shards_of_index};

/// The file that is being read, if one is.
#[derive(Debug, Default)]
pub struct WeightFiles(Option<Reader>);

impl WeightFiles {
    pub fn begin(&mut self, sha256: Option<String>) {
        self.0 = Some(Reader::new(sha256));
    }

    pub fn push(&mut self, bytes: &[u8], checkpoint: &mut Checkpoint) -> Result<Option<f64>> {
        let reader = self.0.as_mut().ok_or_else(no_file)?;
        reader.push(bytes, checkpoint)?;
        #[allow(clippy::cast_precision_loss)] // JavaScript has no other number
        Ok(reader.file_len().map(|len| len as f64))
    }

    pub fn end(&mut self) -> Result<()> {
        self.0.take().ok_or_else(no_file)?.finish()
    }
}

/// The files that a `model.safetensors.index.json` names, which must have all that `checkpoint` wants.
pub fn shards(index_json: &str, checkpoint: &Checkpoint) -> std::result::Result<Vec<String>, JsValue> {
    let (files, tensors) = shards_of_index(index_json)?;
    checkpoint.expect_all(tensors.iter().map(String::as_str))?;
    Ok(files)
}

fn no_file() -> Error {
    Error::Internal("no weight file was begun".to_owned())
}

/// The methods by which the worker feeds a loader, which has a `loading` with a `checkpoint` (perhaps in a part of it), and
/// `files`.
macro_rules! takes_weight_files {
    ($Loader:ident $(, $part:ident)?) => {
        #[wasm_bindgen]
        impl $Loader {
            /// The files that a `model.safetensors.index.json` names.
            ///
            /// # Errors
            /// `weights-invalid` for a damaged index, `weights-mismatch` when it lacks a tensor.
            pub fn shards(&self, index_json: &str) -> Result<Vec<String>, JsValue> {
                $crate::web::files::shards(index_json, &self.loading$(.$part)?.checkpoint)
            }

            /// Begins a file, which must have this SHA-256 (hexadecimal) if one is given.
            pub fn begin_file(&mut self, sha256: Option<String>) {
                self.files.begin(sha256);
            }

            /// Takes the file's next bytes. Gives the whole file's length once it is known.
            ///
            /// # Errors
            /// `weights-invalid` and `weights-mismatch`.
            pub fn push(&mut self, bytes: &[u8]) -> Result<Option<f64>, JsValue> {
                Ok(self.files.push(bytes, &mut self.loading$(.$part)?.checkpoint)?)
            }

            /// Ends a file.
            ///
            /// # Errors
            /// `weights-truncated`, or `weights-invalid` for a wrong SHA-256.
            pub fn end_file(&mut self) -> Result<(), JsValue> {
                Ok(self.files.end()?)
            }
        }
    };
}

pub(super) use takes_weight_files;
