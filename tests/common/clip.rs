//! What `training/fixtures_clip.py` makes: text encoders and texts in tokens, and how they are compared with transformers.

use std::ops::Range;

use burn::tensor::Device;
use hearth::clip::{ClipTextModel, Loading, Prompt, Tokenizer};
use hearth::error::Result;
use hearth::kernels::Format;
use hearth::tokenizer::Files;
use hearth::weights::Storage;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Fixture, assert_close, read};

/// Every text encoder.
pub const TEXT_ENCODERS: [Fixture; 7] = [
    fixture!("clip/prefixed"),
    fixture!("clip/bare"),
    fixture!("clip/gelu"),
    fixture!("clip/half"),
    fixture!("clip/single-layer"),
    fixture!("clip/projection"),
    fixture!("clip/whole"),
];

pub const VOCAB: &str = include_str!("../fixtures/clip/tokenizer/vocab.json");
pub const MERGES: &str = include_str!("../fixtures/clip/tokenizer/merges.txt");

/// What transformers computed of rows of tokens: `[rows, length, hidden_size]` with each `clip_skip` from 0.
#[derive(Deserialize)]
pub struct ExpectedEmbeddings {
    pub token_ids: Vec<Vec<u32>>,
    pub embeddings: Vec<Vec<f32>>,
}

/// A folder's files, and what transformers made of texts with them.
#[derive(Deserialize)]
pub struct ExpectedTokenizer {
    pub name: String,
    files: Map<String, Value>,
    /// Without the vocabulary; `None` for a folder that has [`VOCAB`] and [`MERGES`].
    #[serde(rename = "tokenizer.json")]
    tokenizer: Option<Value>,
    pub pad_token_id: u32,
    pub max_length: usize,
    pub encoded: Vec<ExpectedPrompt>,
}

/// A text, its tokens without the padding, the character from which on it was cut off, and its words with their tokens.
#[derive(Deserialize)]
pub struct ExpectedPrompt(pub String, Vec<u32>, Option<usize>, Vec<(String, usize, usize)>);

/// Every folder.
pub fn tokenizers() -> Vec<ExpectedTokenizer> {
    serde_json::from_str(include_str!("../fixtures/clip/tokenizers.json")).expect("tokenizers.json is valid")
}

impl ExpectedTokenizer {
    /// The files of the folder.
    pub fn files(&self) -> Files {
        let mut files: Files =
            self.files.iter().map(|(name, file)| (name.clone(), file.to_string())).collect();
        if let Some(tokenizer) = &self.tokenizer {
            let mut tokenizer = tokenizer.clone();
            let merges = MERGES.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
            tokenizer["model"]["merges"] = merges.into();
            tokenizer["model"]["vocab"] = serde_json::from_str(VOCAB).expect("vocab.json is valid");
            files.insert("tokenizer.json".to_owned(), tokenizer.to_string());
        } else {
            files.insert("vocab.json".to_owned(), VOCAB.to_owned());
            files.insert("merges.txt".to_owned(), MERGES.to_owned());
        }
        files
    }

    /// Checks that every text becomes the very tokens and words.
    pub fn assert_agrees_with_transformers(&self) {
        let tokenizer = Tokenizer::from_files(&self.files()).expect("the folder is sound");
        assert_eq!(tokenizer.max_length(), self.max_length, "{}", self.name);
        for ExpectedPrompt(text, token_ids, cut, words) in &self.encoded {
            let what = format!("{}: {text:?}", self.name);
            let prompt = tokenizer.encode(text).expect("every byte has a token");
            let mut token_ids = token_ids.clone();
            token_ids.resize(self.max_length, self.pad_token_id);
            assert_eq!(prompt.token_ids, token_ids, "{what}");
            let truncated = cut.map(|cut| text.chars().skip(cut).collect::<String>().trim_end().to_owned());
            assert_eq!(prompt.truncated, truncated, "{what}");
            assert_eq!(words_of(&prompt), borrowed(words), "{what}");
        }
    }
}

/// The words of a prompt, with their tokens.
pub fn words_of(prompt: &Prompt) -> Vec<(&str, Range<usize>)> {
    prompt.words.iter().map(|word| (word.text.as_str(), word.tokens.clone())).collect()
}

fn borrowed(words: &[(String, usize, usize)]) -> Vec<(&str, Range<usize>)> {
    words.iter().map(|(text, start, end)| (text.as_str(), *start..*end)).collect()
}

impl Fixture {
    /// Loads the text encoder, its file arriving in pieces of `chunk` bytes.
    pub fn load_text_encoder(
        &self,
        storage: Storage,
        device: &Device,
        chunk: usize,
    ) -> Result<ClipTextModel> {
        let mut loading = Loading::new(self.config, storage, device)?;
        self.feed(&mut loading.checkpoint, chunk)?;
        loading.finish()
    }

    /// What transformers computed with this text encoder.
    pub fn expected_embeddings(&self) -> ExpectedEmbeddings {
        serde_json::from_str(self.expected).expect("expected.json is valid")
    }

    /// Checks that this device computes the embeddings that transformers did, with every `clip_skip`.
    pub async fn assert_embeds_as_transformers(&self, device: &Device, tolerance: f32) {
        let model = self.load_text_encoder(Storage::CPU, device, 1000).expect("the fixture loads");
        self.assert_embeds(&model, tolerance).await;
    }

    /// The same with weights in another format, which changes them a little.
    pub async fn assert_embeds_with_packed_weights(&self, format: Format, device: &Device, tolerance: f32) {
        let storage = Storage { format: Some(format), ..Storage::CPU };
        let model = self.load_text_encoder(storage, device, 1000).expect("the fixture loads");
        assert_eq!(model.format(), format);
        self.assert_embeds(&model, tolerance).await;
    }

    async fn assert_embeds(&self, model: &ClipTextModel, tolerance: f32) {
        let ExpectedEmbeddings { token_ids, embeddings } = self.expected_embeddings();
        for (clip_skip, expected) in embeddings.iter().enumerate() {
            assert_eq!(model.config().check_call(token_ids[0].len(), clip_skip), Ok(()));
            let got = read(model.encode(&token_ids, clip_skip)).await;
            let what = format!("embeddings with clip_skip {clip_skip}");
            assert_close(self.name, &what, &got, expected, tolerance);
        }
    }
}
