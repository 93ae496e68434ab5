//! What a call asks for, and what follows from it for each of its texts.

use super::Pipeline;
use super::event::FinishReason;
use super::generation::Generation;
use super::processors::process;
use super::prompt::EncodedPrompt;
use super::stop::stops;
use crate::error::Result;

/// What a call asks for. It stays the same from the first step to the last.
#[derive(Debug)]
pub(super) struct Request {
    pub pipeline: Pipeline,
    pub generation: Generation,
    pub prompt: EncodedPrompt,
}

impl Request {
    /// How many of `token_ids` are not the prompt's.
    pub fn new_tokens(&self, token_ids: &[u32]) -> usize {
        token_ids.len() - self.prompt.token_ids.len()
    }

    /// Applies the options to the scores of the token after `token_ids`.
    pub fn process(&self, scores: &mut [f32], token_ids: &[u32]) {
        process(scores, token_ids, self.prompt.token_ids.len(), &self.generation);
    }

    /// Whether the last of `token_ids` ends a text, and why.
    pub fn finish_reason(&self, token_ids: &[u32]) -> Result<Option<FinishReason>> {
        let Self { pipeline, generation, .. } = self;
        let new_tokens = self.new_tokens(token_ids);
        let Some(last) = token_ids.last().filter(|_| new_tokens > 0) else {
            return Ok((generation.max_new_tokens == 0).then_some(FinishReason::Length));
        };
        if generation.eos_token_ids.contains(last) {
            return Ok(Some(FinishReason::EosToken));
        }
        if stops(&pipeline.tokenizer, token_ids, &generation.stop_strings)? {
            return Ok(Some(FinishReason::StopString));
        }
        Ok((new_tokens >= generation.max_new_tokens).then_some(FinishReason::Length))
    }
}
