//! A GPT-2's tokenizer from the files of its folder, as transformers' `GPT2Tokenizer` reads them.
//!
//! Older folders have `vocab.json` and `merges.txt` instead of a `tokenizer.json`: a text is split into words and the like
//! by GPT-2's regular expression, each byte of a word is spelled as a printable character, and the characters are merged
//! pair by pair. The tokens that a fine-tune added stand in files of their own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, ModelWrapper, PreTokenizerWrapper, Tokenizer as Inner};

use super::{END_OF_TEXT, Files, Tokenizer, byte_pair_encoding, guard, unsupported};
use crate::config::json;
use crate::error::{Error, Result};

/// The names of special tokens that transformers knows, in the order in which it adds them.
const SPECIAL: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
/// Those that are [`END_OF_TEXT`] where no file says something else.
const END_BY_DEFAULT: [&str; 3] = ["bos_token", "eos_token", "unk_token"];
/// The lists of further ones.
const MORE_SPECIAL: [&str; 2] = ["extra_special_tokens", "additional_special_tokens"];

impl Tokenizer {
    /// Makes GPT-2's tokenizer of its `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged.
    pub fn from_vocabulary(vocab_json: &str, merges: &str) -> Result<Self> {
        let files = [("vocab.json", vocab_json), ("merges.txt", merges)];
        Self::from_files(&files.map(|(name, text)| (name.to_owned(), text.to_owned())).into())
    }

    /// Makes the tokenizer of a GPT-2's folder: of `tokenizer.json`, or of `vocab.json` and `merges.txt`. Beside these,
    /// `tokenizer_config.json`, `added_tokens.json` and `special_tokens_map.json` can name more tokens and how texts begin.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged, or when there is no vocabulary.
    pub fn from_files(files: &Files) -> Result<Self> {
        let file = |name: &str| files.get(name).map(String::as_str);
        let read = |name: &'static str| file(name).map_or(Ok(Map::new()), |text| json::read(name, text));
        let config: Map<String, Value> = read("tokenizer_config.json")?;
        let (mut inner, name) = match (file("tokenizer.json"), file("vocab.json"), file("merges.txt")) {
            (Some(json), ..) => (guard::read(json)?, "tokenizer.json"),
            (None, Some(vocab), Some(merges)) => (byte_level(vocab, merges)?, "vocab.json"),
            _ => {
                let what = "the folder has neither tokenizer.json nor vocab.json and merges.txt";
                return Err(Error::UnsupportedModel(what.to_owned()));
            }
        };

        // Other classes take the tokenizer.json as it is.
        let class = config.get("tokenizer_class").and_then(Value::as_str).unwrap_or("GPT2Tokenizer");
        let pre_tokenizer = match inner.get_pre_tokenizer() {
            Some(&PreTokenizerWrapper::ByteLevel(byte_level))
                if class.trim_end_matches("Fast") == "GPT2Tokenizer" =>
            {
                Some(byte_level)
            }
            _ => None,
        };
        if let Some(byte_level) = pre_tokenizer {
            inner.with_pre_tokenizer(Some(byte_level.add_prefix_space(flag(&config, "add_prefix_space"))));
        }
        let default = pre_tokenizer.is_some().then(|| Value::from(END_OF_TEXT));
        // Newer versions of transformers write everything into tokenizer_config.json.
        let is_complete = config.contains_key("added_tokens_decoder");
        let map = if is_complete { Map::new() } else { read("special_tokens_map.json")? };
        let added = if is_complete { Map::new() } else { read("added_tokens.json")? };
        let special = SpecialTokens { config: &config, map: &map, default: default.as_ref() };
        special.add_to(&mut inner, &added).map_err(|error| unsupported(name, &error))?;

        inner.set_encode_special_tokens(flag(&config, "split_special_tokens"));
        let cleans_up = flag(&config, "clean_up_tokenization_spaces")
            && !matches!(inner.get_model(), ModelWrapper::BPE(_));
        // A tokenizer.json says itself what it puts around a text.
        let end = |option: &str, token: &str| {
            let adds = name == "vocab.json" && flag(&config, option);
            special.named(token).filter(|_| adds).and_then(|token| inner.token_to_id(&token.content))
        };
        let ends = [end("add_bos_token", "bos_token"), end("add_eos_token", "eos_token")];
        Ok(Self { file: name, ends, cleans_up, ..inner.into() })
    }
}

