//! Prompts as the text encoder takes them: cut, or filled up, to one length.

use std::ops::Range;

use super::config::Config;
use crate::error::{Error, Result};
use crate::tokenizer::{ClipVocabulary, Files, Piece};

/// CLIP's tokenizer, as transformers' `CLIPTokenizer` with `padding="max_length"` and `truncation=True`.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    vocabulary: ClipVocabulary,
}

/// A prompt as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// As many as [`Tokenizer::max_length`]: the beginning, the prompt's own, the end, and as much padding as is missing.
    pub token_ids: Vec<u32>,
    /// The prompt's words that are among them.
    pub words: Vec<Word>,
    /// What was cut off at the end, because it does not fit.
    pub truncated: Option<String>,
}

/// A word of a prompt; punctuation and each digit are words too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As the prompt has it.
    pub text: String,
    /// Where its tokens are among the prompt's `token_ids`.
    pub tokens: Range<usize>,
}

impl Tokenizer {
    /// Makes the tokenizer of the files of a folder `tokenizer/`: of `tokenizer.json`, or of `vocab.json` and `merges.txt`.
    /// Beside these, `tokenizer_config.json`, `added_tokens.json` and `special_tokens_map.json` can name more tokens and the
    /// length of prompts.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged, when there is no vocabulary, or when it is not one of CLIP's kind.
    pub fn from_files(files: &Files) -> Result<Self> {
        Ok(Self { vocabulary: ClipVocabulary::from_files(files)? })
    }

    /// How many tokens every prompt becomes.
    #[must_use]
    pub fn max_length(&self) -> usize {
        self.vocabulary.max_length
    }

    /// Checks that a text encoder knows all tokens, and takes as many as every prompt becomes.
    ///
    /// # Errors
    /// `unsupported-model`, with both numbers.
    pub fn check_model(&self, config: &Config) -> Result<()> {
        let ClipVocabulary { size, max_length, .. } = self.vocabulary;
        let unsupported = |what: String| Err(Error::UnsupportedModel(format!("{}: {what}", Config::FILE)));
        if size > config.vocab_size {
            return unsupported(format!(
                "vocab_size is {}, and the tokenizer has tokens up to {}",
                config.vocab_size,
                size - 1
            ));
        }
        if max_length > config.max_position_embeddings {
            return unsupported(format!(
                "max_position_embeddings is {}, and the tokenizer's model_max_length {max_length}",
                config.max_position_embeddings
            ));
        }
        Ok(())
    }

    /// The tokens of a prompt.
    ///
    /// # Errors
    /// `unsupported-model` for a character that the vocabulary has no token for.
    pub fn encode(&self, prompt: &str) -> Result<Prompt> {
        let ClipVocabulary { bos_token_id, eos_token_id, pad_token_id, max_length, .. } = self.vocabulary;
        let pieces = self.first_pieces(prompt)?;
        let (kept, cut) = pieces.split_at(pieces.len().min(max_length - 2));
        let text = |range: Range<usize>| prompt.get(range).unwrap_or_default().trim_end().to_owned();

        let mut token_ids = vec![bos_token_id];
        let mut words = Vec::new();
        for word in kept.chunk_by(|piece, next| piece.word == next.word) {
            let tokens = token_ids.len()..token_ids.len() + word.len();
            // Up to what follows: an accent that was composed with its letter is in no token's range.
            let next = pieces.get(tokens.end - 1).map_or(prompt.len(), |piece| piece.range.start);
            let (first, last) = (&word[0].range, &word[word.len() - 1].range);
            words.push(Word { text: text(first.start..next.max(last.end)), tokens });
            token_ids.extend(word.iter().map(|piece| piece.token_id));
        }
        token_ids.push(eos_token_id);
        token_ids.resize(max_length, pad_token_id);
        let truncated = cut.first().map(|piece| text(piece.range.start..prompt.len()));
        Ok(Prompt { token_ids, words, truncated })
    }

    /// All tokens of a prompt or, of a long one, those of as much of its beginning as gives twice what fits, so that what was
    /// broken off counts nowhere.
    fn first_pieces(&self, prompt: &str) -> Result<Vec<Piece>> {
        let mut least = 16 * self.max_length();
        loop {
            let begin = beginning(prompt, least);
            let pieces = self.vocabulary.pieces(begin)?;
            if begin.len() == prompt.len() || pieces.len() >= 2 * self.max_length() {
                return Ok(pieces);
            }
            least *= 4;
        }
    }
}

/// The first `least` bytes of a text, and more up to where a word ends. A word that goes on for long is broken: which of its
/// characters are merged depends on those around them, not on those that are thousands away.
fn beginning(text: &str, least: usize) -> &str {
    const LONGEST_WORD: usize = 1 << 15;
    let ends_word = |next: char| next.is_whitespace() || next.is_ascii_digit();
    let mut ends = text.char_indices().skip_while(|&(index, _)| index < least);
    let end = ends.find(|&(index, next)| ends_word(next) || index > least + LONGEST_WORD);
    end.map_or(text, |(index, _)| &text[..index])
}
