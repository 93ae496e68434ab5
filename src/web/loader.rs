//! A model being loaded: the worker feeds in the files of its checkpoints, and gets a pipeline in the end.

use std::fmt::Debug;

use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::weights::{Checkpoint, Reader, shards_of_index};

/// A kind of model whose weights are still being loaded.
pub(super) trait Loading: Debug {
    /// The checkpoint of a part, under the name that its folder has in diffusers; `model` where there is only one.
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint>;

    /// The pipeline, a class of this module, once all weights have come.
    fn finish(self: Box<Self>) -> Result<JsValue>;
}

/// Takes the weight files of a model's parts, piece by piece.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Loader {
    loading: Box<dyn Loading>,
    /// The file that is being read, and the part that it is of.
    file: Option<(Reader, String)>,
}

impl Loader {
    pub(super) fn new(loading: impl Loading + 'static) -> Self {
        Self { loading: Box::new(loading), file: None }
    }

    fn checkpoint(&mut self, part: &str) -> Result<&mut Checkpoint> {
        let unknown = || Error::Internal(format!("the model has no part {part}"));
        self.loading.checkpoint(part).ok_or_else(unknown)
    }
}

#[wasm_bindgen]
impl Loader {
    /// The files that the `*.safetensors.index.json` of a part names.
    ///
    /// # Errors
    /// `weights-invalid` for a damaged index, `weights-mismatch` when it lacks a tensor.
    pub fn shards(&mut self, part: &str, index_json: &str) -> std::result::Result<Vec<String>, JsValue> {
        let (files, tensors) = shards_of_index(index_json)?;
        self.checkpoint(part)?.expect_all(tensors.iter().map(String::as_str))?;
        Ok(files)
    }

    /// Begins a file of a part, which must have this SHA-256 (hexadecimal) if one is given.
    pub fn begin_file(&mut self, part: String, sha256: Option<String>) {
        self.file = Some((Reader::new(sha256), part));
    }

    /// Takes the file's next bytes. Returns the whole file's length once it is known.
    ///
    /// # Errors
    /// `weights-invalid` and `weights-mismatch`.
    pub fn push(&mut self, bytes: &[u8]) -> std::result::Result<Option<f64>, JsValue> {
        let (mut reader, part) = self.file.take().ok_or_else(no_file)?;
        reader.push(bytes, self.checkpoint(&part)?)?;
        #[allow(clippy::cast_precision_loss)] // JavaScript has no other number
        let length = reader.file_len().map(|len| len as f64);
        self.file = Some((reader, part));
        Ok(length)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `weights-truncated`, or `weights-invalid` for a wrong SHA-256.
    pub fn end_file(&mut self) -> std::result::Result<(), JsValue> {
        let (reader, _) = self.file.take().ok_or_else(no_file)?;
        Ok(reader.finish()?)
    }

    /// The pipeline, once all files have come.
    ///
    /// # Errors
    /// `weights-mismatch` naming a tensor that is missing.
    #[wasm_bindgen(
        unchecked_return_type = "GanPipeline | VaePipeline | Gpt2Pipeline | DiffusionPipeline | PromptEncoder"
    )]
    pub fn finish(self) -> std::result::Result<JsValue, JsValue> {
        Ok(self.loading.finish()?)
    }
}

fn no_file() -> Error {
    Error::Internal("no weight file was begun".to_owned())
}
