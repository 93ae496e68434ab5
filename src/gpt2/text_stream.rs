//! The text of tokens as they come.

use crate::error::Result;
use crate::tokenizer::Tokenizer;

/// The decoder's text for an incomplete character, however many of its bytes are there.
const INCOMPLETE: char = char::REPLACEMENT_CHARACTER;

/// How much of the text of a growing list of tokens was returned. A character's bytes can be spread over tokens; only whole
/// characters are returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextStream {
    /// Index of the first token whose text was not returned whole.
    start: usize,
    /// Bytes of the text from there that were returned.
    returned: usize,
}

impl TextStream {
    /// The stream that follows tokens whose text is whole.
    pub fn after(token_ids: &[u32]) -> Self {
        Self { start: token_ids.len(), returned: 0 }
    }

    /// The text of `token_ids` without an incomplete last character, and the stream that follows it.
    pub fn split(tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<(String, Self)> {
        let text = tokenizer.decode(token_ids)?;
        let Some(whole) = text.strip_suffix(INCOMPLETE) else {
            return Ok((text, Self::after(token_ids)));
        };
        // A character has four bytes at most, so the incomplete one lies within these tokens.
        let start = token_ids.len().saturating_sub(3);
        let end = tokenizer.decode(&token_ids[start..])?;
        let returned = end.len().saturating_sub(INCOMPLETE.len_utf8());
        Ok((whole.to_owned(), Self { start, returned }))
    }

    /// Returns the characters that have become whole with the last of `token_ids`.
    pub fn next(&mut self, tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<String> {
        let text = tokenizer.decode(&token_ids[self.start..])?;
        let (whole, next) = match text.strip_suffix(INCOMPLETE) {
            Some(whole) => (whole, Self { returned: whole.len(), ..*self }),
            None => (text.as_str(), Self::after(token_ids)),
        };
        let piece = whole.get(self.returned..).unwrap_or_default().to_owned();
        *self = next;
        Ok(piece)
    }

    /// The text of `token_ids` that was not returned yet, even if its last character is incomplete.
    pub fn rest(&self, tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<String> {
        let text = tokenizer.decode(&token_ids[self.start..])?;
        Ok(text.get(self.returned..).unwrap_or_default().to_owned())
    }
}
