//! The prompt of a call, and its tokens.

use super::config::Config;
use crate::error::{Error, Result};
use crate::tokenizer::{TextStream, Tokenizer};

/// What a text begins with.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// A text.
    Text(String),
    /// Tokens. An earlier call's text is continued from the very tokens that it had; encoding it again could give others.
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

impl Prompt {
    /// Text and tokens; an empty prompt is `bos_token_id` and no text.
    ///
    /// # Errors
    /// `prompt-too-long` for more tokens than the context, `invalid-option` for tokens that the model does not know.
    pub(super) fn encode(
        self,
        config: &Config,
        tokenizer: &Tokenizer,
        bos_token_id: Option<u32>,
    ) -> Result<EncodedPrompt> {
        let context = config.n_positions;
        let (text, mut token_ids) = match self {
            Self::Text(text) => {
                // Refused before it is encoded: for ten megabytes that takes seconds.
                let at_least = tokenizer.longest_token().map_or(0, |longest| text.len().div_ceil(longest));
                if at_least > context {
                    return Err(too_long(at_least, context));
                }
                let token_ids = tokenizer.encode(&text)?;
                (Some(text), token_ids)
            }
            Self::Tokens(token_ids) => (None, token_ids),
        };
        if let Some(&id) = token_ids.iter().find(|&&id| id as usize >= config.vocab_size) {
            let token =
                tokenizer.token(id).map_or_else(|| id.to_string(), |token| format!("{token:?} ({id})"));
            return Err(Error::InvalidOption(format!(
                "the prompt has the token {token}; the model's vocab_size is {}",
                config.vocab_size
            )));
        }
        if token_ids.len() > context {
            return Err(too_long(token_ids.len(), context));
        }
        let (text, mut stream) = match text {
            Some(text) => (text, TextStream::after(tokenizer, &token_ids)?),
            None => TextStream::split(tokenizer, &token_ids)?,
        };
        if token_ids.is_empty() {
            let why = "the prompt is empty, and the model has no bos_token_id in its vocabulary";
            token_ids.push(bos_token_id.ok_or_else(|| Error::InvalidOption(why.to_owned()))?);
            stream = TextStream::after(tokenizer, &token_ids)?;
        }
        Ok(EncodedPrompt { text, token_ids, stream })
    }
}

/// A prompt with its tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EncodedPrompt {
    /// Its text, without a last character that is not whole.
    pub text: String,
    /// Its tokens, at least one.
    pub token_ids: Vec<u32>,
    /// What follows its text.
    pub stream: TextStream,
}

/// The error for a prompt of this many tokens or more.
pub(super) fn too_long(tokens: usize, context: usize) -> Error {
    Error::PromptTooLong(format!(
        "the prompt has {tokens} tokens or more; the model's context has {context}, and one must be free for what comes"
    ))
}
