//! GPT-2's tokenizer from its vocabulary and merges, as older checkpoints have them instead of a `tokenizer.json`.
//!
//! A text is split into words and the like by GPT-2's regular expression, each byte of a word is spelled as a printable
//! character, and the characters are merged pair by pair.

use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer as Inner};

use super::{Tokenizer, byte_pair_encoding, unsupported};
use crate::error::Result;

/// What GPT-2 puts between texts.
const END_OF_TEXT: &str = "<|endoftext|>";

impl Tokenizer {
    /// Makes GPT-2's tokenizer of its `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged.
    pub fn from_vocabulary(vocab_json: &str, merges: &str) -> Result<Self> {
        let bpe = byte_pair_encoding(vocab_json, merges)?.build();
        let mut inner = Inner::new(bpe.map_err(|error| unsupported("vocab.json and merges.txt", &error))?);
        inner.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
        inner.with_decoder(Some(ByteLevel::default()));
        inner
            .add_special_tokens([AddedToken::from(END_OF_TEXT, true)])
            .map_err(|error| unsupported("vocab.json", &error))?;
        Ok(inner.into())
    }
}
