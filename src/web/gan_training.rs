//! The training of a GAN, as the worker uses it.

use js_sys::{Float32Array, Object, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::prelude::*;

use super::{DeviceHandle, object, options, random_seed};
use crate::error::Result;
use crate::gan::train::{Report, Training};
use crate::picture;

/// A GAN that is trained.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GanTraining(Training);

#[wasm_bindgen]
impl GanTraining {
    /// A training of the GAN that `config_json` describes.
    ///
    /// # Errors
    /// `unsupported-model`.
    #[wasm_bindgen(constructor)]
    pub fn new(config_json: &str, device: &DeviceHandle) -> std::result::Result<GanTraining, JsValue> {
        Ok(Self(Training::new(config_json, &device.device)?))
    }

    /// `{ kind: 'gan', image_size, num_channels, latent_dim, num_classes }`, without classes where the data have no labels.
    #[must_use]
    pub fn info(&self) -> Object {
        let config = self.0.config();
        #[allow(clippy::cast_precision_loss)] // sizes are small
        let number = |size: usize| JsValue::from_f64(size as f64);
        object([
            ("kind", "gan".into()),
            ("image_size", number(config.image_size)),
            ("num_channels", number(config.num_channels)),
            ("latent_dim", number(config.latent_dim)),
            ("num_classes", number(config.num_classes)),
        ])
    }

    /// Sets the real pictures: bytes `[count, height, width]`, and the class of each.
    ///
    /// # Errors
    /// `data-invalid`.
    pub fn set_data(
        &mut self,
        pixels: Vec<u8>,
        labels: Option<Vec<u8>>,
        height: usize,
        width: usize,
    ) -> std::result::Result<(), JsValue> {
        Ok(self.0.set_data(pixels, labels, [height, width])?)
    }

    /// Begins anew with the caller's options.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn start(&mut self, js_options: &JsValue) -> std::result::Result<(), JsValue> {
        Ok(self.0.start(options::from_js(js_options)?, random_seed())?)
    }

    /// Changes options while the training is under way.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn change(&mut self, js_options: &JsValue) -> std::result::Result<(), JsValue> {
        Ok(self.0.change(options::from_js(js_options)?)?)
    }

    /// All options in force, and the seed.
    ///
    /// # Errors
    /// `internal`, which does not happen.
    pub fn options(&self) -> std::result::Result<JsValue, JsValue> {
        js_sys::JSON::parse(&self.0.options().to_string())
    }

    /// Steps done.
    #[must_use]
    #[wasm_bindgen(getter)]
    #[allow(clippy::cast_precision_loss)] // nobody makes as many
    pub fn step_index(&self) -> f64 {
        self.0.step_index() as f64
    }

    /// Makes so many steps: `[steps, 4]`, the discriminator's loss and the generator's, and what the discriminator thought of real
    /// pictures and of generated ones.
    ///
    /// # Errors
    /// `training-diverged`, `device-lost`.
    pub async fn advance(&mut self, steps: usize) -> std::result::Result<Float32Array, JsValue> {
        let reports: Result<Vec<Report>> = self.0.advance(steps).await;
        #[allow(clippy::cast_possible_truncation)] // they are shown
        let row = |report: Report| {
            [report.d_loss, report.g_loss, report.d_real, report.d_fake].map(|value| value as f32)
        };
        let rows: Vec<f32> = reports?.into_iter().flat_map(row).collect();
        Ok(Float32Array::from(rows.as_slice()))
    }

    /// The pictures of the noise that is always the same: `{ rgba, scores }`.
    ///
    /// # Errors
    /// `training-diverged`, `device-lost`.
    pub async fn pictures(&self) -> std::result::Result<JsValue, JsValue> {
        let samples: Result<_> = self.0.samples().await;
        let (pixels, scores) = samples?;
        let config = self.0.config();
        let rgba = picture::rgba(&pixels, config.num_channels, config.image_size * config.image_size);
        Ok(object([
            ("rgba", Uint8ClampedArray::from(rgba.as_slice()).into()),
            ("scores", Float32Array::from(scores.as_slice()).into()),
        ])
        .into())
    }

    /// What the discriminator thought of each picture of the last batch: `{ real, fake }`.
    #[must_use]
    pub fn verdicts(&self) -> Object {
        let [real, fake] = self.0.verdicts();
        object([("real", Float32Array::from(real).into()), ("fake", Float32Array::from(fake).into())])
    }

    /// The training as a safetensors file.
    ///
    /// # Errors
    /// `training-diverged`, `device-lost`.
    pub async fn save(&self) -> std::result::Result<Uint8Array, JsValue> {
        let file: Result<Vec<u8>> = self.0.save().await;
        Ok(Uint8Array::from(file?.as_slice()))
    }

    /// Goes on from such a file.
    ///
    /// # Errors
    /// `weights-invalid`, `weights-truncated`, `weights-mismatch`.
    pub fn open(&mut self, file: &[u8]) -> std::result::Result<(), JsValue> {
        Ok(self.0.open(file, random_seed())?)
    }
}
