//! What the native tests and those in the browser share: the fixtures, and how they are loaded and compared.

#![allow(dead_code)] // each test binary uses a part

pub mod diffusion;
pub mod files;
pub mod gan_training;
pub mod kernels;
pub mod numbers;
pub mod text_to_image;

use burn::tensor::{Device, Tensor};
use hearth::error::Result;
use hearth::gan::{Digits, Loading, Pipeline};
use hearth::gpt2::{self, Defaults, LanguageModel};
use hearth::options::Options;

use hearth::rng::{Purpose, Rng};
use hearth::tokenizer::Tokenizer;
use hearth::weights::{Checkpoint, Reader, Storage, shards_of_index};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Where native tests of kernels and networks run: on the CPU or, with the feature `wgpu`, on this machine's GPU, with
/// the shaders of each adapter.
#[cfg(not(gpu))]
pub fn devices() -> Vec<Device> {
    vec![Device::flex()]
}

#[cfg(all(gpu, not(target_arch = "wasm32")))]
pub fn devices() -> Vec<Device> {
    static DEVICES: std::sync::OnceLock<[Device; 2]> = std::sync::OnceLock::new();
    let open = || {
        let (device, setup) = Device::wgpu_options().init_with_setup().expect("there is a GPU");
        with_each_adapter(device, setup)
    };
    DEVICES.get_or_init(open).to_vec()
}

/// A WebGPU device twice: with the shaders of a GPU, and with those of a software adapter.
#[cfg(gpu)]
pub fn with_each_adapter(device: Device, setup: burn::tensor::wgpu::WgpuSetup) -> [Device; 2] {
    use hearth::kernels::Adapter;
    let is_software = setup.adapter.get_info().device_type == burn::tensor::wgpu::wgpu::DeviceType::Cpu;
    let own = if is_software { Adapter::Software } else { Adapter::Hardware };
    let again = Device::wgpu_options().setup(setup).init().expect("what was opened is there");
    assert_eq!([&device, &again].map(Adapter::of), [Some(own); 2], "each device knows its own adapter");
    Adapter::Hardware.impose_on(&device);
    Adapter::Software.impose_on(&again);
    let adapters = [&device, &again].map(Adapter::of);
    assert_eq!(adapters, [Some(Adapter::Hardware), Some(Adapter::Software)]);
    [device, again]
}

/// A model folder under `tests/fixtures`, inside the test's binary because a browser has no files.
pub struct Fixture {
    pub name: &'static str,
    pub config: &'static str,
    expected: &'static str,
    index: Option<&'static str>,
    pub files: &'static [(&'static str, &'static [u8])],
}

macro_rules! file {
    ($folder:literal, $file:literal) => {
        ($file, include_bytes!(concat!("../fixtures/", $folder, "/", $file)))
    };
}

macro_rules! fixture {
    ($folder:literal) => {
        fixture!($folder, None, &[file!($folder, "model.safetensors")])
    };
    ($folder:literal, sharded) => {
        fixture!(
            $folder,
            Some(include_str!(concat!("../fixtures/", $folder, "/model.safetensors.index.json"))),
            &[
                file!($folder, "model-00001-of-00003.safetensors"),
                file!($folder, "model-00002-of-00003.safetensors"),
                file!($folder, "model-00003-of-00003.safetensors"),
            ]
        )
    };
    ($folder:literal, $index:expr, $files:expr) => {
        Fixture {
            name: $folder,
            config: include_str!(concat!("../fixtures/", $folder, "/config.json")),
            expected: include_str!(concat!("../fixtures/", $folder, "/expected.json")),
            index: $index,
            files: $files,
        }
    };
}

pub mod clip; // these need the macros above
pub mod digits;
pub mod unet;
pub mod vae;

