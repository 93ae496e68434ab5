//! BERT's tokenizer from its `vocab.txt`, which Chinese GPT-2s have: transformers' `BertTokenizer`.
//!
//! Each Chinese character is a word. A word is cut into the longest pieces that the vocabulary has, from the left; those
//! that go on begin with `##`.

use serde_json::{Map, Value, json};
use tokenizers::Tokenizer as Inner;

use super::unsupported;
use crate::error::Result;

/// Its special tokens, where no file says something else.
pub(super) const SPECIAL: [(&str, &str); 5] = [
    ("unk_token", "[UNK]"),
    ("sep_token", "[SEP]"),
    ("pad_token", "[PAD]"),
    ("cls_token", "[CLS]"),
    ("mask_token", "[MASK]"),
];

/// The tokenizer of a vocabulary, a token a line, and a `tokenizer_config.json`.
pub(super) fn word_piece(vocab: &str, config: &Map<String, Value>) -> Result<Inner> {
    let vocab: Map<String, Value> =
        vocab.lines().enumerate().map(|(id, token)| (token.to_owned(), id.into())).collect();
    let option = |name: &str, default: Value| config.get(name).cloned().unwrap_or(default);
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": option("tokenize_chinese_chars", true.into()),
            "strip_accents": option("strip_accents", Value::Null),
            "lowercase": option("do_lower_case", true.into()),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": option("unk_token", "[UNK]".into()),
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    });
    Inner::from_bytes(tokenizer.to_string()).map_err(|error| unsupported("vocab.txt", &error))
}
