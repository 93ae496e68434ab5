//! One sequence of a call without beams.

use super::event::{FinishReason, Token};
use super::processors::{descending, likeliest, log_softmax, probabilities};
use super::prompt::EncodedPrompt;
use super::request::Request;
use crate::error::Result;
use crate::rng::{Purpose, Rng};
use crate::tokenizer::TextStream;

/// A sequence that is continued without beams.
#[derive(Debug)]
pub(super) struct Row {
    /// Which of the call's sequences.
    index: usize,
    token_ids: Vec<u32>,
    stream: TextStream,
    rng: Rng,
    finish_reason: Option<FinishReason>,
}

impl Row {
    /// The sequence of this `index` from its prompt.
    pub fn new(index: usize, prompt: &EncodedPrompt, seed: u64) -> Self {
        Self {
            index,
            token_ids: prompt.token_ids.clone(),
            stream: prompt.stream.clone(),
            rng: Rng::of_row(seed, Purpose::Tokens, index),
            finish_reason: None,
        }
    }

    /// Prompt and continuation.
    pub fn token_ids(&self) -> &[u32] {
        &self.token_ids
    }

    /// Whether it is continued.
    pub fn is_open(&self) -> bool {
        self.finish_reason.is_none()
    }

    /// Chooses the next token by the `logits` that the model gave for it.
    pub fn advance(&mut self, logits: Vec<f32>, request: &Request) -> Result<Token> {
        let generation = &request.generation;
        let logprobs = log_softmax(&logits);
        let mut scores = logits;
        request.process(&mut scores, &self.token_ids);
        let choice = match generation.sampling {
            Some(_) => draw(&scores, &mut self.rng)?,
            None => largest(&scores),
        };
        self.token_ids.push(token_id(choice));
        self.finish_reason = request.finish_reason(&self.token_ids)?;
        let tokenizer = &request.pipeline.tokenizer;
        let text = if self.is_open() {
            self.stream.next(tokenizer, &self.token_ids)?
        } else {
            self.stream.rest(tokenizer, &self.token_ids)?
        };
        let top = likeliest(&logprobs, generation.top_logprobs);
        Ok(Token {
            sequence_index: self.index,
            token_id: token_id(choice),
            text,
            logprob: logprobs[choice],
            top_logprobs: top.into_iter().map(|index| (token_id(index), logprobs[index])).collect(),
        })
    }
}

#[allow(clippy::cast_possible_truncation)] // below the size of a vocabulary
fn token_id(index: usize) -> u32 {
    index as u32
}

/// The first of the largest: where everything is forbidden, the first of all, as in transformers.
fn largest(scores: &[f32]) -> usize {
    scores.iter().enumerate().fold(0, |best, (index, score)| if *score > scores[best] { index } else { best })
}

/// A token drawn by its probability, from the likeliest down, so that scores that differ in their last digits, as those
/// of two devices do, give the same one.
fn draw(scores: &[f32], rng: &mut Rng) -> Result<usize> {
    let probs = probabilities(scores)?;
    let order = descending(scores);
    let mut left = rng.uniform();
    for &token in &order {
        left -= f64::from(probs[token]);
        if left < 0.0 {
            return Ok(token);
        }
    }
    // The probabilities' sum was rounded below the number drawn.
    Ok(order[0])
}
