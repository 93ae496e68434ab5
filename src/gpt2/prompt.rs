//! What a text begins with.

use super::config::Config;
use crate::error::{Error, Result};
use crate::tokenizer::Tokenizer;

/// What a decoder makes of the first bytes of a character whose others are missing, however many there are.
pub(super) const INCOMPLETE: char = char::REPLACEMENT_CHARACTER;

/// What a text begins with.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// A text.
    Text(String),
    /// Its tokens: those of an earlier call go on exactly, where their text could be told in other tokens.
    Tokens(Vec<u32>),
}

impl<T: AsRef<str> + ?Sized> From<&T> for Prompt {
    fn from(text: &T) -> Self {
        Self::Text(text.as_ref().to_owned())
    }
}

impl From<Vec<u32>> for Prompt {
    fn from(token_ids: Vec<u32>) -> Self {
        Self::Tokens(token_ids)
    }
}

/// A prompt as a run has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    /// Its text, without a last character that is not complete.
    pub text: String,
    /// Its tokens, at least one.
    pub token_ids: Vec<u32>,
    /// Where the tokens of that character begin, if there is one.
    pub incomplete: Option<usize>,
}

impl Prompt {
    /// Text and tokens; an empty prompt is the model's `bos_token_id` and no text.
    ///
    /// # Errors
    /// `prompt-too-long` for more tokens than the context, `invalid-option` for tokens that the model does not know.
    pub(super) fn read(self, config: &Config, tokenizer: &Tokenizer) -> Result<Reading> {
        let context = config.n_positions;
        let mut incomplete = None;
        let (text, mut token_ids) = match self {
            Self::Text(text) => {
                // Refused before it is told in tokens: of ten megabytes that takes seconds.
                let at_least = text.len().div_ceil(tokenizer.longest_token());
                if at_least > context {
                    return Err(too_long(at_least, context));
                }
                let token_ids = tokenizer.encode(&text)?;
                (text, token_ids)
            }
            Self::Tokens(token_ids) => {
                if let Some(id) = token_ids.iter().find(|&&id| id as usize >= config.vocab_size) {
                    return Err(Error::InvalidOption(format!(
                        "the prompt has token {id}; the model's vocab_size is {}",
                        config.vocab_size
                    )));
                }
                if token_ids.len() > context {
                    return Err(too_long(token_ids.len(), context));
                }
                let mut text = tokenizer.decode(&token_ids)?;
                if text.ends_with(INCOMPLETE) {
                    // Perhaps its last bytes are to come: a character has four at most.
                    text.truncate(text.len() - INCOMPLETE.len_utf8());
                    incomplete = Some(token_ids.len().saturating_sub(3));
                }
                (text, token_ids)
            }
        };
        if token_ids.is_empty() {
            token_ids.extend(config.bos_token_id());
        }
        if token_ids.is_empty() {
            let why = "the prompt is empty, and the model has no bos_token_id";
            return Err(Error::InvalidOption(why.to_owned()));
        }
        if token_ids.len() > context {
            return Err(too_long(token_ids.len(), context));
        }
        Ok(Reading { text, token_ids, incomplete })
    }
}

/// The error for a prompt of this many tokens or more.
pub(super) fn too_long(tokens: usize, context: usize) -> Error {
    Error::PromptTooLong(format!(
        "the prompt has {tokens} tokens or more; the model's context has {context}, and one must be free for what comes"
    ))
}
