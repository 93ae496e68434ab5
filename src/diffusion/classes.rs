//! The classes of a model, and how far guidance goes by default.

use super::call::MAX_GUIDANCE;
use super::guided::is;
use super::model_index::{ModelIndex, refused};
use super::unet::ClassEmbedding;
use crate::error::{Error, Result};

/// The classes that can be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// How many there are; 0 for a model without classes.
    pub count: usize,
    /// Their names, or nothing.
    pub labels: Vec<String>,
    /// The class that means no class, which a model learns for guidance: as in `DiTPipeline`, the one after the last that
    /// has a name.
    pub none: Option<u32>,
    /// The default `guidance_scale` of a call: the folder's, or 1, which is the class without guidance.
    pub guidance_scale: f64,
}

impl Default for Classes {
    fn default() -> Self {
        Self { count: 0, labels: Vec::new(), none: None, guidance_scale: 1.0 }
    }
}

impl Classes {
    /// The classes of a U-Net. They have no names where the index has none.
    ///
    /// # Errors
    /// `unsupported-model` when names and classes do not fit, or when the model takes something other than classes.
    pub fn new(index: &ModelIndex, embedding: ClassEmbedding) -> Result<Self> {
        let count = match embedding {
            ClassEmbedding::None => 0,
            ClassEmbedding::Table(count) => count,
            ClassEmbedding::Timestep | ClassEmbedding::Identity => {
                return Err(Error::UnsupportedModel(
                    "unet/config.json: class_embed_type is not null, and a pipeline has nothing to give it"
                        .to_owned(),
                ));
            }
        };
        let mut classes = Self { count, ..Self::default() };
        if let Some(names) = &index.id2label {
            let total = names.len();
            let labels = (0..total).map(|class| names.get(&class.to_string()).cloned());
            let Some(labels) = labels.collect() else {
                return refused(format!(
                    "id2label has {total} names, and not one for each of 0 to {}",
                    total - 1
                ));
            };
            if total == 0 || count < total || count > total + 1 {
                return refused(format!("id2label has {total} names, and the U-Net has {count} classes"));
            }
            let none = u32::try_from(total).ok().filter(|_| count == total + 1);
            classes = Self { count: total, labels, none, ..classes };
        }
        if let Some(scale) = index.guidance_scale {
            if classes.none.is_none() && !is(scale, 1.0) || !(0.0..=MAX_GUIDANCE).contains(&scale) {
                return refused(format!(
                    "guidance_scale is {scale}; 0 to {MAX_GUIDANCE} works for a model with one class more than id2label \
                     has, and 1 for others"
                ));
            }
            classes.guidance_scale = scale;
        }
        Ok(classes)
    }
}