/// Every GAN that `training/fixtures.py` makes.
pub const GANS: [Fixture; 6] = [
    fixture!("gan/conditional"),
    fixture!("gan/unconditional"),
    fixture!("gan/square-rgb"),
    fixture!("gan/half"),
    fixture!("gan/bfloat"),
    fixture!("gan/sharded", sharded),
];

/// Every GPT-2 that it makes.
pub const GPT2S: [Fixture; 7] = [
    fixture!("gpt2/plain"),
    fixture!("gpt2/untied"),
    fixture!("gpt2/unscaled"),
    fixture!("gpt2/half"),
    fixture!("gpt2/bfloat"),
    fixture!("gpt2/sharded", sharded),
    fixture!("gpt2/bare"),
];

/// What transformers computed: the scores after each token, `[rows, length, vocab_size]`.
#[derive(Deserialize)]
pub struct ExpectedLogits {
    pub token_ids: Vec<Vec<u32>>,
    pub logits: Vec<f32>,
}

/// The GPT-2 that has a tokenizer, and what transformers' `generate` writes with it.
pub const WRITER: Fixture = fixture!("gpt2/writer");
pub const TOKENIZER: &str = include_str!("../fixtures/gpt2/writer/tokenizer.json");

/// What transformers made of [`WRITER`].
#[derive(Deserialize)]
pub struct ExpectedWriter {
    pub prompt: String,
    pub prompt_ids: Vec<u32>,
    pub generations: Vec<ExpectedGeneration>,
    pub token_ids: Vec<u32>,
    pub logits: Vec<f32>,
    pub processed: Vec<ExpectedScores>,
    pub corpus: Vec<ExpectedTokens>,
}

/// The new tokens that a call with these options gave.
#[derive(Deserialize)]
pub struct ExpectedGeneration {
    pub options: Map<String, Value>,
    pub sequences: Vec<Vec<u32>>,
}

/// What the processors made of the logits; minus infinity is `null`.
#[derive(Deserialize)]
pub struct ExpectedScores {
    pub options: Map<String, Value>,
    pub scores: Vec<Option<f32>>,
}

/// A text, its tokens, and the text of those.
#[derive(Deserialize)]
pub struct ExpectedTokens {
    pub text: String,
    pub token_ids: Vec<u32>,
    pub decoded: String,
}

/// [`WRITER`], ready to write.
pub fn writer(device: &Device) -> gpt2::Pipeline {
    let model = WRITER.load_gpt2(device, 1000).expect("the fixture loads");
    let tokenizer = Tokenizer::from_json(TOKENIZER).expect("the tokenizer loads");
    gpt2::Pipeline::new(model, tokenizer, Defaults::default()).expect("they belong together")
}

/// What transformers made of it.
pub fn expected_writer() -> ExpectedWriter {
    serde_json::from_str(WRITER.expected).expect("expected.json is valid")
}

/// A GPT-2 of random weights, for what the fixtures are too small for.
pub fn random_gpt2(config: &Value, storage: Storage, device: &Device) -> Result<LanguageModel> {
    let mut loading = gpt2::Loading::new(&config.to_string(), storage, device)?;
    let file = random_file(&loading.checkpoint);
    let mut reader = Reader::new(None);
    reader.push(&file, &mut loading.checkpoint)?;
    reader.finish()?;
    loading.finish()
}

/// The same with the tokenizer of [`WRITER`] and a context of 200 tokens.
pub fn random_writer(storage: Storage, device: &Device) -> gpt2::Pipeline {
    let config = json!({
        "model_type": "gpt2", "vocab_size": 300, "n_positions": 200, "n_embd": 64, "n_layer": 2, "n_head": 2,
        "bos_token_id": 0, "eos_token_id": 0,
    });
    let model = random_gpt2(&config, storage, device).expect("random weights load");
    let tokenizer = Tokenizer::from_json(TOKENIZER).expect("the tokenizer loads");
    gpt2::Pipeline::new(model, tokenizer, Defaults::default()).expect("they belong together")
}