/// The tokenizer of a vocabulary and merges alone.
fn byte_level(vocab_json: &str, merges: &str) -> Result<Inner> {
    let bpe = byte_pair_encoding(vocab_json, merges)?.build();
    let mut inner = Inner::new(bpe.map_err(|error| unsupported("vocab.json and merges.txt", &error))?);
    inner.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    inner.with_decoder(Some(ByteLevel::default()));
    Ok(inner)
}

/// What the files say of tokens that only mark something.
struct SpecialTokens<'a> {
    /// `tokenizer_config.json`.
    config: &'a Map<String, Value>,
    /// `special_tokens_map.json`.
    map: &'a Map<String, Value>,
    /// What the ends of texts are where neither says it.
    default: Option<&'a Value>,
}

impl SpecialTokens<'_> {
    /// The token of this name.
    fn named(&self, name: &str) -> Option<AddedToken> {
        let default = || self.default.filter(|_| END_BY_DEFAULT.contains(&name));
        token(self.map.get(name).or_else(|| self.config.get(name)).or_else(default)?, true)
    }

    /// Adds these tokens to a tokenizer, and those of `added`, an `added_tokens.json`. What the vocabulary does not know gets
    /// the ids that follow, without a gap.
    fn add_to(&self, inner: &mut Inner, added: &Map<String, Value>) -> tokenizers::Result<()> {
        let own = self.config.keys().map(String::as_str);
        let own = own.filter(|name| name.ends_with("_token") && !SPECIAL.contains(name));
        let named: Vec<_> = SPECIAL.into_iter().chain(own).filter_map(|name| self.named(name)).collect();
        let (of_config, of_map) = (more_special(self.config), more_special(self.map));
        let has = |tokens: &[AddedToken], content: &str| tokens.iter().any(|token| token.content == content);

        let mut with_ids: BTreeMap<u64, AddedToken> = BTreeMap::new();
        with_ids.extend(inner.get_added_tokens_decoder().into_iter().map(|(id, token)| (id.into(), token)));
        with_ids.extend(added.iter().filter_map(|(content, id)| {
            let special = has(&named, content) || has(&of_config, content);
            Some((id.as_u64()?, AddedToken::from(content, special)))
        }));
        let of_decoder = self.config.get("added_tokens_decoder").and_then(Value::as_object);
        with_ids.extend(of_decoder.into_iter().flatten().filter_map(|(id, value)| {
            Some((id.parse().ok()?, token(value, false)?)) //
        }));

        let mut tokens: Vec<_> = with_ids.into_values().collect();
        for token in &mut tokens {
            token.special |= has(&named, &token.content);
        }
        for token in named.into_iter().chain(of_config).chain(of_map) {
            if !has(&tokens, &token.content) {
                tokens.push(token);
            }
        }
        inner.add_tokens(tokens).map(drop)
    }
}

/// The special tokens of a file that have no names.
fn more_special(file: &Map<String, Value>) -> Vec<AddedToken> {
    let listed = |value: &Value| -> Vec<AddedToken> {
        match value {
            Value::Array(values) => values.iter().filter_map(|value| token(value, true)).collect(),
            Value::Object(values) => values.values().filter_map(|value| token(value, true)).collect(),
            _ => Vec::new(),
        }
    };
    MORE_SPECIAL.iter().filter_map(|name| file.get(*name)).flat_map(listed).collect()
}

/// A token that is written as its text, or with its properties.
fn token(value: &Value, special: bool) -> Option<AddedToken> {
    let Some(properties) = value.as_object() else {
        return value.as_str().map(|content| AddedToken::from(content, special));
    };
    let special = special || flag(properties, "special");
    let token = AddedToken::from(properties.get("content")?.as_str()?, special);
    let normalized = properties.get("normalized").and_then(Value::as_bool).unwrap_or(token.normalized);
    Some(AddedToken {
        single_word: flag(properties, "single_word"),
        lstrip: flag(properties, "lstrip"),
        rstrip: flag(properties, "rstrip"),
        normalized,
        ..token
    })
}

fn flag(file: &Map<String, Value>, name: &str) -> bool {
    file.get(name).and_then(Value::as_bool).unwrap_or(false)
}
