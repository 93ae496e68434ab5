//! The text of tokens as they come.

use super::Tokenizer;
use super::texts::{Bytes, CONTEXT, clean_up};
use crate::error::Result;

/// The decoder's text for an incomplete character, however many of its bytes are there.
const INCOMPLETE: char = char::REPLACEMENT_CHARACTER;

/// How much of the text of a growing list of tokens was returned. Only what no later token changes is returned.
///
/// The last tokens of the list are decoded together at each step, so that the decoder sees a token's neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct TextStream {
    /// Index of the first token that is decoded.
    start: usize,
    /// Bytes of the text from there that were taken.
    taken: usize,
    /// What was taken and not returned, because it may be cleaned up together with what follows.
    held: String,
}

impl TextStream {
    /// The stream that follows tokens whose text is whole.
    ///
    /// # Errors
    /// `internal`.
    pub fn after(tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<Self> {
        let (start, text) = tail(tokenizer, token_ids)?;
        Ok(Self { start, taken: text.len(), held: String::new() })
    }

    /// The text of `token_ids` without an incomplete last character, and the stream that follows it.
    ///
    /// # Errors
    /// `internal`.
    pub fn split(tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<(String, Self)> {
        let text = tokenizer.decode_as_is(token_ids)?;
        let whole = match tokenizer.spelling.bytes {
            Bytes::Fallback => text.trim_end_matches(INCOMPLETE),
            Bytes::Level | Bytes::None => text.strip_suffix(INCOMPLETE).unwrap_or(&text),
        };
        let mut stream = Self { start: 0, taken: whole.len(), held: String::new() };
        stream.advance(tokenizer, token_ids, &text[whole.len()..])?;
        Ok((tokenizer.cleaned_up(whole), stream))
    }

    /// Returns the text that has become whole with the last of `token_ids`.
    ///
    /// # Errors
    /// `internal`.
    pub fn next(&mut self, tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<String> {
        let tokens = token_ids.get(self.start..).unwrap_or_default();
        let text = tokenizer.decode_as_is(tokens)?;
        let settled = settled(tokenizer, tokens, &text)?.max(self.taken);
        self.held += text.get(self.taken..settled).unwrap_or_default();
        self.taken = settled;
        if tokens.len() > 2 * CONTEXT {
            self.advance(tokenizer, token_ids, text.get(settled..).unwrap_or_default())?;
        }
        if !tokenizer.cleans_up {
            return Ok(std::mem::take(&mut self.held));
        }
        let last_word = self.held.split_off(last_word(&self.held));
        Ok(clean_up(&std::mem::replace(&mut self.held, last_word)))
    }

    /// The text of `token_ids` that was not returned yet, even if its last character is incomplete.
    ///
    /// # Errors
    /// `internal`.
    pub fn rest(&self, tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<String> {
        let text = tokenizer.decode_as_is(token_ids.get(self.start..).unwrap_or_default())?;
        let open = text.get(self.taken..).unwrap_or_default();
        Ok(tokenizer.cleaned_up(&format!("{}{open}", self.held)))
    }

    /// Leaves out the first tokens, if the text then ends in the same way: with `open`, which was not taken.
    fn advance(&mut self, tokenizer: &Tokenizer, token_ids: &[u32], open: &str) -> Result<()> {
        let (start, text) = tail(tokenizer, token_ids)?;
        if start > self.start && text.len() > open.len() && text.ends_with(open) {
            self.start = start;
            self.taken = text.len() - open.len();
        }
        Ok(())
    }
}

/// The first of the last tokens, and their text. They have one, so that a decoder does not take what follows for a text's
/// beginning.
fn tail(tokenizer: &Tokenizer, token_ids: &[u32]) -> Result<(usize, String)> {
    let start = token_ids.len().saturating_sub(CONTEXT);
    let text = tokenizer.decode_as_is(&token_ids[start..])?;
    if text.is_empty() { Ok((0, tokenizer.decode_as_is(token_ids)?)) } else { Ok((start, text)) }
}

/// How many bytes of `text`, that of `tokens`, stay whatever tokens follow.
fn settled(tokenizer: &Tokenizer, tokens: &[u32], text: &str) -> Result<usize> {
    if tokenizer.spelling.bytes != Bytes::Fallback {
        return Ok(text.strip_suffix(INCOMPLETE).unwrap_or(text).len());
    }
    // Of bytes in a row a single bad one makes all U+FFFD. Tokens that are no text do not break the row.
    let ends_row =
        |&id: &u32| tokenizer.visible(id).is_some_and(|token| tokenizer.spelling.bytes_of(&token).is_none());
    let row = tokens.iter().rposition(ends_row).map_or(0, |last| last + 1);
    Ok(tokenizer.decode_as_is(&tokens[..row])?.len())
}

/// Where the last word of a text begins, with the space before it: how it is cleaned up can depend on what follows.
fn last_word(text: &str) -> usize {
    let spaces = text.match_indices(' ').map(|(index, _)| index);
    spaces.rev().find(|&index| !text[..index].ends_with(" '")).unwrap_or(text.len())
}
