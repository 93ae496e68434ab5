//! What a real GPU takes, natively through wgpu, beside the least that it could take: `benches/README.md` has the figures.
//!
//! ```sh
//! cargo bench --features wgpu --bench gpu
//! ```

#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // sizes and counts that are far from the limits

use std::fs::read;
use std::hint::black_box;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use burn::backend::Wgpu;
use burn::tensor::{Device, Distribution, Tensor, Transaction};
use cubecl::wgpu::wgpu;
use hearth::diffusion;
use hearth::gpt2::{Config, LanguageModel, Loading};
use hearth::kernels::{
    self, Activation, Format, Indices, LayerNormCall, Layout, LinearCall, Recording, Weight,
};
use hearth::options::Options;
use hearth::readback;
use hearth::weights::{Checkpoint, Reader, Storage};
use pollster::block_on;
use serde_json::{Map, Value, json};

const CONTEXT: usize = 64;
const GPT2: &str = r#"{"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12,
    "n_head": 12, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}"#;

fn main() {
    let (device, setup) = Device::wgpu_options().init_with_setup().expect("there is a GPU");
    let info = setup.adapter.get_info();
    println!("{} ({:?}, {})", info.name, info.backend, info.driver_info);
    let limits = setup.device.limits();
    let max_binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    let storage = Storage::gpu(max_binding);

    let bandwidth = copy_bandwidth(&setup.device, &setup.queue);
    let dispatch = empty_dispatch(&setup.device, &setup.queue);
    println!("a copy: {:.0} GB/s, read and written; an empty dispatch: {} µs", bandwidth / 1e9, us(dispatch));
    let gpu = Gpu { device, storage, bandwidth, dispatch };
    println!("a launch through Burn: {} µs", us(gpu.launch()));

    gpu.parts();
    for format in [Format::F32, Format::F16, Format::Q8] {
        let storage = Storage { format: Some(format), ..storage };
        gpu.writes("124M", &gpu.language_model(GPT2, storage, random_file));
    }
    let folder = Path::new("models");
    let stories = folder.join("gpt2-stories");
    let config = read(stories.join("config.json")).expect("the model ships");
    let config = String::from_utf8(config).expect("it is text");
    let weights = |_: &Checkpoint| read(stories.join("model.safetensors")).expect("the model ships");
    gpu.writes("gpt2-stories", &gpu.language_model(&config, storage, weights));
    gpu.draws(&folder.join("ddpm-mnist"));
}

fn us(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

/// The median of some runs.
fn median(runs: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..runs).map(|_| run()).collect();
    times.sort_unstable();
    times[runs / 2]
}

/// A GPU that has had nothing to do slows down, to a fifth of its speed and for a while.
fn warm_up(mut work: impl FnMut()) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(200) {
        work();
    }
}

/// Bytes a second, counted as they are read and as they are written.
fn copy_bandwidth(device: &wgpu::Device, queue: &wgpu::Queue) -> f64 {
    const SIZE: u64 = 256 << 20;
    const TIMES: u64 = 20;
    let usage = wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let buffer = || {
        let (label, mapped_at_creation) = (None, false);
        device.create_buffer(&wgpu::BufferDescriptor { label, size: SIZE, usage, mapped_at_creation })
    };
    let (a, b) = (buffer(), buffer());
    let time = median(5, || {
        timed(device, queue, |encoder| {
            for _ in 0..TIMES / 2 {
                encoder.copy_buffer_to_buffer(&a, 0, &b, 0, SIZE);
                encoder.copy_buffer_to_buffer(&b, 0, &a, 0, SIZE);
            }
        })
    });
    (2 * SIZE * TIMES) as f64 / time.as_secs_f64()
}

/// A dispatch of one workgroup that does nothing to a buffer, and waits for the one before.
fn empty_dispatch(device: &wgpu::Device, queue: &wgpu::Queue) -> Duration {
    const TIMES: u32 = 2000;
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(
            "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
            @compute @workgroup_size(64) fn main() { if arrayLength(&x) == 0u { x[0] = 1.0; } }"
                .into(),
        ),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 1024,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }],
    });
    let time = median(5, || {
        timed(device, queue, |encoder| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            for _ in 0..TIMES {
                pass.dispatch_workgroups(1, 1, 1);
            }
        })
    });
    time / TIMES
}

fn timed(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    work: impl FnOnce(&mut wgpu::CommandEncoder),
) -> Duration {
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    work(&mut encoder);
    let commands = encoder.finish();
    let started = Instant::now();
    queue.submit([commands]);
    device.poll(wgpu::PollType::wait_indefinitely()).expect("the device goes on");
    started.elapsed()
}

struct Gpu {
    device: Device,
    storage: Storage,
    bandwidth: f64,
    dispatch: Duration,
}

