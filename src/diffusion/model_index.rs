//! A pipeline's `model_index.json`: the parts that a folder has, and what diffusers keeps in its pipelines' code.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::json;
use crate::error::{Error, Result};
use crate::warnings::passed_over;

const FILE: &str = "model_index.json";

/// The parts of every pipeline, and those that a text makes necessary.
const PARTS: [&str; 2] = ["unet", "scheduler"];
const PARTS_FOR_TEXT: [&str; 3] = ["vae", "text_encoder", "tokenizer"];

/// Parts of Stable Diffusion that judge finished pictures. They have a gigabyte, and no picture depends on them.
const PASSED_OVER: [&str; 2] = ["safety_checker", "feature_extractor"];

/// The pipelines of diffusers that are made of a U-Net and a scheduler. They pass over what else a folder has.
const OF_NOTHING_ELSE: [&str; 3] = ["DDPMPipeline", "DDIMPipeline", "PNDMPipeline"];

/// What a pipeline makes pictures of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Of noise, perhaps of a class.
    Pixels,
    /// Of a text: latent diffusion.
    Text,
}

/// What a pipeline says about itself.
#[derive(Debug, Default, Deserialize)]
pub struct ModelIndex {
    /// The names of classes by their numbers, as `DiTPipeline` has them.
    pub id2label: Option<BTreeMap<String, String>>,
    /// What a call gets that asks for none. diffusers passes over these, and takes its own.
    pub num_inference_steps: Option<usize>,
    pub guidance_scale: Option<f64>,
    pub guidance_rescale: Option<f64>,
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
    fn parts(&self) -> impl Iterator<Item = &str> {
        let is_part = |value: &Value| value.as_array().is_some_and(|part| !part.iter().all(Value::is_null));
        self.fields.iter().filter(move |(_, value)| is_part(value)).map(|(name, _)| name.as_str())
    }

    fn class_name(&self) -> &str {
        self.fields.get("_class_name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is a pipeline of latent consistency models.
    pub fn is_latent_consistency(&self) -> bool {
        self.class_name().starts_with("LatentConsistencyModel")
    }

    /// The class of the scheduler, if the index names one. As in diffusers it counts, and not what the scheduler's own file
    /// says. Those of Flax are those of PyTorch.
    pub fn scheduler(&self) -> Option<&str> {
        let class = self.fields.get("scheduler")?.get(1)?.as_str()?;
        Some(class.strip_prefix("Flax").unwrap_or(class))
    }

    /// The `num_inference_steps` of a call that names none, where they are not the scheduler's.
    ///
    /// # Errors
    /// `unsupported-model` for no steps, or more than the scheduler has timesteps.
    pub fn steps(&self, num_train_timesteps: usize) -> Result<Option<usize>> {
        match self.num_inference_steps {
            Some(steps) if !(1..=num_train_timesteps).contains(&steps) => {
                refused(format!("num_inference_steps is {steps}; 1 to {num_train_timesteps} work"))
            }
            steps => Ok(steps),
        }
    }

    /// The `guidance_rescale` of a call that names none.
    ///
    /// # Errors
    /// `unsupported-model` when it is not from 0 to 1.
    pub fn rescale(&self) -> Result<f64> {
        match self.guidance_rescale.unwrap_or(0.0) {
            rescale if (0.0..=1.0).contains(&rescale) => Ok(rescale),
            rescale => refused(format!("guidance_rescale is {rescale}; 0 to 1 works")),
        }
    }

    /// What the pipeline makes pictures of.
    ///
    /// # Errors
    /// `unsupported-model` naming a part that the pipeline uses and Hearth does not know, or one that is missing.
    pub fn family(&self) -> Result<Family> {
        let others = || self.parts().filter(|part| !PARTS.contains(part));
        if OF_NOTHING_ELSE.contains(&self.class_name()) || others().next().is_none() {
            return Ok(Family::Pixels);
        }
        if let Some(part) =
            others().find(|part| !PARTS_FOR_TEXT.contains(part) && !PASSED_OVER.contains(part))
        {
            return refused(format!(
                "{} has a part {part}; pipelines of {} work, and those that have {} as well: Stable Diffusion 1 and 2, \
                 their Turbo and LCM versions, and models distilled from them",
                match self.class_name() {
                    "" => "the pipeline",
                    name => name,
                },
                PARTS.join(" and "),
                PARTS_FOR_TEXT.join(", ")
            ));
        }
        match PARTS_FOR_TEXT.into_iter().find(|part| !others().any(|other| other == *part)) {
            None => Ok(Family::Text),
            Some(missing) => refused(format!(
                "the pipeline has a part {}, but no {missing}",
                others().next().unwrap_or_default()
            )),
        }
    }

    /// The warning about parts that are passed over, if there are any.
    pub fn warning(&self, family: Family) -> Option<String> {
        match family {
            Family::Pixels => {
                let others = self.parts().filter(|part| !PARTS.contains(part));
                passed_over(FILE, &format!("{} does not know", self.class_name()), others)
            }
            Family::Text => passed_over(
                FILE,
                "only judges pictures",
                self.parts().filter(|part| PASSED_OVER.contains(part)),
            ),
        }
    }
}

/// An error about the file.
pub fn refused<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(Error::UnsupportedModel(format!("{FILE}: {what}")))
}
