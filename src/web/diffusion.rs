//! The diffusion pipeline's loader, pipeline and run, as the worker uses them.

use js_sys::{Array, Float32Array, Object, Uint8ClampedArray, Uint32Array};
use wasm_bindgen::prelude::*;

use super::loader::{self, Loader};
use super::{DeviceHandle, object, options, random_seed, strings};
use crate::clip::{self, ClipTextModel};
use crate::config::Files;
use crate::diffusion::{Event, Loading, Pictures, Pipeline, PreviewKind, Progress, Run, Source};
use crate::error::Error;
use crate::weights::Checkpoint;
use crate::{error, picture};

impl loader::Loading for Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        Self::checkpoint(self, part)
    }

    fn finish(self: Box<Self>) -> error::Result<JsValue> {
        Ok(DiffusionPipeline((*self).finish()?).into())
    }
}

impl loader::Loading for clip::Loading {
    fn checkpoint(&mut self, part: &str) -> Option<&mut Checkpoint> {
        (part == "text_encoder").then_some(&mut self.checkpoint)
    }

    fn finish(self: Box<Self>) -> error::Result<JsValue> {
        Ok(PromptEncoder((*self).finish()?).into())
    }
}

/// The text encoder of a pipeline that was without it. (`TextEncoder` is a class that every browser has.)
#[wasm_bindgen]
#[derive(Debug)]
pub struct PromptEncoder(ClipTextModel);

#[wasm_bindgen]
impl Loader {
    /// Prepares for the weights of the pipeline whose folder has these small `files`: an object with the text of each by its
    /// path in the folder. `dtype` says how the weights are kept: `auto`, `f32`, `f16` or `q8`.
    ///
    /// # Errors
    /// `unsupported-model`; `invalid-option` for `dtype`.
    pub fn diffusion(files: JsValue, dtype: &str, device: &DeviceHandle) -> Result<Loader, JsValue> {
        let files: Files = serde_wasm_bindgen::from_value(files)
            .map_err(|error| Error::Internal(format!("the files are no object of texts: {error}")))?;
        let storage = device.storage.with_dtype(dtype)?;
        Ok(Self::new(Loading::new(&files, storage, &device.device)?))
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
        let max_prompt_tokens = pipeline.max_prompt_tokens();
        let (scheduler, config) = (pipeline.scheduler(), pipeline.scheduler().config());
        #[allow(clippy::cast_precision_loss)] // sizes are small
        let number = |size: usize| JsValue::from_f64(size as f64);
        object([
            ("kind", "diffusion".into()),
            ("sample_size", pipeline.picture_size().into_iter().map(number).collect::<Array>().into()),
            ("size_multiple", number(pipeline.size_multiple())),
            ("channels", number(pipeline.picture_channels())),
            ("prompts", max_prompt_tokens.is_some().into()),
            ("max_prompt_tokens", number(max_prompt_tokens.unwrap_or(0))),
            ("num_classes", number(classes.count)),
            ("labels", strings(&classes.labels)),
            ("guidance", (classes.none.is_some() || max_prompt_tokens.is_some()).into()),
            ("guidance_scale", pipeline.guidance_scale().into()),
            ("scheduler", scheduler.kind().name().into()),
            ("schedulers", strings(&Pipeline::schedulers())),
            ("num_train_timesteps", number(config.num_train_timesteps)),
            ("num_inference_steps", number(pipeline.num_inference_steps())),
            ("prediction_type", config.prediction_type.name().into()),
            ("dtype", pipeline.dtype().into()),
            ("warnings", strings(pipeline.warnings())),
        ])
    }

