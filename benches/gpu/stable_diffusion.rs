//! SD-Turbo: its exact shapes with random weights, drawn as a page draws.

use std::fs::read_to_string;
use std::path::Path;
use std::time::{Duration, Instant};

use hearth::config::Files;
use hearth::diffusion::{Loading, Pipeline, Run};
use hearth::kernels::Format;
use hearth::options::Options;
use hearth::weights::{Checkpoint, Storage};
use pollster::block_on;
use serde_json::json;

use crate::files::feed_random;
use crate::{Gpu, median, ms};

/// A run reads what is computed after this many steps, when there is nothing to show before.
const STEPS: u32 = 8;
const RUNS: usize = 3;
/// Height and width of the latents.
const SIDE: usize = 64;
const TOKENS: usize = 77;
const LEVELS: usize = 4;

impl Gpu {
    /// The kernels, and a step and a decoded picture in each format.
    pub fn stable_diffusion(&self) {
        self.sd_kernels();
        for format in [Format::F32, Format::F16, Format::Q8] {
            self.sd_turbo(Storage { format: Some(format), ..self.storage });
        }
    }

    fn sd_turbo(&self, storage: Storage) {
        let started = Instant::now();
        let mut loading = Loading::new(&files(), storage, &self.device).expect("the configuration is sound");
        let mut checkpoint = |part: &str, count: fn(&Checkpoint) -> usize| {
            let checkpoint = loading.checkpoint(part).expect("there is one");
            let multiplications = count(checkpoint);
            feed_random(checkpoint);
            multiplications
        };
        let of_step = checkpoint("unet", of_step);
        let of_decoder = checkpoint("vae", of_decoder);
        checkpoint("text_encoder", |_| 0);
        let pipeline = loading.finish().expect("all weights have come");
        println!("SD-Turbo, {}: loaded in {} ms", pipeline.dtype(), ms(started.elapsed()));

        draw(&pipeline); // compiles the shaders, and encodes the text
        let mut times: Vec<_> = (0..RUNS).map(|_| draw(&pipeline)).collect();
        let mut middle = |part: fn(&(Duration, Duration)) -> Duration| {
            times.sort_unstable_by_key(part);
            part(&times[RUNS / 2])
        };
        let (step, decode) = (middle(|times| times.0), middle(|times| times.1));
        let busy = median(RUNS, || {
            let mut run = start(&pipeline);
            self.busy(|| steps(&mut run))
        }) / STEPS;
        self.beside_floor("a step", step, of_step);
        self.beside_floor("    of it on the GPU", busy, of_step);
        self.beside_floor("a picture decoded and read", decode, of_decoder);
    }

    fn beside_floor(&self, name: &str, time: Duration, multiplications: usize) {
        let floor = Duration::from_secs_f64(2.0 * multiplications as f64 / self.peak);
        println!(
            "{name}: {} ms; {:.0} billion multiplications are {} at the peak: {:.2}×",
            ms(time),
            multiplications as f64 / 1e9,
            ms(floor),
            time.as_secs_f64() / floor.as_secs_f64()
        );
    }
}

fn start(pipeline: &Pipeline) -> Run {
    let options = Options::new()
        .with("prompt", json!("a b c"))
        .with("guidance_scale", json!(0))
        .with("num_inference_steps", json!(STEPS))
        .with("preview", json!("none"));
    pipeline.start(options, 1).expect("the options are sound")
}

/// All steps, the last of which has waited for all.
fn steps(run: &mut Run) {
    for _ in 0..STEPS {
        block_on(run.step()).expect("it goes on");
    }
}

/// What a step takes, and what decoding the picture does.
fn draw(pipeline: &Pipeline) -> (Duration, Duration) {
    let mut run = start(pipeline);
    let started = Instant::now();
    steps(&mut run);
    let step = started.elapsed() / STEPS;
    let started = Instant::now();
    block_on(run.step()).expect("it goes on");
    (step, started.elapsed())
}

