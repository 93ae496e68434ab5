//! GPT-2's tokenizer from its vocabulary and merges, as older checkpoints have them instead of a `tokenizer.json`:
//! transformers' `GPT2Tokenizer`.
//!
//! A text is split into words and the like by GPT-2's regular expression, each byte of a word is spelled as a printable
//! character, and the characters are merged pair by pair.

use tokenizers::Tokenizer as Inner;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use super::{END_OF_TEXT, byte_pair_encoding, unsupported};
use crate::error::Result;

/// Its special tokens, where no file says something else.
pub(super) const SPECIAL: [(&str, &str); 3] =
    [("bos_token", END_OF_TEXT), ("eos_token", END_OF_TEXT), ("unk_token", END_OF_TEXT)];

/// The tokenizer of a `vocab.json` and a `merges.txt`.
pub(super) fn byte_level(vocab_json: &str, merges: &str) -> Result<Inner> {
    let bpe = byte_pair_encoding(vocab_json, merges)?.build();
    let mut inner = Inner::new(bpe.map_err(|error| unsupported("vocab.json and merges.txt", &error))?);
    inner.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    inner.with_decoder(Some(ByteLevel::default()));
    Ok(inner)
}
