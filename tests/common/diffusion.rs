//! The pipelines that `training/fixtures_diffusion.py` makes, and how their calls are compared with diffusers.

use burn::tensor::Device;
use hearth::diffusion::{Event, Loading, Pictures, Pipeline, Progress, Run, Source};
use hearth::error::Result;
use hearth::options::Options;
use hearth::weights::{Reader, Storage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::kernels::on_gpu;
use super::text_to_image::{lcm, sd1};
use super::{assert_close, options_of};

/// A diffusers folder under `tests/fixtures`.
pub struct Folder {
    pub name: &'static str,
    pub index: &'static str,
    pub unet: &'static str,
    pub scheduler: &'static str,
    pub weights: &'static [u8],
    pub expected: &'static str,
}

macro_rules! folder {
    ($name:literal) => {
        Folder {
            name: $name,
            index: folder!(include_str, $name, "/model_index.json"),
            unet: folder!(include_str, $name, "/unet/config.json"),
            scheduler: folder!(include_str, $name, "/scheduler/scheduler_config.json"),
            weights: folder!(include_bytes, $name, "/unet/diffusion_pytorch_model.safetensors"),
            expected: folder!(include_str, $name, "/expected.json"),
        }
    };
    ($include:ident, $name:literal, $file:literal) => {
        $include!(concat!("../fixtures/diffusion/pipeline-", $name, $file))
    };
}

/// Grey, with ten classes and one that means no class.
pub const CLASSES: Folder = folder!("classes");
/// In colour and not square, without classes.
pub const RGB: Folder = folder!("rgb");

#[derive(Deserialize)]
pub struct Expected {
    /// RGBA bytes.
    pub picture: Vec<u8>,
    pub calls: Vec<ExpectedCall>,
}

/// A call of diffusers': what it was given, and the sample after each step.
#[derive(Deserialize)]
pub struct ExpectedCall {
    pub options: Map<String, Value>,
    pub latents: Vec<f32>,
    pub noise: Vec<f32>,
    pub mask: Option<Vec<u8>>,
    pub picture: bool,
    pub timesteps: Vec<f64>,
    pub samples: Vec<Vec<f32>>,
}

impl Folder {
    pub fn expected(&self) -> Expected {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Loads the pipeline.
    pub fn load(&self, storage: Storage, device: &Device) -> Result<Pipeline> {
        self.load_as(self.unet, self.scheduler, Some(self.index), storage, device)
    }

    /// The same weights with other files.
    pub fn load_as(
        &self,
        unet: &str,
        scheduler: &str,
        index: Option<&str>,
        storage: Storage,
        device: &Device,
    ) -> Result<Pipeline> {
        let mut loading = prepare(unet, scheduler, index, storage, device)?;
        let mut reader = Reader::new(None);
        reader.push(self.weights, loading.checkpoint("unet").expect("there is a U-Net"))?;
        reader.finish()?;
        loading.finish()
    }

    /// Checks that every call gives what diffusers gave, at every step.
    pub async fn assert_draws_as_diffusers(&self, device: &Device, tolerance: f32) {
        let pipeline = self.load(Storage::CPU, device).expect("the fixture loads");
        let Expected { picture, calls } = self.expected();
        for call in calls {
            let what = format!("{}: {:?}", self.name, call.options);
            let options =
                options_of(&call.options).with("latents", call.latents).with("preview", json!("sample"));
            let run = if call.picture {
                pipeline.start_from(
                    Source { picture: &picture, mask: call.mask.as_deref(), ..Source::default() },
                    options,
                    0,
                )
            } else {
                pipeline.start(options, 0)
            };
            let run = run.expect("the options are valid").with_step_noise(call.noise);
            let (steps, pictures) = finish(run).await;
            let timesteps: Vec<f64> = steps.iter().map(|step| step.timestep).collect();
            assert_eq!(timesteps, call.timesteps, "{what}");
            for (step, expected) in steps.iter().zip(&call.samples) {
                let what = format!("{what}, step {}", step.step_index);
                // Without clipping the samples of random networks grow.
                let largest = expected.iter().fold(1.0, |largest: f32, number| largest.max(number.abs()));
                assert_close(&what, "samples", &step.previews[0].1, expected, tolerance * largest);
            }
            assert_eq!(Some(&pictures.pixels), steps.last().map(|step| &step.previews[0].1), "{what}");
        }
    }
}

/// Prepares for the weights of a pipeline without texts.
pub fn prepare(
    unet: &str,
    scheduler: &str,
    index: Option<&str>,
    storage: Storage,
    device: &Device,
) -> Result<Loading> {
    let files = [
        ("unet/config.json", Some(unet)),
        ("scheduler/scheduler_config.json", Some(scheduler)),
        ("model_index.json", index),
    ];
    let files = files.into_iter().filter_map(|(path, text)| Some((path.to_owned(), text?.to_owned())));
    Loading::new(&files.collect(), storage, device)
}

/// Runs a call to its end.
pub async fn finish(mut run: Run) -> (Vec<Progress>, Pictures) {
    let mut steps = Vec::new();
    loop {
        match run.step().await.expect("the step works").expect("a run ends with Complete") {
            Event::Step(step) => {
                assert_eq!((step.step_index, step.num_steps), (steps.len(), run.num_steps()));
                steps.push(step);
            }
            Event::Complete(pictures) => {
                assert_eq!(run.step().await, Ok(None), "nothing comes after the end");
                assert_eq!(steps.len(), run.num_steps());
                return (steps, pictures);
            }
        }
    }
}

/// The pictures of a call from noise.
pub async fn draw(pipeline: &Pipeline, options: Options) -> Pictures {
    finish(pipeline.start(options, 0).expect("the options are valid")).await.1
}

/// Checks that recorded launches change nothing: for classes and texts, with guidance and without, and with schedulers that
/// keep the network's outputs.
pub async fn assert_recording_changes_no_fixture(device: &Device) {
    let classes = CLASSES.load(Storage::CPU, device).expect("the fixture loads");
    for scheduler in ["DDPMScheduler", "PNDMScheduler", "UniPCMultistepScheduler"] {
        let options = json!({ "scheduler": scheduler, "num_inference_steps": 6, "batch_size": 2 });
        assert_recording_changes_nothing(&classes, device, options).await;
    }
    let options = json!({ "num_inference_steps": 6, "batch_size": 2, "guidance_scale": 3 });
    assert_recording_changes_nothing(&classes, device, options).await;
    for (folder, guidance_scale) in [(sd1(), 7.5), (lcm(), 8.5)] {
        let pipeline = folder.load(Storage::CPU, device).expect("the fixture loads");
        let options =
            json!({ "prompt": "a boat", "num_inference_steps": 5, "guidance_scale": guidance_scale });
        assert_recording_changes_nothing(&pipeline, device, options).await;
    }
}

/// Checks that a call gives the same numbers at every step, bit by bit, with recorded launches as with launches made anew.
pub async fn assert_recording_changes_nothing(pipeline: &Pipeline, device: &Device, options: Value) {
    let all = options.as_object().expect("options are an object");
    let run = || {
        let shown = options_of(all).with("preview", json!("sample"));
        pipeline.start(shown, 7).unwrap_or_else(|error| panic!("{options}: {error}"))
    };
    let recorded = finish(run()).await;
    let anew = finish(run().without_recording()).await;
    assert!(recorded == anew, "{options}");
    // On a GPU it is recorded indeed, and can be given up then.
    let mut run = run();
    for _ in 0..2 {
        assert!(!run.is_recorded(), "{options}");
        run.step().await.expect("the step works");
    }
    assert_eq!(run.is_recorded(), on_gpu(device), "{options}");
}
