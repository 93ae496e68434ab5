//! A model's folder as a host has it, names and bytes, and its way into a pipeline: what the worker's JavaScript does with
//! it (`www/engine/worker/`), natively.

use std::collections::{BTreeMap, HashMap};

use burn::tensor::Device;
use hearth::error::{Error, Result};
use hearth::tokenizer::Tokenizer;
use hearth::vae::digits;
use hearth::weights::{Checkpoint, Reader, Storage, shards_of_index};
use hearth::{clip, diffusion, gan, gpt2};

/// Names and bytes.
#[derive(Clone, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The same folder with this file, or with these bytes in it.
    #[must_use]
    pub fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), bytes.into());
        self
    }

    /// The same folder without this file.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A file's bytes.
    pub fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// A file as `Response.text()` gives it: bytes that are not UTF-8 replaced, and no byte order mark.
    fn text(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(self.0.get(name)?);
        Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
    }

    fn required(&self, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| absent(name))
    }

    /// Loads a GPT-2.
    pub fn gpt2(&self) -> Result<gpt2::Pipeline> {
        let texts: HashMap<String, String> =
            self.names().filter_map(|name| Some((name.to_owned(), self.text(name)?))).collect();
        let tokenizer = Tokenizer::from_files(&texts)?;
        let config = self.required("config.json")?;
        let defaults = gpt2::Defaults::of_folder(&config, self.text("generation_config.json").as_deref())?;
        let mut loading = gpt2::Loading::new(&config, Storage::CPU, &Device::flex())?;
        loading.config().check_tokenizer(&tokenizer)?;
        self.feed("model", &mut loading.checkpoint)?;
        gpt2::Pipeline::new(loading.finish()?, tokenizer, defaults)
    }

    /// Loads a diffusion model. The oldest folders have all their files at the top.
    pub fn diffusion(&self) -> Result<diffusion::Pipeline> {
        let index = self.required("model_index.json")?;
        let within = |folder: &str, name: &str| {
            let nested = format!("{folder}{name}");
            self.text(&nested).or_else(|| self.text(name)).ok_or_else(|| absent(&nested))
        };
        let unet = within("unet/", "config.json")?;
        let scheduler = within("scheduler/", "scheduler_config.json")?;
        let mut loading = crate::common::diffusion::prepare(
            &unet,
            &scheduler,
            Some(&index),
            Storage::CPU,
            &Device::flex(),
        )?;
        let folder = if self.0.contains_key("unet/config.json") { "unet/" } else { "" };
        self.feed(
            &format!("{folder}diffusion_pytorch_model"),
            loading.checkpoint("unet").expect("there is a U-Net"),
        )?;
        loading.finish()
    }

    /// Loads the text encoder of a diffusion model.
    pub fn text_encoder(&self) -> Result<clip::ClipTextModel> {
        let config = self.required(clip::Config::FILE)?;
        let mut loading = clip::Loading::new(&config, Storage::CPU, &Device::flex())?;
        self.feed("text_encoder/model", &mut loading.checkpoint)?;
        loading.finish()
    }

    /// Loads its tokenizer.
    pub fn clip_tokenizer(&self) -> Result<clip::Tokenizer> {
        let texts =
            self.names().filter_map(|name| Some((name.strip_prefix("tokenizer/")?, self.text(name)?)));
        clip::Tokenizer::from_files(&texts.map(|(name, text)| (name.to_owned(), text)).collect())
    }

    /// Loads a GAN.
    pub fn gan(&self) -> Result<gan::Pipeline> {
        let mut loading = gan::Loading::new(&self.required("config.json")?, &Device::flex())?;
        self.feed("model", &mut loading.checkpoint)?;
        loading.finish()
    }

    /// Loads a VAE of digits.
    pub fn digits(&self) -> Result<digits::Pipeline> {
        let mut loading =
            digits::Loading::new(&self.required("config.json")?, Storage::CPU, &Device::flex())?;
        self.feed("model", &mut loading.checkpoint)?;
        loading.finish()
    }

    /// Feeds the weights: a single file, or the shards that an index names.
    fn feed(&self, stem: &str, checkpoint: &mut Checkpoint) -> Result<()> {
        let single = format!("{stem}.safetensors");
        let mut names = vec![single.clone()];
        if !self.0.contains_key(&single)
            && let Some(index) = self.text(&format!("{single}.index.json"))
        {
            let (files, tensors) = shards_of_index(&index)?;
            checkpoint.expect_all(tensors.iter().map(String::as_str))?;
            names = files;
        }
        for name in names {
            let bytes = self.0.get(&name).ok_or_else(|| absent(&name))?;
            let mut reader = Reader::new(None);
            reader.push(bytes, checkpoint)?;
            reader.finish()?;
        }
        Ok(())
    }
}

/// What the worker reports of a file that is not there has another code, but no native test is about that.
fn absent(name: &str) -> Error {
    Error::UnsupportedModel(format!("{name} is not there"))
}
