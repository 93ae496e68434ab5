//! The Stable Diffusion folders that `training/fixtures_text_to_image.py` makes, and how calls of them are compared with
//! diffusers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn::tensor::Device;
use hearth::clip;
use hearth::config::Files;
use hearth::diffusion::{Loading, Pictures, Pipeline, Progress, Source};
use hearth::error::Result;
use hearth::weights::{Checkpoint, Reader, Storage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::diffusion::finish;
use super::numbers::Numbers;
use super::{assert_close, options_of, read};

/// A folder as the Hub has it, paths and bytes, with what diffusers makes of it.
#[derive(Clone)]
pub struct Folder {
    pub name: String,
    files: BTreeMap<String, Cow<'static, [u8]>>,
}

/// How far numbers may be from diffusers'.
#[derive(Clone, Copy)]
pub struct Tolerance {
    /// Of embeddings, and of how much is paid attention to.
    pub embeddings: f32,
    /// Of the last samples, as a part of the largest.
    pub samples: f32,
    /// Of a picture's colours on average, in steps of 255.
    pub mean: f32,
    /// Of each of its colours.
    pub most: f32,
}

impl Tolerance {
    pub const CPU: Self = Self { embeddings: 1e-5, samples: 1e-4, mean: 0.02, most: 0.2 };
    pub const WEBGPU: Self = Self { embeddings: 1e-4, samples: 1e-3, mean: 0.6, most: 3.0 };
}

macro_rules! folder {
    ($name:literal, $($file:literal)*) => {
        folder!(@ $name, "model_index.json" "scheduler/scheduler_config.json" "text_encoder/config.json"
            "text_encoder/model.safetensors" "tokenizer/tokenizer_config.json" "unet/config.json"
            "unet/diffusion_pytorch_model.safetensors" "vae/config.json" "vae/diffusion_pytorch_model.safetensors"
            "expected.json" "expected.safetensors" $($file)*)
    };
    (@ $name:literal, $($file:literal)*) => {
        Folder::new($name, [$(
            ($file, include_bytes!(concat!("../fixtures/text-to-image/", $name, "/", $file)).as_slice())
        ),*])
    };
}

/// Stable Diffusion 1 as of 2022: older names, no `tokenizer.json`, a safety checker that is not there.
pub fn sd1() -> Folder {
    folder!("sd1", "tokenizer/vocab.json" "tokenizer/merges.txt" "tokenizer/special_tokens_map.json")
}

/// Stable Diffusion 2: velocities, linear projections, halves beside the plain weights.
pub fn sd2() -> Folder {
    folder!("sd2", "tokenizer/vocab.json" "tokenizer/merges.txt" "tokenizer/special_tokens_map.json"
        "text_encoder/model.fp16.safetensors" "unet/diffusion_pytorch_model.fp16.safetensors"
        "vae/diffusion_pytorch_model.fp16.safetensors")
}

/// SD-Turbo as transformers 5 saves it: one `tokenizer.json`, no prefix.
pub fn turbo() -> Folder {
    folder!("turbo", "tokenizer/tokenizer.json")
}

/// A latent consistency model.
pub fn lcm() -> Folder {
    folder!("lcm", "tokenizer/vocab.json" "tokenizer/merges.txt" "tokenizer/special_tokens_map.json")
}

/// A distilled model without a middle block, with `AutoencoderTiny`.
pub fn tiny() -> Folder {
    folder!("tiny", "tokenizer/vocab.json" "tokenizer/merges.txt" "tokenizer/special_tokens_map.json")
}

/// All of them.
pub fn folders() -> [Folder; 5] {
    [sd1(), sd2(), turbo(), lcm(), tiny()]
}

/// What diffusers makes of a folder.
pub struct Expected {
    pub embeddings: Vec<ExpectedEmbedding>,
    pub calls: Vec<ExpectedCall>,
    pub numbers: Numbers,
}

/// A prompt as tokens. Its embedding with a `clip_skip` is `embeddings.INDEX.CLIP_SKIP`.
#[derive(Deserialize)]
pub struct ExpectedEmbedding {
    pub prompt: String,
    pub token_ids: Vec<u32>,
    pub truncated: Option<String>,
    pub clip_skips: Vec<usize>,
}

/// A call. Its numbers are `calls.INDEX.…`: what it was given (`latents`; for an edit `picture`, `mask` and
/// `posterior_noise`), what was drawn on the way (`step_noise`), and what came out (`samples`, `pictures`, `attentions`).
#[derive(Deserialize)]
pub struct ExpectedCall {
    pub options: Map<String, Value>,
    /// Height and width of the pictures.
    pub size: [usize; 2],
    pub timesteps: Vec<f64>,
    pub variant: Option<String>,
}

impl Expected {
    /// The numbers of a call.
    pub fn floats(&self, call: usize, name: &str) -> Option<Vec<f32>> {
        self.numbers.floats(&format!("calls.{call}.{name}"))
    }

    /// RGBA bytes of the picture that a call was given, if it was.
    pub fn picture(&self, call: usize) -> Option<&[u8]> {
        self.numbers.bytes(&format!("calls.{call}.picture"), "U8")
    }

    /// RGBA bytes of its mask, light where it is painted, if it has one.
    pub fn mask(&self, call: usize) -> Option<Vec<u8>> {
        let mask = self.numbers.bytes(&format!("calls.{call}.mask"), "U8")?;
        Some(mask.iter().flat_map(|painted| [40 + 170 * painted; 3].into_iter().chain([255])).collect())
    }
}

impl Folder {
    /// A folder of these files.
    pub fn new(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (impl Into<String>, impl Into<Cow<'static, [u8]>>)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
        Self { name: name.into(), files }
    }

    /// Every folder that has an `expected.json`, anywhere below a directory.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn all_below(root: &std::path::Path) -> Vec<Self> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(root).expect("the directory is there") {
            let path = entry.expect("it can be read").path();
            if path.join("expected.json").exists() {
                folders.push(Self::at(&path));
            } else if path.is_dir() {
                folders.extend(Self::all_below(&path));
            }
        }
        assert!(!folders.is_empty(), "{} has folders", root.display());
        folders
    }

    /// A folder on a disk.
    #[cfg(not(target_arch = "wasm32"))]
    fn at(root: &std::path::Path) -> Self {
        let read = |path: &std::path::Path| {
            let entries = std::fs::read_dir(path).expect("the directory is there");
            entries.map(|entry| entry.expect("it can be read").path()).collect::<Vec<_>>()
        };
        let within =
            read(root).into_iter().flat_map(|path| if path.is_dir() { read(&path) } else { vec![path] });
        let named = |path: std::path::PathBuf| {
            let name = path.strip_prefix(root).expect("it is below").to_string_lossy().replace('\\', "/");
            (name, std::fs::read(path).expect("the file can be read"))
        };
        Self::new(root.to_string_lossy(), within.map(named))
    }

    /// The same folder with another file.
    #[must_use]
    pub fn with(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), Cow::Owned(bytes.into()));
        self
    }

    /// The same folder without a file.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path).expect("the folder has the file");
        self
    }

    /// The same folder with a field of a JSON file changed.
    #[must_use]
    pub fn with_field(self, path: &str, field: &str, value: Value) -> Self {
        let mut json: Value = serde_json::from_slice(self.bytes(path)).expect("the file is JSON");
        json[field] = value;
        self.with(path, json.to_string())
    }

    /// A file's bytes.
    pub fn bytes(&self, path: &str) -> &[u8] {
        self.files.get(path).unwrap_or_else(|| panic!("{} has no {path}", self.name))
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> &str {
        std::str::from_utf8(self.bytes(path)).expect("the file is UTF-8")
    }

    /// The paths of the small files.
    pub fn small_files(&self) -> Vec<&str> {
        let is_small = |path: &&str| !path.starts_with("expected.") && !path.contains(".safetensors");
        self.files.keys().map(String::as_str).filter(is_small).collect()
    }

    /// Those of a folder within it, by their names there.
    fn texts(&self, within: &str) -> Files {
        let of = |path: &str| Some((path.strip_prefix(within)?.to_owned(), self.text(path).to_owned()));
        self.small_files().into_iter().filter_map(of).collect()
    }

    pub fn expected(&self) -> Expected {
        #[derive(Deserialize)]
        struct File {
            embeddings: Vec<ExpectedEmbedding>,
            calls: Vec<ExpectedCall>,
        }
        let File { embeddings, calls } =
            serde_json::from_slice(self.bytes("expected.json")).expect("expected.json is valid");
        Expected { embeddings, calls, numbers: Numbers::new(self.bytes("expected.safetensors")) }
    }

    /// Prepares for the weights.
    pub fn prepare(&self, storage: Storage, device: &Device) -> Result<Loading> {
        Loading::new(&self.texts(""), storage, device)
    }

    /// Feeds a weight file.
    pub fn feed(&self, path: &str, checkpoint: &mut Checkpoint) -> Result<()> {
        let mut reader = Reader::new(None);
        for piece in self.bytes(path).chunks(10_000) {
            reader.push(piece, checkpoint)?;
        }
        reader.finish()
    }

    /// Loads the pipeline.
    pub fn load(&self, storage: Storage, device: &Device) -> Result<Pipeline> {
        self.load_variant("", storage, device)
    }

    /// Loads the pipeline with the weights that have `variant` in their names: nothing, or `.fp16`.
    pub fn load_variant(&self, variant: &str, storage: Storage, device: &Device) -> Result<Pipeline> {
        let mut loading = self.prepare(storage, device)?;
        for (part, stem) in [
            ("unet", "diffusion_pytorch_model"),
            ("vae", "diffusion_pytorch_model"),
            ("text_encoder", "model"),
        ] {
            let checkpoint = loading.checkpoint(part).expect("the pipeline has this part");
            self.feed(&format!("{part}/{stem}{variant}.safetensors"), checkpoint)?;
        }
        loading.finish()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> clip::Tokenizer {
        clip::Tokenizer::from_files(&self.texts("tokenizer/")).expect("the tokenizer loads")
    }

    /// Checks that every prompt becomes the tokens that transformers makes of it, and the embeddings.
    pub async fn assert_embeds_as_transformers(&self, device: &Device, tolerance: Tolerance) {
        let tokenizer = self.tokenizer();
        let mut loading = clip::Loading::new(self.text("text_encoder/config.json"), Storage::CPU, device)
            .expect("the text encoder is known");
        self.feed("text_encoder/model.safetensors", &mut loading.checkpoint).expect("the weights fit");
        let encoder = loading.finish().expect("nothing is missing");
        let expected = self.expected();
        for (index, expectation) in expected.embeddings.iter().enumerate() {
            let what = format!("{}: {:?}", self.name, expectation.prompt);
            let prompt = tokenizer.encode(&expectation.prompt).expect("every character has a token");
            assert_eq!(prompt.token_ids, expectation.token_ids, "{what}");
            assert_eq!(prompt.truncated.is_some(), expectation.truncated.is_some(), "{what}");
            for &clip_skip in &expectation.clip_skips {
                let got = read(encoder.encode(std::slice::from_ref(&prompt.token_ids), clip_skip)).await;
                let embedding = expected.numbers.floats(&format!("embeddings.{index}.{clip_skip}"));
                let embedding = embedding.expect("the embedding is there");
                assert_close(&what, "embeddings", &got, &embedding, tolerance.embeddings);
            }
        }
    }

    /// Checks that every call gives what diffusers gave: those from noise, or with `edits` those from a picture.
    pub async fn assert_draws_as_diffusers(&self, edits: bool, device: &Device, tolerance: Tolerance) {
        self.assert_some_draw_as_diffusers(edits, (0, 1), device, tolerance).await;
    }

    /// The same of some of the calls: `(first, every)`, every so many from the first of them on.
    pub async fn assert_some_draw_as_diffusers(
        &self,
        edits: bool,
        (first, every): (usize, usize),
        device: &Device,
        tolerance: Tolerance,
    ) {
        let pipeline = self.load(Storage::CPU, device).expect("the fixture loads");
        let expected = self.expected();
        let is_due = |index: &usize| {
            expected.calls[*index].variant.is_none() && expected.picture(*index).is_some() == edits
        };
        let due: Vec<usize> = (0..expected.calls.len()).filter(is_due).collect();
        assert!(!due.is_empty(), "{} has such calls", self.name);
        for index in due.into_iter().skip(first).step_by(every) {
            self.assert_call_is_diffusers_own(&pipeline, &expected, index, tolerance).await;
        }
    }

    /// Checks a call with the weights of a variant.
    pub async fn assert_variant_draws_as_diffusers(
        &self,
        variant: &str,
        device: &Device,
        tolerance: Tolerance,
    ) {
        let pipeline = self.load_variant(&format!(".{variant}"), Storage::CPU, device).expect("it loads");
        let expected = self.expected();
        let is_it = |call: &ExpectedCall| call.variant.as_deref() == Some(variant);
        let index = expected.calls.iter().position(is_it).expect("there is a call of the variant");
        self.assert_call_is_diffusers_own(&pipeline, &expected, index, tolerance).await;
    }

    async fn assert_call_is_diffusers_own(
        &self,
        pipeline: &Pipeline,
        expected: &Expected,
        index: usize,
        tolerance: Tolerance,
    ) {
        let call = &expected.calls[index];
        let what = format!("{}, call {index}: {:?}", self.name, call.options);
        let (steps, pictures) = replay(pipeline, expected, index).await;
        let timesteps: Vec<f64> = steps.iter().map(|step| step.timestep).collect();
        assert_eq!(timesteps, call.timesteps, "{what}");
        let samples = expected.floats(index, "samples").expect("there are samples");
        let largest = samples.iter().fold(1.0, |largest: f32, number| largest.max(number.abs()));
        assert_close(&what, "samples", &pictures.samples, &samples, tolerance.samples * largest);
        let colors = expected.floats(index, "pictures").expect("there are pictures");
        assert_looks_alike(&what, &pictures.pixels, &colors, tolerance);
        if let Some(maps) = expected.floats(index, "attentions") {
            let prompt = call.options["prompt"].as_str().expect("it is one prompt");
            let steps = steps.iter().map(|step| step.attentions.as_deref().expect("it was asked for"));
            let words = self.maps_of_words(prompt, &maps, timesteps.len());
            assert_close(
                &what,
                "attentions",
                &steps.collect::<Vec<_>>().concat(),
                &words,
                tolerance.embeddings,
            );
        }
    }

    /// What is paid attention to, `[steps, tokens, pixels]`, summed over the tokens of each word.
    fn maps_of_words(&self, prompt: &str, maps: &[f32], steps: usize) -> Vec<f32> {
        let tokenizer = self.tokenizer();
        let words = tokenizer.encode(prompt).expect("every character has a token").words;
        let area = maps.len() / steps / tokenizer.max_length();
        let mut sums = Vec::new();
        for step in maps.chunks_exact(tokenizer.max_length() * area) {
            for word in &words {
                let tokens = &step[word.tokens.start * area..word.tokens.end * area];
                sums.extend((0..area).map(|pixel| tokens.iter().skip(pixel).step_by(area).sum::<f32>()));
            }
        }
        sums
    }
}

/// Makes one of the expected calls with the numbers that diffusers was given.
pub async fn replay(pipeline: &Pipeline, expected: &Expected, index: usize) -> (Vec<Progress>, Pictures) {
    let call = &expected.calls[index];
    let latents = expected.floats(index, "latents").expect("every call begins with noise");
    let mut options = options_of(&call.options).with("latents", latents).with("preview", json!("none"));
    if expected.floats(index, "attentions").is_some() {
        options = options.with("output_attentions", json!(true));
    }
    let run = match expected.picture(index) {
        None => pipeline.start(options, 0),
        Some(picture) => {
            let (mask, noise) = (expected.mask(index), expected.floats(index, "posterior_noise"));
            let source = Source { picture, mask: mask.as_deref(), posterior_noise: noise.as_deref() };
            pipeline.start_from(source, options, 0)
        }
    };
    let run = run.unwrap_or_else(|error| panic!("{:?}: {error}", call.options));
    assert_eq!(run.size(), call.size, "{:?}", call.options);
    finish(run.with_step_noise(expected.floats(index, "step_noise").unwrap_or_default())).await
}

/// Checks that pictures look the same on a screen, which shows nothing beyond -1 and 1.
pub fn assert_looks_alike(what: &str, got: &[f32], expected: &[f32], tolerance: Tolerance) {
    let got: Vec<f32> = got.iter().map(|color| color.clamp(-1.0, 1.0)).collect();
    assert_close(what, "colours", &got, expected, tolerance.most / 127.5);
    let apart = mean_difference(&got, expected);
    assert!(apart <= tolerance.mean, "{what}: colours differ by {apart} of 255 on average");
}

/// How far colours in `[-1, 1]` are from each other on average, in steps of 255.
#[allow(clippy::cast_precision_loss)] // numbers of small pictures
pub fn mean_difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len(), "as many colours");
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>() / one.len() as f32 * 127.5
}
