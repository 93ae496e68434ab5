//! The texts of a call: from the option `prompt` to what the network is conditioned on.
//!
//! ```text
//! prompt ► tokens [rows, 77] ► text encoder ► [rows · 77, hidden_size]
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Tensor;
use serde_json::Value;

use super::call::{MAX_BATCH_SIZE, MAX_GUIDANCE};
use super::condition::TextCondition;
use crate::clip::{ClipTextModel, Prompt, Tokenizer};
use crate::error::{Error, Result};
use crate::options::Options;

/// Embeddings that are kept, so that a text that comes again need not be encoded again.
const MAX_KNOWN: usize = 32;

/// diffusers leaves layers out for prompts alone.
const NEGATIVE_CLIP_SKIP: usize = 0;

/// A tokenizer and a text encoder, which may be away.
#[derive(Debug)]
pub struct TextPart {
    tokenizer: Tokenizer,
    num_layers: usize,
    encoder: Mutex<Option<Arc<ClipTextModel>>>,
    known: Mutex<Vec<Known>>,
    /// The `guidance_scale` of a call that names none.
    guidance_scale: f64,
    /// The network itself is told how far to go, and negative prompts have no effect.
    embeds_guidance: bool,
}

/// A text that was encoded.
#[derive(Debug)]
struct Known {
    token_ids: Vec<u32>,
    clip_skip: usize,
    /// `[length, hidden_size]`
    embedding: Tensor<2>,
}

/// The texts of a call.
#[derive(Debug)]
pub struct Texts {
    prompts: Vec<Prompt>,
    /// One for all prompts, or one for each; none without guidance.
    negative: Vec<Prompt>,
    images_per_prompt: usize,
    clip_skip: usize,
    pub guidance_scale: f64,
}

impl TextPart {
    pub fn new(
        tokenizer: Tokenizer,
        encoder: ClipTextModel,
        guidance_scale: f64,
        embeds_guidance: bool,
    ) -> Self {
        let num_layers = encoder.config().num_hidden_layers;
        let (encoder, known) = (Mutex::new(Some(Arc::new(encoder))), Mutex::default());
        Self { tokenizer, num_layers, encoder, known, guidance_scale, embeds_guidance }
    }

    /// The `guidance_scale` of a call that names none.
    pub fn guidance_scale(&self) -> f64 {
        self.guidance_scale
    }

    /// Tokens of a text, with those that begin, end and fill it.
    pub fn max_length(&self) -> usize {
        self.tokenizer.max_length()
    }

    /// Puts the encoder in, or takes it away with `None`.
    pub fn set_encoder(&self, encoder: Option<ClipTextModel>) {
        *self.encoder.lock().unwrap_or_else(PoisonError::into_inner) = encoder.map(Arc::new);
    }

    /// Whether a call with these options needs the encoder, and it is away. A call that will be refused does not.
    pub fn lacks_encoder_for(&self, options: &Options) -> bool {
        let is_away = self.encoder.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        is_away
            && Texts::read(self, &mut options.clone()).is_ok_and(|texts| {
                let is_unknown = |text: &Prompt, clip_skip| self.known(text, clip_skip).is_none();
                texts.prompts.iter().any(|text| is_unknown(text, texts.clip_skip))
                    || texts.negative.iter().any(|text| is_unknown(text, NEGATIVE_CLIP_SKIP))
            })
    }

    fn known(&self, text: &Prompt, clip_skip: usize) -> Option<Tensor<2>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Known| known.clip_skip == clip_skip && known.token_ids == text.token_ids;
        known.iter().find(is_it).map(|known| known.embedding.clone())
    }

    /// `[length, hidden_size]`
    fn embedding(&self, text: &Prompt, clip_skip: usize) -> Result<Tensor<2>> {
        if let Some(embedding) = self.known(text, clip_skip) {
            return Ok(embedding);
        }
        let encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let encoder = encoder.ok_or_else(|| Error::Internal("the text encoder is away".to_owned()))?;
        let token_ids = text.token_ids.clone();
        let embedding = encoder.encode(std::slice::from_ref(&token_ids), clip_skip);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == MAX_KNOWN {
            known.remove(0);
        }
        known.push(Known { token_ids, clip_skip, embedding: embedding.clone() });
        Ok(embedding)
    }
}

