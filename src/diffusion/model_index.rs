//! A pipeline's `model_index.json`: the parts that a folder has, and what diffusers keeps in its pipelines' code.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::json;
use crate::error::{Error, Result};
use crate::warnings::passed_over;

const FILE: &str = "model_index.json";

/// The pipelines of diffusers that are made of a U-Net and a scheduler. They pass over what else a folder has.
const OF_NOTHING_ELSE: [&str; 3] = ["DDPMPipeline", "DDIMPipeline", "PNDMPipeline"];

/// What a pipeline says about itself.
#[derive(Debug, Default, Deserialize)]
pub struct ModelIndex {
    /// The names of classes by their numbers, as `DiTPipeline` has them.
    pub id2label: Option<BTreeMap<String, String>>,
    /// Guidance, where a call asks for none.
    pub guidance_scale: Option<f64>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl ModelIndex {
    /// Reads the file. Where there is none, the index is empty.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn read(json: Option<&str>) -> Result<Self> {
        Ok(json.map(|json| json::read(FILE, json)).transpose()?.unwrap_or_default())
    }

    /// The names of the parts that the folder has. Each is `[library, class]`; an optional part that it lacks is
    /// `[null, null]`.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let is_part = |value: &Value| value.as_array().is_some_and(|part| !part.iter().all(Value::is_null));
        self.fields.iter().filter(move |(_, value)| is_part(value)).map(|(name, _)| name.as_str())
    }

    /// The class of the scheduler, if the index names one. As in diffusers it counts, and not what the scheduler's own file
    /// says. Those of Flax are those of PyTorch.
    pub fn scheduler(&self) -> Option<&str> {
        let class = self.fields.get("scheduler")?.get(1)?.as_str()?;
        Some(class.strip_prefix("Flax").unwrap_or(class))
    }

    /// The warning about parts other than those of `known`, if there are any.
    ///
    /// # Errors
    /// `unsupported-model` naming one that the pipeline uses.
    pub fn expect_only(&self, known: [&str; 2]) -> Result<Option<String>> {
        let others = || self.parts().filter(|part| !known.contains(part));
        let pipeline = self.fields.get("_class_name").and_then(Value::as_str).unwrap_or_default();
        match others().next() {
            Some(part) if !OF_NOTHING_ELSE.contains(&pipeline) => refused(format!(
                "the pipeline has a part {part}; those that have a {} work",
                known.join(" and a ")
            )),
            _ => Ok(passed_over(FILE, &format!("{pipeline} does not know"), others())),
        }
    }
}

/// An error about the file.
pub fn refused<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(Error::UnsupportedModel(format!("{FILE}: {what}")))
}
