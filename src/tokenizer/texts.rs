//! The texts of tokens, which depend on their neighbours: decoders drop a text's first space, put one between words, and
//! put characters together from bytes.
//!
//! What a token adds to a text is the difference between the text with it and the text without it.

use tokenizers::{DecoderWrapper, Tokenizer as Inner};

use super::{Tokenizer, decode_tokens};
use crate::error::Result;

/// How many tokens before it may change what a token adds.
pub(super) const CONTEXT: usize = 16;
/// A text whose tokens every vocabulary has. transformers puts it before a token to see what the token adds.
const BASE: &str = "abcdef";

/// How tokens are spelled.
#[derive(Debug, Clone)]
pub(super) struct Spelling {
    pub bytes: Bytes,
    /// The tokens of [`BASE`].
    base: Vec<String>,
}

/// How a token spells a byte that is not a whole character.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bytes {
    /// It cannot.
    None,
    /// Each of its characters stands for a byte.
    Level,
    /// `<0x0A>` is a byte.
    Fallback,
}

impl Spelling {
    pub fn of(inner: &Inner) -> Self {
        let has =
            |wanted: fn(&DecoderWrapper) -> bool| inner.get_decoder().is_some_and(|all| any(all, wanted));
        let bytes = if has(|decoder| matches!(decoder, DecoderWrapper::ByteFallback(_))) {
            Bytes::Fallback
        } else if has(|decoder| matches!(decoder, DecoderWrapper::ByteLevel(_))) {
            Bytes::Level
        } else {
            Bytes::None
        };
        let encoded = inner.encode_fast(BASE, false).ok();
        let base: Option<Vec<_>> =
            encoded.and_then(|encoding| encoding.get_ids().iter().map(|&id| inner.id_to_token(id)).collect());
        let is_itself =
            |tokens: &Vec<String>| decode_tokens(inner, tokens.clone()).is_ok_and(|text| text.contains(BASE));
        Self { bytes, base: base.filter(is_itself).unwrap_or_else(|| vec![BASE.to_owned()]) }
    }

    /// The bytes that a token as the vocabulary writes it stands for, if it is one that stands for bytes.
    pub fn bytes_of(&self, token: &str) -> Option<Vec<u8>> {
        match self.bytes {
            Bytes::None => None,
            Bytes::Level => token.chars().map(byte_of).collect(),
            Bytes::Fallback => {
                let digits =
                    token.strip_prefix("<0x")?.strip_suffix('>').filter(|digits| digits.len() == 2)?;
                u8::from_str_radix(digits, 16).ok().map(|byte| vec![byte])
            }
        }
    }
}

/// Whether `wanted` is true for a decoder or one of its parts.
fn any(decoder: &DecoderWrapper, wanted: fn(&DecoderWrapper) -> bool) -> bool {
    match decoder {
        DecoderWrapper::Sequence(parts) => parts.get_decoders().iter().any(|part| any(part, wanted)),
        decoder => wanted(decoder),
    }
}

/// The byte that a byte-level character stands for. Printable ones are themselves, the others follow at U+0100 in their
/// order. Source: `bytes_to_unicode` of <https://github.com/openai/gpt-2/blob/master/src/encoder.py>.
fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    let byte = match code {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => code,
        0x100..=0x120 => code - 0x100,
        0x121..=0x142 => code - 0x121 + 0x7f,
        0x143 => 0xad,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

impl Tokenizer {
    /// The text of each of `token_ids`, with its space: together they are the text. A part of a character is U+FFFD.
    ///
    /// # Errors
    /// `internal`.
    pub fn texts(&self, token_ids: &[u32]) -> Result<Vec<String>> {
        (0..token_ids.len()).map(|index| self.text_after(&token_ids[..index], token_ids[index])).collect()
    }

    /// The text of a token that stands after others. A part of a character is U+FFFD.
    ///
    /// # Errors
    /// `internal`.
    pub fn text_after(&self, before: &[u32], token_id: u32) -> Result<String> {
        let Some(token) = self.visible(token_id) else {
            return Ok(String::new());
        };
        if let Some(bytes) = self.spelling.bytes_of(&token) {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        let mut tokens: Vec<_> =
            before.iter().rev().filter_map(|&id| self.visible(id)).take(CONTEXT).collect();
        tokens.reverse();
        let known = decode_tokens(&self.inner, tokens.clone())?;
        tokens.push(token);
        let text = decode_tokens(&self.inner, tokens)?;
        let added = text.get(common_prefix(&known, &text)..).unwrap_or_default();
        Ok(self.cleaned_up(added))
    }

    /// The bytes that a token stands for in the middle of a text, one that only marks something too; `None` when there is no
    /// such token.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn bytes_of(&self, token_id: u32) -> Result<Option<Vec<u8>>> {
        let Some(token) = self.token(token_id) else {
            return Ok(None);
        };
        if let Some(bytes) = self.spelling.bytes_of(&token) {
            return Ok(Some(bytes));
        }
        let tokens = self.spelling.base.iter().cloned().chain([token]).collect();
        let text = decode_tokens(&self.inner, tokens)?;
        Ok(Some(text.split_once(BASE).map_or(text.as_str(), |(_, added)| added).as_bytes().to_vec()))
    }

    /// The most tokens that `text` can be spread over, when each has a part of it.
    pub(crate) fn most_tokens(&self, text: &str) -> usize {
        if self.spelling.bytes == Bytes::None { text.chars().count() } else { text.len() }
    }
}

/// Bytes that two texts begin with alike.
fn common_prefix(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// Takes out the spaces that a decoder puts before punctuation and English contractions, as transformers'
/// `clean_up_tokenization` does.
pub(super) fn clean_up(text: &str) -> String {
    let artefacts = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];
    artefacts.iter().fold(text.to_owned(), |text, artefact| text.replace(artefact, artefact.trim()))
}
