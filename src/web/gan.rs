//! The GAN's loader, pipeline and run, as the worker uses them.

use js_sys::{Float32Array, Object, Uint8ClampedArray, Uint32Array};
use wasm_bindgen::prelude::*;

use super::loader::{self, Loader};
use super::{DeviceHandle, object, options, random_seed, strings};
use crate::gan::{Loading, Pipeline, Run};
use crate::weights::Checkpoint;
use crate::{error, picture};

impl loader::Loading for Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        (part == "model").then_some(&mut self.checkpoint)
    }

    fn finish(self: Box<Self>) -> error::Result<JsValue> {
        Ok(GanPipeline((*self).finish()?).into())
    }
}

#[wasm_bindgen]
impl Loader {
    /// Prepares for the weights of the GAN that `config_json` describes.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn gan(config_json: &str, device: &DeviceHandle) -> Result<Loader, JsValue> {
        Ok(Self::new(Loading::new(config_json, &device.device)?))
    }
}

/// A GAN ready to draw.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GanPipeline(Pipeline);

#[wasm_bindgen]
impl GanPipeline {
    /// What a page needs to know of the model: `{ kind: 'gan', image_size, num_classes, latent_dim, warnings }`.
    #[must_use]
    pub fn info(&self) -> Object {
        let config = self.0.config();
        #[allow(clippy::cast_precision_loss)] // sizes are small
        let number = |size: usize| JsValue::from_f64(size as f64);
        object([
            ("kind", "gan".into()),
            ("image_size", number(config.image_size)),
            ("num_classes", number(config.num_classes)),
            ("latent_dim", number(config.latent_dim)),
            ("warnings", strings(self.0.warnings())),
        ])
    }

    /// Starts a call with the caller's options.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn start(&self, js_options: &JsValue) -> Result<GanRun, JsValue> {
        let run = self.0.start(options::from_js(js_options)?, random_seed())?;
        let config = self.0.config();
        Ok(GanRun { run, channels: config.num_channels, area: config.image_size * config.image_size })
    }
}

/// A call under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GanRun {
    run: Run,
    channels: usize,
    area: usize,
}

#[wasm_bindgen]
impl GanRun {
    /// The seed in use.
    #[must_use]
    #[wasm_bindgen(getter)]
    #[allow(clippy::cast_precision_loss)] // at most 2⁵³ − 1
    pub fn seed(&self) -> f64 {
        self.run.seed() as f64
    }

    /// How many pictures the call makes.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.run.count()
    }

    /// The next pictures as `{ rgba, scores, latents, class_labels }`, or `undefined` when all are made.
    ///
    /// # Errors
    /// `device-lost`, `weights-invalid`.
    pub async fn step(&mut self) -> Result<JsValue, JsValue> {
        let digits: error::Result<_> = self.run.step().await;
        let Some(digits) = digits? else {
            return Ok(JsValue::UNDEFINED);
        };
        let rgba = picture::rgba(&digits.pixels, self.channels, self.area);
        let labels = digits
            .class_labels
            .as_deref()
            .map_or(JsValue::UNDEFINED, |labels| Uint32Array::from(labels).into());
        let step = object([
            ("rgba", Uint8ClampedArray::from(rgba.as_slice()).into()),
            ("scores", Float32Array::from(digits.scores.as_slice()).into()),
            ("latents", Float32Array::from(digits.latents.as_slice()).into()),
            ("class_labels", labels),
        ]);
        Ok(step.into())
    }
}