/// A safetensors file with random numbers for everything that is wanted.
pub fn random_file(checkpoint: &Checkpoint) -> Vec<u8> {
    let (mut header, mut data, mut rng) = (Map::new(), Vec::new(), Rng::new(5, Purpose::Latents));
    for (name, shape) in checkpoint.wanted() {
        let begin = data.len();
        for _ in 0..shape.iter().product::<usize>() {
            data.extend((0.3 * rng.normal()).to_le_bytes());
        }
        header.insert(
            name.to_owned(),
            json!({ "dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()] }),
        );
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

/// The options as the fixture has them.
pub fn options_of(options: &Map<String, Value>) -> Options {
    options.iter().fold(Options::new(), |all, (name, value)| all.with(name, value.clone()))
}

/// Runs a call to its end: every event but the last, and the sequences.
pub async fn write(
    pipeline: &gpt2::Pipeline,
    prompt: impl Into<gpt2::Prompt>,
    options: Options,
) -> (Vec<gpt2::Event>, Vec<gpt2::Sequence>) {
    let mut run = pipeline.start(prompt, options, 0).expect("the options are valid");
    let mut events = Vec::new();
    while let Some(event) = run.step().await.expect("the step works") {
        if let gpt2::Event::Complete(sequences) = event {
            assert_eq!(run.step().await, Ok(None), "nothing comes after the end");
            return (events, sequences);
        }
        events.push(event);
    }
    panic!("a run ends with Complete");
}

/// Checks that this device writes the very tokens that transformers does, with every option.
pub async fn assert_writes_as_transformers(device: &Device) {
    let (pipeline, expected) = (writer(device), expected_writer());
    for ExpectedGeneration { options, sequences } in &expected.generations {
        let mut options = options_of(options);
        if !options.has("max_length") {
            options = options.with("max_new_tokens", json!(20));
        }
        let what = format!("{options:?}");
        let (_, got) = write(&pipeline, &expected.prompt, options).await;
        let got: Vec<_> = got.into_iter().map(|sequence| sequence.token_ids).collect();
        assert_eq!(&got, sequences, "{what}");
    }
}

#[derive(Deserialize)]
struct Expected {
    latents: Vec<f32>,
    pixels: Vec<f32>,
    scores: Vec<f32>,
    class_labels: Option<Vec<u32>>,
    mixed: Option<Mixed>,
}

#[derive(Deserialize)]
struct Mixed {
    class_weights: Vec<f32>,
    pixels: Vec<f32>,
    scores: Vec<f32>,
}

impl Fixture {
    /// Feeds the weight files, in pieces of `chunk` bytes.
    pub fn feed(&self, checkpoint: &mut Checkpoint, chunk: usize) -> Result<()> {
        if let Some(index) = self.index {
            let (files, tensors) = shards_of_index(index)?;
            checkpoint.expect_all(tensors.iter().map(String::as_str))?;
            assert_eq!(files, self.files.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
        for (_, bytes) in self.files {
            let mut reader = Reader::new(None);
            for piece in bytes.chunks(chunk) {
                reader.push(piece, checkpoint)?;
            }
            reader.finish()?;
        }
        Ok(())
    }

    /// Loads the GAN, its files arriving in pieces of `chunk` bytes.
    pub fn load(&self, device: &Device, chunk: usize) -> Result<Pipeline> {
        let mut loading = Loading::new(self.config, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// Loads the GPT-2, its files arriving in pieces of `chunk` bytes.
    pub fn load_gpt2(&self, device: &Device, chunk: usize) -> Result<LanguageModel> {
        let mut loading = hearth::gpt2::Loading::new(self.config, Storage::CPU, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What transformers computed for this GPT-2.
    pub fn expected_logits(&self) -> ExpectedLogits {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Checks that this device computes the logits that transformers did, all tokens at once and one by one.
    pub async fn assert_agrees_with_transformers(&self, device: &Device, tolerance: f32) {
        let model = self.load_gpt2(device, 1000).expect("the fixture loads");
        let ExpectedLogits { token_ids, logits } = self.expected_logits();
        let (rows, length) = (token_ids.len(), token_ids[0].len());
        let mut cache = model.cache(rows, length).expect("the context is long enough");
        let got = read(model.logits(&token_ids, &mut cache).expect("the tokens fit")).await;
        assert_close(self.name, "logits", &got, &logits, tolerance);

        // A prompt of three, then one at a time: what the cache holds must be as good as reading all again.
        let mut cache = model.cache(rows, model.config().n_positions).expect("the context is long enough");
        let part =
            |from: usize, to: usize| token_ids.iter().map(|row| row[from..to].to_vec()).collect::<Vec<_>>();
        let vocab_size = model.config().vocab_size;
        let assert_after = |position: usize, what: &str, got: &[f32]| {
            for (row, got) in got.chunks(vocab_size).enumerate() {
                let start = (row * length + position) * vocab_size;
                assert_close(self.name, what, got, &logits[start..start + vocab_size], tolerance);
            }
        };
        let mut last = model.logits(&part(0, 3), &mut cache).expect("the tokens fit").narrow(1, 2, 1);
        for position in 3..=length {
            assert_after(position - 1, "logits by steps", &read(last.clone()).await);
            if position < length {
                last = model.logits(&part(position, position + 1), &mut cache).expect("the token fits");
            }
        }

        // Two texts by turns, for whose tokens a GPU repeats the launches that it recorded.
        let mut caches = [(); 2].map(|()| model.cache(rows, length).expect("the context is long enough"));
        for position in 0..length {
            for cache in &mut caches {
                let tokens = part(position, position + 1);
                let got = read(model.next_logits(&tokens, cache).expect("the token fits")).await;
                assert_after(position, "logits token by token", &got);
            }
        }
    }

    /// Checks that this device computes what PyTorch did, to within `tolerance` in every number.
    pub async fn assert_agrees_with_pytorch(&self, device: &Device, tolerance: f32) {
        let pipeline = self.load(device, 1000).expect("the fixture loads");
        let expected: Expected = serde_json::from_str(self.expected).expect("expected.json is valid");
        let mut options = Options::new().with("latents", expected.latents.clone());
        if let Some(labels) = &expected.class_labels {
            options = options.with("class_labels", json!(labels));
        }
        let digits = draw(&pipeline, options).await;
        assert_close(self.name, "pixels", &digits.pixels, &expected.pixels, tolerance);
        assert_close(self.name, "scores", &digits.scores, &expected.scores, tolerance);
        if let Some(mixed) = expected.mixed {
            let options =
                Options::new().with("latents", expected.latents).with("class_weights", mixed.class_weights);
            let digits = draw(&pipeline, options).await;
            assert_close(self.name, "mixed pixels", &digits.pixels, &mixed.pixels, tolerance);
            assert_close(self.name, "mixed scores", &digits.scores, &mixed.scores, tolerance);
        }
    }
}

/// All pictures of a call, the steps joined.
pub async fn draw(pipeline: &Pipeline, options: Options) -> Digits {
    let mut run = pipeline.start(options, 0).expect("the options are valid");
    let mut all = run.step().await.expect("the step works").expect("there is a first step");
    while let Some(step) = run.step().await.expect("the step works") {
        all.pixels.extend(step.pixels);
        all.scores.extend(step.scores);
        all.latents.extend(step.latents);
        if let (Some(all), Some(step)) = (&mut all.class_labels, step.class_labels) {
            all.extend(step);
        }
    }
    all
}

/// Checks two lists of numbers entry by entry.
pub fn assert_close(fixture: &str, what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{fixture}: number of {what}");
    let worst = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance, "{fixture}: {what} differ by up to {worst}");
}

/// The numbers of a tensor.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data_async().await.expect("the device gives its data");
    data.try_into_vec().expect("the data is f32")
}