impl Texts {
    /// Takes the options that say what the pictures are of.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn read(part: &TextPart, options: &mut Options) -> Result<Self> {
        let invalid = |what: String| Err(Error::InvalidOption(what));
        let wanted = "a text, or a list of texts";
        let Some(prompts) = options.parsed("prompt", wanted, texts)? else {
            return invalid(format!("prompt is missing; it must be {wanted}, which say what to draw"));
        };
        let given = options.parsed("negative_prompt", wanted, texts)?;
        let scale = options.number("guidance_scale", 0.0..=MAX_GUIDANCE)?;
        let guidance_scale = scale.unwrap_or(part.guidance_scale);
        let embeds_guidance = part.embeds_guidance;
        let is_guided = guidance_scale > 1.0 && !embeds_guidance;
        let negative = match given {
            Some(_) if embeds_guidance => {
                let why = "this model was distilled to be guided by a number alone";
                return invalid(format!("negative_prompt has no effect: {why}"));
            }
            Some(_) if !is_guided => {
                return invalid(format!(
                    "negative_prompt has no effect with guidance_scale {guidance_scale}; more than 1 works"
                ));
            }
            Some(negative) if ![1, prompts.len()].contains(&negative.len()) => {
                let (count, prompts) = (negative.len(), prompts.len());
                return invalid(format!("negative_prompt has {count} texts for {prompts} prompts"));
            }
            Some(negative) => negative,
            None if is_guided => vec![String::new()],
            None => Vec::new(),
        };
        let most = (MAX_BATCH_SIZE / prompts.len().max(1)) as u64;
        if most == 0 {
            return invalid(format!("{} prompts; one call takes 1 to {MAX_BATCH_SIZE}", prompts.len()));
        }
        let images = options.integer("num_images_per_prompt", 1..=most)?.unwrap_or(1);
        let clip_skip = options.integer("clip_skip", 0..=part.num_layers as u64)?.unwrap_or(0);
        let encode = |texts: Vec<String>| -> Result<Vec<Prompt>> {
            texts.iter().map(|text| part.tokenizer.encode(text)).collect()
        };
        #[allow(clippy::cast_possible_truncation)] // both have small bounds
        let (images_per_prompt, clip_skip) = (images as usize, clip_skip as usize);
        Ok(Self {
            prompts: encode(prompts)?,
            negative: encode(negative)?,
            images_per_prompt,
            clip_skip,
            guidance_scale,
        })
    }

    /// How many pictures there will be: some for each prompt, one prompt after the other.
    pub fn count(&self) -> usize {
        self.prompts.len() * self.images_per_prompt
    }

    /// What the network is conditioned on, a row for each picture.
    ///
    /// # Errors
    /// `internal` when the encoder is away and was not missed before.
    pub fn condition(&self, part: &TextPart) -> Result<TextCondition> {
        let rows = |texts: &[Prompt], clip_skip: usize| -> Result<Tensor<2>> {
            let each: Vec<Tensor<2>> =
                texts.iter().map(|text| part.embedding(text, clip_skip)).collect::<Result<_>>()?;
            let of_picture = |picture: usize| each[picture / self.images_per_prompt % each.len()].clone();
            Ok(Tensor::cat((0..self.count()).map(of_picture).collect(), 0))
        };
        let is_guided = !self.negative.is_empty();
        Ok(TextCondition {
            tokens: part.max_length(),
            embeddings: rows(&self.prompts, self.clip_skip)?,
            without: is_guided.then(|| rows(&self.negative, NEGATIVE_CLIP_SKIP)).transpose()?,
            timestep_cond: None,
        })
    }

    /// The attention `[count, tokens, height, width]` to each token as that to each word of a picture's prompt, which has several:
    /// for one picture after the other, `[words, height, width]`.
    pub fn attentions_to_words(
        &self,
        of_tokens: &[f32],
        tokens: usize,
        [height, width]: [usize; 2],
    ) -> Vec<f32> {
        let area = height * width;
        let mut attentions = Vec::new();
        for (picture, maps) in of_tokens.chunks_exact(tokens * area).enumerate() {
            for word in &self.prompts[picture / self.images_per_prompt].words {
                let mut sum = vec![0.0; area];
                for map in maps.chunks_exact(area).skip(word.tokens.start).take(word.tokens.len()) {
                    for (sum, attention) in sum.iter_mut().zip(map) {
                        *sum += attention;
                    }
                }
                attentions.extend(sum);
            }
        }
        attentions
    }

    /// The words of each prompt.
    pub fn words(&self) -> Vec<Vec<String>> {
        let of = |prompt: &Prompt| prompt.words.iter().map(|word| word.text.clone()).collect();
        self.prompts.iter().map(of).collect()
    }

    /// What was cut off each prompt, if it was too long.
    pub fn truncated(&self) -> Vec<Option<String>> {
        self.prompts.iter().map(|prompt| prompt.truncated.clone()).collect()
    }
}

/// A text as a list of one, or a list of at least one. A text may be empty.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(entries) if !entries.is_empty() => {
            entries.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
        }
        _ => None,
    }
}