impl Gpu {
    /// What `work` takes on the GPU itself.
    fn busy(&self, work: impl FnOnce()) -> Duration {
        let client =
            Tensor::<1>::zeros([1], &self.device).try_into_primitive::<Wgpu>().expect("a GPU's").client;
        let window = client.profile_start().expect("it can be measured");
        work();
        let time = client.profile_end(window).expect("it was measured");
        block_on(time.resolve()).expect("it has a measure").duration()
    }

    fn random<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::random(shape, Distribution::Normal(0.0, 0.1), &self.device)
    }

    /// Until the last of `count` small kernels is done, for each.
    fn launch(&self) -> Duration {
        const COUNT: u32 = 2000;
        let (x, gamma) = (self.random([1, 64]), self.random([64]));
        let norm = LayerNormCall { gamma: &gamma, beta: &gamma, epsilon: 1e-5 };
        let time = median(3, || {
            let started = Instant::now();
            let mut last = x.clone();
            for _ in 0..COUNT {
                last = kernels::layer_norm(&last, norm);
            }
            black_box(last.into_data());
            started.elapsed()
        });
        time / COUNT
    }

    /// One kernel after the other, as a token of GPT-2 launches them.
    fn parts(&self) {
        const TIMES: u32 = 100;
        let each = |outputs: usize, work: &(dyn Fn() -> Tensor<2> + Sync)| {
            let all = || (1..TIMES).fold(work(), |_, _| work());
            let (_, recording) = Recording::of([1, outputs], &self.device, all);
            let recording = recording.expect("a GPU records");
            // SAFETY: all that `work` reads is there until this returns.
            let replay = || unsafe { recording.replay() };
            warm_up(|| _ = black_box(replay().into_data()));
            median(9, || self.busy(|| _ = replay())) / TIMES
        };
        let (x, gamma) = (self.random([1, 768]), self.random([768]));
        let norm = LayerNormCall { gamma: &gamma, beta: &gamma, epsilon: 1e-5 };
        println!("layer_norm of 768: {} µs", us(each(768, &|| kernels::layer_norm(&x, norm))));
        for position in [64, 256, 1000] {
            let qkv = self.random([1, 3 * 768]);
            let cache = Mutex::new(kernels::KeyValues::new(1, 12, 1024, 64, &self.device));
            let positions = Indices::new(vec![position], &self.device);
            let call = kernels::AttentionCall { positions: &positions, scale: 0.125 };
            let time =
                each(768, &|| kernels::attention(&qkv, &mut cache.lock().expect("nobody panicked"), call));
            println!("attention to {position} tokens: {} µs", us(time));
        }
        for (layout, inputs, outputs, norm) in [
            (Layout::InOut, 768, 768, None),
            (Layout::InOut, 768, 2304, None),
            (Layout::InOut, 768, 2304, Some(norm)),
            (Layout::InOut, 768, 3072, Some(norm)),
            (Layout::InOut, 3072, 768, None),
            (Layout::OutIn, 768, 50257, None),
        ] {
            for format in [Format::F32, Format::F16, Format::Q8] {
                let shape = if layout == Layout::InOut { [inputs, outputs] } else { [outputs, inputs] };
                let values: Vec<f32> =
                    (0..inputs * outputs).map(|i| ((i * 7919) % 1000) as f32 / 1e4).collect();
                let weight = Weight::new(values, shape, layout, format, &self.device);
                let (x, bias) = (self.random([1, inputs]), self.random([outputs]));
                let call = LinearCall {
                    norm,
                    weight: &weight,
                    bias: Some(bias),
                    residual: None,
                    activation: Activation::Identity,
                };
                let bytes = format.byte_len(shape) as f64;
                let time = each(outputs, &|| kernels::linear(&x, &call));
                let least = bytes / self.bandwidth * 1e6;
                println!(
                    "linear {inputs} to {outputs}{}, {}: {} µs, at least {least:.1}",
                    norm.map_or("", |_| " after a norm"),
                    format.name(),
                    us(time)
                );
            }
        }
    }

    /// With the safetensors file that `file` reads or makes, and how many weights a token goes through.
    fn language_model(
        &self,
        config: &str,
        storage: Storage,
        file: impl FnOnce(&Checkpoint) -> Vec<u8>,
    ) -> (LanguageModel, usize) {
        let mut loading = Loading::new(config, storage, &self.device).expect("the configuration is sound");
        let weights = loading.checkpoint.wanted().filter(|(name, _)| *name != "wpe.weight");
        let weights = weights.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let bytes = file(&loading.checkpoint);
        feed(&mut loading.checkpoint, &bytes);
        (loading.finish().expect("all weights have come"), weights)
    }

    /// Greedily after a prompt of `CONTEXT` tokens, each token read back before the next.
    fn writes(&self, name: &str, (model, weights): &(LanguageModel, usize)) {
        const TOKENS: u32 = 64;
        let Config { n_layer, .. } = *model.config();
        let prompt: Vec<u32> = (1..=CONTEXT as u32).collect();
        // Two tokens on, when the launches of those that follow are known.
        let start = || {
            let mut cache = model.cache(1, model.config().n_positions).expect("it fits");
            let first = next(model, prompt.clone(), &mut cache);
            let second = next(model, vec![first], &mut cache);
            (next(model, vec![second], &mut cache), cache)
        };
        let write = || {
            let (mut last, mut cache) = start();
            let started = Instant::now();
            for _ in 0..TOKENS {
                last = next(model, vec![last], &mut cache);
            }
            started.elapsed() / TOKENS
        };
        warm_up(|| _ = write());
        let token = median(5, write);
        let busy = median(5, || {
            let (last, mut cache) = start();
            self.busy(|| {
                for _ in 0..TOKENS {
                    black_box(model.next_logits(&[vec![last]], &mut cache).expect("it fits"));
                }
            })
        }) / TOKENS;
        // Two for the embeddings, the last layer norm and the head, and five a block.
        let dispatches = 4 + 5 * n_layer as u32;
        let bytes = weights
            * match model.dtype() {
                "f32" => 4,
                "f16" => 2,
                _ => 1,
            };
        let (of_weights, of_dispatches) =
            (Duration::from_secs_f64(bytes as f64 / self.bandwidth), dispatches * self.dispatch);
        let least = of_weights.max(of_dispatches);
        println!(
            "{name}, {}: {} µs a token, {} of it on the GPU; the least is {} (weights {}, {dispatches} dispatches {}): {:.2}×",
            model.dtype(),
            us(token),
            us(busy),
            us(least),
            us(of_weights),
            us(of_dispatches),
            busy.as_secs_f64() / least.as_secs_f64(),
        );
        let long: Vec<u32> = (1..=256).collect();
        let read = median(3, || {
            let mut cache = model.cache(1, model.config().n_positions).expect("it fits");
            let started = Instant::now();
            for part in long.chunks(64) {
                next(model, part.to_vec(), &mut cache);
            }
            started.elapsed()
        });
        println!("    a prompt of 256: {} µs", us(read));
    }

    /// A digit in 25 steps, with a look at each too, and 16 at once.
    fn draws(&self, folder: &Path) {
        let text = |file: &str| {
            String::from_utf8(read(folder.join(file)).expect("the model ships")).expect("it is text")
        };
        let files = ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"];
        let files = files.map(|file| (file.to_owned(), text(file))).into();
        let mut loading =
            diffusion::Loading::new(&files, self.storage, &self.device).expect("the configuration is sound");
        let weights = read(folder.join("unet/diffusion_pytorch_model.safetensors")).expect("the model ships");
        feed(loading.checkpoint("unet").expect("there is one"), &weights);
        let pipeline = loading.finish().expect("all weights have come");
        let draw = |options: Options| {
            let options = options.with("num_inference_steps", json!(25));
            let mut run = pipeline.start(options, 1).expect("the options are sound");
            while block_on(run.step()).expect("it goes on").is_some() {}
        };
        for (name, options) in [
            ("one", Options::new()),
            ("one with previews", Options::new().with("preview", json!("sample"))),
            ("16", Options::new().with("batch_size", json!(16))),
        ] {
            draw(options.clone());
            let time = median(5, || {
                let started = Instant::now();
                draw(options.clone());
                started.elapsed()
            });
            println!("ddpm-mnist, {name} in 25 steps: {} µs", us(time));
        }
        println!("    {} µs of one on the GPU", us(self.busy(|| draw(Options::new()))));
    }
}