/// The small files of `stabilityai/sd-turbo`, with a fixture's tokenizer and a schedule for several steps.
fn files() -> Files {
    let index = json!({
        "_class_name": "StableDiffusionPipeline",
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    });
    let scheduler = json!({
        "_class_name": "EulerDiscreteScheduler", "beta_start": 0.00085, "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "prediction_type": "epsilon",
        "timestep_spacing": "trailing",
    });
    let unet = json!({
        "_class_name": "UNet2DConditionModel", "sample_size": SIDE, "in_channels": 4, "out_channels": 4,
        "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "norm_num_groups": 32,
        "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024, "use_linear_projection": true,
        "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    });
    let vae = json!({
        "_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": 4,
        "sample_size": 768, "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
        "norm_num_groups": 32, "scaling_factor": 0.18215,
        "down_block_types": vec!["DownEncoderBlock2D"; LEVELS],
        "up_block_types": vec!["UpDecoderBlock2D"; LEVELS],
    });
    let text_encoder = json!({
        "model_type": "clip_text_model", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23,
        "num_attention_heads": 16, "max_position_embeddings": TOKENS, "vocab_size": 49408, "hidden_act": "gelu",
    });
    let written = [
        ("model_index.json", index),
        ("scheduler/scheduler_config.json", scheduler),
        ("unet/config.json", unet),
        ("vae/config.json", vae),
        ("text_encoder/config.json", text_encoder),
    ];
    let fixture = Path::new("tests/fixtures/text-to-image/sd1");
    let tokenizer = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"]
        .map(|file| format!("tokenizer/{file}"))
        .map(|file| (file.clone(), read_to_string(fixture.join(&file)).expect("the fixture is there")));
    written.map(|(file, json)| (file.to_owned(), json.to_string())).into_iter().chain(tokenizer).collect()
}

/// The matrices and kernels of a checkpoint: name, output channels and numbers.
fn matrices(checkpoint: &Checkpoint) -> impl Iterator<Item = (&str, usize, usize)> {
    let is_matrix = |(name, shape): &(&str, &[usize])| name.ends_with(".weight") && shape.len() > 1;
    checkpoint.wanted().filter(is_matrix).map(|(name, shape)| (name, shape[0], shape.iter().product()))
}

/// The multiplications of a step.
fn of_step(unet: &Checkpoint) -> usize {
    let of = |(name, outputs, numbers): (&str, usize, usize)| {
        let pixels = (SIDE >> level(name)).pow(2);
        let rows = match name {
            name if name.contains("time_emb") => 1,
            name if name.contains("attn2.to_k") || name.contains("attn2.to_v") => TOKENS,
            _ => pixels,
        };
        let attended = match name {
            name if name.ends_with("attn1.to_q.weight") => pixels,
            name if name.ends_with("attn2.to_q.weight") => TOKENS,
            _ => 0,
        };
        rows * numbers + 2 * pixels * attended * outputs
    };
    matrices(unet).map(of).sum()
}

/// How often a U-Net's picture has been halved where a layer gives its output.
fn level(name: &str) -> usize {
    let mut parts = name.split('.');
    let (block, index) =
        (parts.next().unwrap_or_default(), parts.next().and_then(|part| part.parse::<usize>().ok()));
    match (block, index) {
        ("down_blocks", Some(index)) => index + usize::from(name.contains("downsamplers")),
        ("up_blocks", Some(index)) => LEVELS - 1 - index - usize::from(name.contains("upsamplers")),
        ("mid_block", _) => LEVELS - 1,
        _ => 0,
    }
}

/// The multiplications of a decoder.
fn of_decoder(vae: &Checkpoint) -> usize {
    let is_decoder = |(name, _, _): &(&str, usize, usize)| {
        name.starts_with("decoder.") || name.starts_with("post_quant_conv.")
    };
    let of = |(name, outputs, numbers): (&str, usize, usize)| {
        let block = name
            .strip_prefix("decoder.up_blocks.")
            .and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let doubled = match block {
            Some(index) => index + usize::from(name.contains("upsamplers")),
            None if name.starts_with("decoder.conv_out") => LEVELS - 1,
            None => 0,
        };
        let pixels = (SIDE << doubled).pow(2);
        let attended = if name.ends_with("to_q.weight") { pixels } else { 0 };
        pixels * numbers + 2 * pixels * attended * outputs
    };
    matrices(vae).filter(is_decoder).map(of).sum()
}
