//! What `dtype` does to the digits of `models/ddpm-mnist`, and to the time of a step on the CPU: `benches/README.md` has the
//! figures.
//!
//! ```sh
//! cargo bench --bench dtype
//! ```

use std::fs::read;
use std::path::Path;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use hearth::diffusion::{Event, Loading, Pipeline};
use hearth::options::Options;
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::json;

const STEPS: u32 = 25;
const DIGITS: u32 = 40;
/// The folder's own adds noise in each step, this one none: what differs comes of the weights alone.
const SCHEDULER: &str = "DDIMScheduler";

#[allow(clippy::cast_precision_loss)] // numbers of pixels
fn main() {
    println!("{DIGITS} digits in {STEPS} steps of {SCHEDULER}, of 255 levels of grey:");
    let mut exact = Vec::new();
    for dtype in ["f32", "f16", "q8"] {
        let pipeline = load(dtype);
        let (pixels, _) = draw(&pipeline, DIGITS);
        if exact.is_empty() {
            exact.clone_from(&pixels);
        }
        // Pixels go from -1 to 1.
        let differences: Vec<f32> = pixels.iter().zip(&exact).map(|(a, b)| 127.5 * (a - b).abs()).collect();
        let mean = |numbers: &[f32]| numbers.iter().sum::<f32>() / numbers.len() as f32;
        let each: Vec<f32> = differences.chunks(differences.len() / DIGITS as usize).map(mean).collect();
        let furthest = each.iter().copied().fold(0.0, f32::max);
        let mut times: Vec<_> = (0..5).map(|_| draw(&pipeline, 1).1 / STEPS).collect();
        times.sort_unstable();
        println!(
            "{dtype}: {:.3} from f32, the furthest digit {furthest:.3}; a step of one digit {:.2} ms",
            mean(&differences),
            times[2].as_secs_f64() * 1e3,
        );
    }
}

fn load(dtype: &str) -> Pipeline {
    let folder = Path::new("models/ddpm-mnist");
    let bytes = |file: &str| read(folder.join(file)).expect("the model ships");
    let text = |file: &str| String::from_utf8(bytes(file)).expect("it is text");
    let files = ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"];
    let files = files.map(|file| (file.to_owned(), text(file))).into();
    let storage = Storage::CPU.with_dtype(dtype).expect("there is such a format");
    let mut loading = Loading::new(&files, storage, &Device::flex()).expect("the configuration is sound");
    let mut reader = Reader::new(None);
    let weights = bytes("unet/diffusion_pytorch_model.safetensors");
    reader.push(&weights, loading.checkpoint("unet").expect("there is one")).expect("the file is sound");
    reader.finish().expect("the file is whole");
    loading.finish().expect("all weights have come")
}

/// The pixels of as many digits, one of each class after the other, and what they took.
fn draw(pipeline: &Pipeline, count: u32) -> (Vec<f32>, Duration) {
    let labels: Vec<u32> = (0..count).map(|index| index % 10).collect();
    let options = Options::new()
        .with("scheduler", json!(SCHEDULER))
        .with("num_inference_steps", json!(STEPS))
        .with("class_labels", json!(labels))
        .with("preview", json!("none"));
    let started = Instant::now();
    let mut run = pipeline.start(options, 1).expect("the options are sound");
    loop {
        match block_on(run.step()).expect("it goes on") {
            Some(Event::Complete(pictures)) => return (pictures.pixels, started.elapsed()),
            Some(Event::Step(_)) => {}
            None => unreachable!("a run ends with its pictures"),
        }
    }
}
