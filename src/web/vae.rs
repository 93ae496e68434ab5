//! The loader, pipeline and run of the digit VAE, as the worker uses them.

use js_sys::{Float32Array, Object, Uint8ClampedArray};
use wasm_bindgen::prelude::*;

use super::loader::{self, Loader};
use super::{DeviceHandle, object, options, random_seed, strings};
use crate::vae::digits::{Loading, Pipeline, Run};
use crate::weights::Checkpoint;
use crate::{error, picture};

impl loader::Loading for Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        (part == "model").then_some(&mut self.checkpoint)
    }

    fn finish(self: Box<Self>) -> error::Result<JsValue> {
        Ok(VaePipeline((*self).finish()?).into())
    }
}

#[wasm_bindgen]
impl Loader {
    /// Prepares for the weights of the VAE that `config_json` describes. They are kept in `f32`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn vae(config_json: &str, device: &DeviceHandle) -> Result<Loader, JsValue> {
        let storage = device.storage.with_dtype("f32")?;
        Ok(Self::new(Loading::new(config_json, storage, &device.device)?))
    }
}

/// A VAE ready to draw and to encode.
#[wasm_bindgen]
#[derive(Debug)]
pub struct VaePipeline(Pipeline);

#[wasm_bindgen]
impl VaePipeline {
    /// What a page needs to know of the model: `{ kind: 'vae', image_size, num_channels, latent_dim, beta, warnings }`.
    #[must_use]
    pub fn info(&self) -> Object {
        let config = self.0.config();
        #[allow(clippy::cast_precision_loss)] // sizes are small
        let number = |size: usize| JsValue::from_f64(size as f64);
        object([
            ("kind", "vae".into()),
            ("image_size", number(config.image_size)),
            ("num_channels", number(config.num_channels)),
            ("latent_dim", number(config.latent_dim)),
            ("beta", config.beta.into()),
            ("warnings", strings(self.0.warnings())),
        ])
    }

    /// Starts a call with the caller's options.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn start(&self, js_options: &JsValue) -> Result<VaeRun, JsValue> {
        let run = self.0.start(options::from_js(js_options)?, random_seed())?;
        let config = self.0.config();
        Ok(VaeRun { run, channels: config.num_channels, area: config.image_size * config.image_size })
    }

    /// The latents of pictures, RGBA bytes `[count, image_size, image_size, 4]`: `{ mean, logvar }`, each
    /// `[count, latent_dim]`.
    ///
    /// # Errors
    /// `invalid-option`, `device-lost`, `weights-invalid`.
    pub async fn encode(&self, pictures: Vec<u8>) -> Result<Object, JsValue> {
        let posterior = self.0.encode(&pictures).await?;
        Ok(object([
            ("mean", Float32Array::from(posterior.mean.as_slice()).into()),
            ("logvar", Float32Array::from(posterior.logvar.as_slice()).into()),
        ]))
    }
}

/// A call under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct VaeRun {
    run: Run,
    channels: usize,
    area: usize,
}

#[wasm_bindgen]
impl VaeRun {
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

    /// The next pictures as `{ rgba, latents }`, or `undefined` when all are made.
    ///
    /// # Errors
    /// `device-lost`, `weights-invalid`.
    pub async fn step(&mut self) -> Result<JsValue, JsValue> {
        let digits: error::Result<_> = self.run.step().await;
        let Some(digits) = digits? else {
            return Ok(JsValue::UNDEFINED);
        };
        let rgba = picture::rgba(&digits.pixels, self.channels, self.area);
        let step = object([
            ("rgba", Uint8ClampedArray::from(rgba.as_slice()).into()),
            ("latents", Float32Array::from(digits.latents.as_slice()).into()),
        ]);
        Ok(step.into())
    }
}
