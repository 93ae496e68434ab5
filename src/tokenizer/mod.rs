//! Text to tokens and back, by the `tokenizers` crate.

mod bert;
mod clip;
mod files;
mod gpt2;
mod guard;
mod special_tokens;
mod text_stream;
mod texts;

use std::collections::HashMap;
use std::sync::Arc;

use tokenizers::models::bpe::{BPE, BpeBuilder, Vocab};
use tokenizers::{Decoder, ModelWrapper, PreTokenizerWrapper, Tokenizer as Inner};

use crate::config::json;
use crate::error::{Error, Result, shortened};
use crate::warnings;
use texts::Spelling;

pub use crate::config::Files;
pub use clip::{ClipVocabulary, Piece};
pub use text_stream::TextStream;

/// What GPT-2 puts between texts. transformers adds it to every vocabulary that lacks it.
const END_OF_TEXT: &str = "<|endoftext|>";

/// A model's tokenizer. A clone shares its vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: Arc<Inner>,
    /// The file with its vocabulary.
    file: &'static str,
    spelling: Spelling,
    vocab_size: usize,
    longest_token: Option<usize>,
    /// What begins and ends a text, beside what `inner` adds.
    ends: [Option<u32>; 2],
    /// Whether its texts are cleaned up, see [`texts::clean_up`].
    cleans_up: bool,
}

impl From<Inner> for Tokenizer {
    fn from(mut inner: Inner) -> Self {
        without_training(&mut inner);
        let vocab = inner.get_vocab(true);
        let vocab_size = vocab.values().max().map_or(0, |&largest| (largest as usize).saturating_add(1));
        // Other tokenizers drop spaces, or have one token for every word that they do not know.
        let keeps_all_bytes = matches!(inner.get_pre_tokenizer(), Some(PreTokenizerWrapper::ByteLevel(_)))
            && inner.get_normalizer().is_none();
        let longest_token = keeps_all_bytes.then(|| vocab.keys().map(String::len).max().unwrap_or(1).max(1));
        Self {
            file: "tokenizer.json",
            spelling: Spelling::of(&inner),
            vocab_size,
            longest_token,
            ends: [None; 2],
            cleans_up: false,
            inner: Arc::new(inner),
        }
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

    /// The same without the tokens that were added to the vocabulary later.
    #[must_use]
    pub fn base_vocab_size(&self) -> usize {
        self.inner.get_vocab_size(false)
    }

    /// What there is to say of a tokenizer whose model knows `model_vocab_size` tokens.
    #[must_use]
    pub fn warning(&self, model_vocab_size: usize) -> Option<String> {
        let vocab = self.inner.get_vocab(true);
        let mut beyond: Vec<_> = vocab
            .iter()
            .filter(|&(token, &id)| id as usize >= model_vocab_size && token != END_OF_TEXT)
            .map(|(token, &id)| (id, token.as_str()))
            .collect();
        beyond.sort_unstable();
        let what = format!("no prompt can have what is beyond the model's vocab_size {model_vocab_size}");
        warnings::about(self.file, &what, &mut beyond.iter().map(|&(_, token)| token))
    }

    /// An upper bound of the bytes of text in a token, where there is one.
    #[must_use]
    pub fn longest_token(&self) -> Option<usize> {
        self.longest_token
    }

    /// The tokens of a text, with those that the tokenizer puts around it.
    ///
    /// # Errors
    /// `unsupported-model` for a character that its vocabulary has no token for, not even one for the unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let [begin, end] = self.ends;
        Ok(begin.into_iter().chain(self.ids(text, true)?).chain(end).collect())
    }

    /// The text of tokens, without those that only mark something. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// `internal`.
    pub fn decode(&self, token_ids: &[u32]) -> Result<String> {
        Ok(self.cleaned_up(&self.decode_as_is(token_ids)?))
    }

    /// The tokens of a word at the beginning of a text and after a space.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn spellings(&self, word: &str) -> Result<Vec<Vec<u32>>> {
        [word.to_owned(), format!(" {word}")].iter().map(|spelling| self.ids(spelling, false)).collect()
    }

    /// A token as its vocabulary writes it.
    #[must_use]
    pub fn token(&self, token_id: u32) -> Option<String> {
        self.inner.id_to_token(token_id)
    }

    fn ids(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, add_special_tokens);
        let encoding = encoding.map_err(|error| unsupported(self.file, &error))?;
        Ok(encoding.get_ids().to_vec())
    }

    fn cleaned_up(&self, text: &str) -> String {
        if self.cleans_up { texts::clean_up(text) } else { text.to_owned() }
    }

    /// [`Self::decode`] before it is cleaned up.
    fn decode_as_is(&self, token_ids: &[u32]) -> Result<String> {
        let tokens = token_ids.iter().filter_map(|&id| self.visible(id)).collect();
        decode_tokens(&self.inner, tokens)
    }

    /// A token as its vocabulary writes it, if it is part of a text.
    fn visible(&self, token_id: u32) -> Option<String> {
        self.token(token_id).filter(|token| !self.inner.get_added_vocabulary().is_special_token(token))
    }
}

/// Undoes what a training script leaves in its `tokenizer.json`: padding, truncation and random merges are for its batches.
fn without_training(inner: &mut Inner) {
    inner.with_padding(None);
    let _ = inner.with_truncation(None); // only a limit can be wrong
    let merges_at_random = match inner.get_model() {
        ModelWrapper::BPE(bpe) => bpe.dropout.is_some().then(|| bpe.clone()),
        _ => None,
    };
    if let Some(mut bpe) = merges_at_random {
        bpe.dropout = None;
        inner.with_model(bpe);
    }
}

/// The text of tokens as the vocabulary writes them.
fn decode_tokens(inner: &Inner, tokens: Vec<String>) -> Result<String> {
    match inner.get_decoder() {
        _ if tokens.is_empty() => Ok(String::new()), // some decoders fail
        Some(decoder) => decoder.decode(tokens).map_err(|error| internal(&error)),
        None => Ok(tokens.join(" ")),
    }
}

/// Byte-pair encoding by a `vocab.json`, the id of each token, and a `merges.txt`, a pair of tokens a line.
fn byte_pair_encoding(vocab_json: &str, merges: &str) -> Result<BpeBuilder> {
    let vocab: HashMap<String, u32> = json::read("vocab.json", vocab_json)?;
    let merges = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.is_empty())
        .map(|line| match line.split_once(' ') {
            None => Err(unsupported("merges.txt", &format!("{line:?} is no pair"))),
            Some((left, right)) if !vocab.contains_key(&[left, right].concat()) => {
                // The crate panics where it is longer than all tokens.
                Err(unsupported("merges.txt", &format!("{line:?} becomes no token of vocab.json")))
            }
            Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
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
