//! Text to tokens and back, by the `tokenizers` crate.

mod gpt2;
mod guard;

use std::collections::HashMap;
use std::sync::Arc;

use tokenizers::models::bpe::{BPE, BpeBuilder, Vocab};
use tokenizers::{Decoder, Tokenizer as Inner};

use crate::config::json;
use crate::error::{Error, Result, shortened};

/// A model's tokenizer. A clone shares its vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: Arc<Inner>,
    vocab_size: usize,
    longest_token: usize,
}

impl From<Inner> for Tokenizer {
    fn from(inner: Inner) -> Self {
        let vocab = inner.get_vocab(true);
        let vocab_size = vocab.values().max().map_or(0, |&largest| largest as usize + 1);
        // Byte-level tokens spell each byte as a character, and others as they are.
        let longest_token = vocab.keys().map(String::len).max().unwrap_or(1).max(1);
        Self { inner: Arc::new(inner), vocab_size, longest_token }
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// `unsupported-model` when it is not one.
    pub fn from_json(json: &str) -> Result<Self> {
        guard::read(json).map(Self::from)
    }

    /// Number of tokens that it knows: ids are below this.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// An upper bound of the bytes of text in a token.
    #[must_use]
    pub fn longest_token(&self) -> usize {
        self.longest_token
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// `unsupported-model` for a character that its vocabulary has no token for, not even one for the unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding =
            self.inner.encode_fast(text, true).map_err(|error| unsupported("tokenizer.json", &error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, without those that only mark something. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// `internal`.
    pub fn decode(&self, token_ids: &[u32]) -> Result<String> {
        let special = self.inner.get_added_vocabulary();
        let tokens = token_ids.iter().filter_map(|&id| self.inner.id_to_token(id));
        let tokens: Vec<String> = tokens.filter(|token| !special.is_special_token(token)).collect();
        match self.inner.get_decoder() {
            _ if tokens.is_empty() => Ok(String::new()), // the crate's decoders panic at none
            Some(decoder) => decoder.decode(tokens).map_err(|error| internal(&error)),
            None => Ok(tokens.join(" ")),
        }
    }

    /// The tokens of a word at the beginning of a text and after a space.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn spellings(&self, word: &str) -> Result<Vec<Vec<u32>>> {
        [word.to_owned(), format!(" {word}")].iter().map(|spelling| self.encode(spelling)).collect()
    }
}

/// Byte-pair encoding by a `vocab.json`, the id of each token, and a `merges.txt`, a pair of tokens a line.
fn byte_pair_encoding(vocab_json: &str, merges: &str) -> Result<BpeBuilder> {
    let vocab: HashMap<String, u32> = json::read("vocab.json", vocab_json)?;
    let merges = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.is_empty())
        .map(|line| match line.split_once(' ') {
            Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
            None => Err(unsupported("merges.txt", &format!("{line:?} is no pair"))),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(BPE::builder().vocab_and_merges(vocab.into_iter().collect::<Vocab>(), merges))
}

fn unsupported(file: &str, error: &dyn std::fmt::Display) -> Error {
    Error::UnsupportedModel(format!("{file}: {}", shortened(error)))
}

fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("the tokenizer: {error}"))
}