    /// Starts a call with the caller's options: from noise, or from a picture of the call's size as RGBA bytes, with a mask
    /// of the same size if only a part is to be painted.
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
            Some(picture) => {
                let source = Source { picture, mask: mask.as_deref(), posterior_noise: None };
                self.0.start_from(source, options, seed)?
            }
        };
        let canvas = Canvas { channels: self.0.picture_channels(), size: run.size() };
        Ok(DiffusionRun { run, canvas })
    }

    /// A picture with noise: `{ rgba, alpha, seed }`.
    ///
    /// # Errors
    /// `invalid-option`, `device-lost`, `weights-invalid`.
    #[allow(clippy::cast_precision_loss)] // a seed is at most 2⁵³ − 1
    pub async fn add_noise(&self, image: Vec<u8>, js_options: JsValue) -> Result<Object, JsValue> {
        let noisy = self.0.add_noise(&image, options::from_js(&js_options)?, random_seed()).await?;
        let canvas = Canvas { channels: self.0.picture_channels(), size: self.0.picture_size() };
        Ok(object([
            ("rgba", canvas.show(&noisy.pixels).into()),
            ("alpha", noisy.alpha.into()),
            ("seed", JsValue::from_f64(noisy.seed as f64)),
        ]))
    }

    /// Whether a call with these options needs the text encoder, and it was taken away.
    ///
    /// # Errors
    /// `invalid-option` for what is no options at all.
    pub fn needs_text_encoder(&self, js_options: &JsValue) -> Result<bool, JsValue> {
        Ok(self.0.lacks_text_encoder(&options::from_js(js_options)?))
    }

    /// A loader of the text encoder alone, for [`Self::attach`].
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn text_encoder_loader(&self) -> Result<Loader, JsValue> {
        let loading = self.0.text_encoder_loading()?;
        let none = || Error::Internal("the pipeline has no text encoder".to_owned());
        Ok(Loader::new(loading.ok_or_else(none)?))
    }

    /// Puts a text encoder in the place of the one that was taken away.
    pub fn attach(&self, encoder: PromptEncoder) {
        self.0.attach(encoder.0);
    }

    /// Takes the text encoder away, so that its memory is free.
    pub fn offload(&self) {
        self.0.offload_text_encoder();
    }
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy)]
struct Canvas {
    channels: usize,
    size: [usize; 2],
}

impl Canvas {
    fn show(self, pixels: &[f32]) -> Uint8ClampedArray {
        Uint8ClampedArray::from(picture::rgba(pixels, self.channels, self.size.iter().product()).as_slice())
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

    /// Height of the pictures.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.canvas.size[0]
    }

    /// Width of the pictures.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.canvas.size[1]
    }

    /// Height and width of the maps of attention.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn sample_size(&self) -> Vec<usize> {
        self.run.sample_size().to_vec()
    }

    /// The words of each prompt, which attentions are given for.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn words(&self) -> JsValue {
        self.run.words().iter().map(strings).collect::<Array>().into()
    }

    /// What was cut off each prompt that was too long, and `undefined` for the others.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn truncated(&self) -> JsValue {
        let text = |cut: Option<String>| cut.map_or(JsValue::UNDEFINED, Into::into);
        self.run.truncated().into_iter().map(text).collect::<Array>().into()
    }

    /// The next event, or `undefined` after the end:
    /// `{ type: 'step', step_index, num_steps, timestep, previews: [kind, rgba][], attentions }`,
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
        let shown = |(kind, pixels): &(PreviewKind, Vec<f32>)| -> JsValue {
            Array::of2(&kind.name().into(), &self.canvas.show(pixels)).into()
        };
        let attentions = progress.attentions.as_deref();
        let attentions = attentions.map_or(JsValue::UNDEFINED, |maps| Float32Array::from(maps).into());
        let event = object([
            ("type", "step".into()),
            ("step_index", JsValue::from_f64(progress.step_index as f64)),
            ("num_steps", JsValue::from_f64(progress.num_steps as f64)),
            ("timestep", progress.timestep.into()),
            ("previews", progress.previews.iter().map(shown).collect::<Array>().into()),
            ("attentions", attentions),
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