/// The likeliest token after these.
fn next(model: &LanguageModel, token_ids: Vec<u32>, cache: &mut hearth::gpt2::Cache) -> u32 {
    let logits = model.next_logits(&[token_ids], cache).expect("it fits");
    let scores =
        block_on(readback::read(Transaction::default().register(logits))).expect("they are finite").concat();
    let (token, _) = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("there are tokens");
    token as u32
}

fn feed(checkpoint: &mut Checkpoint, bytes: &[u8]) {
    let mut reader = Reader::new(None);
    for piece in bytes.chunks(1 << 20) {
        reader.push(piece, checkpoint).expect("the file is sound");
    }
    reader.finish().expect("the file is whole");
}

/// A safetensors file of small random halves, with all that is wanted.
fn random_file(checkpoint: &Checkpoint) -> Vec<u8> {
    let (mut header, mut end) = (Map::new(), 0);
    for (name, shape) in checkpoint.wanted() {
        let start = end;
        end += 2 * shape.iter().product::<usize>();
        header
            .insert(name.to_owned(), json!({ "dtype": "F16", "shape": shape, "data_offsets": [start, end] }));
    }
    let header = Value::Object(header).to_string();
    let mut bytes = Vec::from((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    // Numbers from 2⁻⁷ to 2⁻⁵, of either sign.
    let mut state = 1_u32;
    bytes.extend((0..end / 2).flat_map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let bits = 0x2000 + (state >> 21) as u16 + if state & 1 << 20 == 0 { 0 } else { 0x8000 };
        bits.to_le_bytes()
    }));
    bytes
}
