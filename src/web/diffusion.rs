//! The diffusion pipeline's loader, pipeline and run, as the worker uses them.

use js_sys::{Array, Float32Array, Object, Uint8ClampedArray, Uint32Array};
use wasm_bindgen::prelude::*;

use super::loader::{self, Loader};
use super::{DeviceHandle, object, options, random_seed, strings};
use crate::diffusion::{Event, Loading, Pictures, Pipeline, Progress, Run, Source};
use crate::weights::Checkpoint;
use crate::{error, picture};

impl loader::Loading for Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        (part == "unet").then_some(&mut self.unet.checkpoint)
    }

    fn finish(self: Box<Self>) -> error::Result<JsValue> {
        Ok(DiffusionPipeline((*self).finish()?).into())
    }
}

#[wasm_bindgen]
impl Loader {
    /// Prepares for the weights of the pipeline that these files describe: the U-Net's `config.json`,
    /// `scheduler_config.json`, and `model_index.json`.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn diffusion(
        unet_json: &str,
        scheduler_json: &str,
        index_json: &str,
        device: &DeviceHandle,
    ) -> Result<Loader, JsValue> {
        let DeviceHandle { device, storage, .. } = device;
        Ok(Self::new(Loading::new(unet_json, scheduler_json, Some(index_json), *storage, device)?))
    }
}

/// A diffusion model ready to draw.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DiffusionPipeline(Pipeline);

#[wasm_bindgen]
impl DiffusionPipeline {
    /// What a page needs to know of the model: the `DiffusionInfo` of `www/types.d.ts`.
    #[must_use]
    pub fn info(&self) -> Object {
        let (pipeline, classes) = (&self.0, self.0.classes());
        let (scheduler, config) = (pipeline.scheduler(), pipeline.scheduler().config());
        #[allow(clippy::cast_precision_loss)] // sizes are small
        let number = |size: usize| JsValue::from_f64(size as f64);
        object([
            ("kind", "diffusion".into()),
            ("sample_size", pipeline.picture_size().into_iter().map(number).collect::<Array>().into()),
            ("channels", number(pipeline.picture_channels())),
            ("num_classes", number(classes.count)),
            ("labels", strings(&classes.labels)),
            ("guidance", classes.none.is_some().into()),
            ("guidance_scale", classes.guidance_scale.into()),
            ("scheduler", scheduler.kind().name().into()),
            ("schedulers", strings(&Pipeline::schedulers())),
            ("num_train_timesteps", number(config.num_train_timesteps)),
            ("num_inference_steps", number(scheduler.default_steps())),
            ("prediction_type", config.prediction_type.name().into()),
            ("warnings", strings(pipeline.warnings())),
        ])
    }

    /// Starts a call with the caller's options: from noise, or from a picture of the model's size as RGBA bytes, with a
    /// mask of the same size if only a part is to be painted.
    ///
    /// # Errors
    /// `invalid-option`; `unsupported-model` when the folder's configuration does not fit the option `scheduler`.
    #[allow(clippy::needless_pass_by_value)] // arrays of JavaScript's come by value
    pub fn start(
        &self,
        js_options: &JsValue,
        image: Option<Vec<u8>>,
        mask: Option<Vec<u8>>,
    ) -> Result<DiffusionRun, JsValue> {
        let (options, seed) = (options::from_js(js_options)?, random_seed());
        let run = match &image {
            None => self.0.start(options, seed)?,
            Some(picture) => self.0.start_from(Source { picture, mask: mask.as_deref() }, options, seed)?,
        };
        Ok(DiffusionRun { run, canvas: Canvas::of(&self.0) })
    }

    /// A picture with noise: `{ rgba, alpha, seed }`.
    ///
    /// # Errors
    /// `invalid-option`.
    #[allow(clippy::cast_precision_loss)] // a seed is at most 2⁵³ − 1
    pub fn add_noise(&self, image: &[u8], js_options: &JsValue) -> Result<Object, JsValue> {
        let noisy = self.0.add_noise(image, options::from_js(js_options)?, random_seed())?;
        Ok(object([
            ("rgba", Canvas::of(&self.0).show(&noisy.pixels).into()),
            ("alpha", noisy.alpha.into()),
            ("seed", JsValue::from_f64(noisy.seed as f64)),
        ]))
    }
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy)]
struct Canvas {
    channels: usize,
    area: usize,
}

impl Canvas {
    fn of(pipeline: &Pipeline) -> Self {
        Self { channels: pipeline.picture_channels(), area: pipeline.picture_size().iter().product() }
    }

    fn show(self, pixels: &[f32]) -> Uint8ClampedArray {
        Uint8ClampedArray::from(picture::rgba(pixels, self.channels, self.area).as_slice())
    }
}

/// A call under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DiffusionRun {
    run: Run,
    canvas: Canvas,
}

#[wasm_bindgen]
impl DiffusionRun {
    /// The seed in use.
    #[must_use]
    #[wasm_bindgen(getter)]
    #[allow(clippy::cast_precision_loss)] // at most 2⁵³ − 1
    pub fn seed(&self) -> f64 {
        self.run.seed() as f64
    }

    /// The next event, or `undefined` after the end:
    /// `{ type: 'step', step_index, num_steps, timestep, previews: [kind, rgba][] }`,
    /// `{ type: 'complete', rgba, latents, class_labels }`.
    ///
    /// # Errors
    /// `device-lost`, `weights-invalid`.
    pub async fn step(&mut self) -> Result<JsValue, JsValue> {
        let event: error::Result<_> = self.run.step().await;
        Ok(match event? {
            None => JsValue::UNDEFINED,
            Some(Event::Step(progress)) => self.reported(&progress),
            Some(Event::Complete(pictures)) => self.finished(&pictures),
        })
    }

    #[allow(clippy::cast_precision_loss)] // numbers of steps
    fn reported(&self, progress: &Progress) -> JsValue {
        let shown = |(kind, pixels): &(crate::diffusion::PreviewKind, Vec<f32>)| -> JsValue {
            Array::of2(&kind.name().into(), &self.canvas.show(pixels)).into()
        };
        let event = object([
            ("type", "step".into()),
            ("step_index", JsValue::from_f64(progress.step_index as f64)),
            ("num_steps", JsValue::from_f64(progress.num_steps as f64)),
            ("timestep", progress.timestep.into()),
            ("previews", progress.previews.iter().map(shown).collect::<Array>().into()),
        ]);
        event.into()
    }

    fn finished(&self, pictures: &Pictures) -> JsValue {
        let labels = pictures
            .class_labels
            .as_deref()
            .map_or(JsValue::UNDEFINED, |labels| Uint32Array::from(labels).into());
        let event = object([
            ("type", "complete".into()),
            ("rgba", self.canvas.show(&pictures.pixels).into()),
            ("latents", Float32Array::from(pictures.latents.as_slice()).into()),
            ("class_labels", labels),
        ]);
        event.into()
    }
}
