//! The events of a run, with the texts in the last.

use serde::Serialize;

/// A token that was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Token {
    /// Which of the call's sequences.
    pub sequence_index: usize,
    /// Its id.
    pub token_id: u32,
    /// The text that has become complete with it: whole characters, possibly none.
    pub text: String,
    /// The logarithm of the model's probability for it, before any option changed the scores.
    pub logprob: f32,
    /// The likeliest tokens and their logarithmic probabilities, as many as `top_logprobs` asks for.
    #[serde(skip)] // `web` writes them with their texts
    pub top_logprobs: Vec<(u32, f32)>,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// It has all the tokens that were asked for, or reached the end of the context.
    Length,
    /// The model ended it.
    EosToken,
    /// One of the `stop_strings` came.
    StopString,
}

/// A finished text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sequence {
    /// The text, with the prompt in front if `return_full_text`.
    pub generated_text: String,
    /// The new tokens.
    pub token_ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
}

/// What a step returns.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A piece of the prompt was read: this many of this many tokens.
    Prompt(usize, usize),
    /// A new token of each sequence that had not ended.
    Tokens(Vec<Token>),
    /// Beams went on: the new tokens of the best one as a text.
    Beams(String),
    /// All texts, the best first if they came from beams.
    Complete(Vec<Sequence>),
}
