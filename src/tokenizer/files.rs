//! A GPT-2's tokenizer from the files of its folder, as transformers reads them: a `tokenizer.json`, or the vocabulary of
//! `GPT2Tokenizer` or `BertTokenizer`, and the small files beside it.

use serde_json::{Map, Value};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{ModelWrapper, PreTokenizerWrapper, Tokenizer as Inner};

use super::special_tokens::{SpecialTokens, flag};
use super::{Files, Tokenizer, bert, gpt2, guard, unsupported};
use crate::config::json;
use crate::error::{Error, Result};

impl Tokenizer {
    /// Makes GPT-2's tokenizer of its `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged.
    pub fn from_vocabulary(vocab_json: &str, merges: &str) -> Result<Self> {
        let files = [("vocab.json", vocab_json), ("merges.txt", merges)];
        Self::from_files(&files.map(|(name, text)| (name.to_owned(), text.to_owned())).into())
    }

    /// Makes the tokenizer of a GPT-2's folder: of `tokenizer.json`, of `vocab.json` and `merges.txt`, or of `vocab.txt`.
    /// Beside these, `tokenizer_config.json`, `added_tokens.json` and `special_tokens_map.json` can name more tokens and
    /// how texts begin.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged, or when there is no vocabulary.
    pub fn from_files(files: &Files) -> Result<Self> {
        let file = |name: &str| files.get(name).map(String::as_str);
        let read = |name: &'static str| file(name).map_or(Ok(Map::new()), |text| json::read(name, text));
        let config: Map<String, Value> = read("tokenizer_config.json")?;
        let mut defaults: &[_] = &[];
        let (mut inner, name) = if let Some(json) = file("tokenizer.json") {
            (guard::read(json)?, "tokenizer.json")
        } else if let (Some(vocab), Some(merges)) = (file("vocab.json"), file("merges.txt")) {
            (gpt2::byte_level(vocab, merges)?, "vocab.json")
        } else if let Some(vocab) = file("vocab.txt") {
            defaults = &bert::SPECIAL;
            (bert::word_piece(vocab, &config)?, "vocab.txt")
        } else {
            let what = "the folder has no tokenizer.json, no vocab.json with merges.txt, and no vocab.txt";
            return Err(Error::UnsupportedModel(what.to_owned()));
        };
        if let Some(byte_level) = pre_tokenizer_of_gpt2(&inner, &config) {
            defaults = &gpt2::SPECIAL;
            inner.with_pre_tokenizer(Some(byte_level.add_prefix_space(flag(&config, "add_prefix_space"))));
        }
        // Newer versions of transformers write everything into tokenizer_config.json.
        let is_complete = config.contains_key("added_tokens_decoder");
        let map = if is_complete { Map::new() } else { read("special_tokens_map.json")? };
        let added = if is_complete { Map::new() } else { read("added_tokens.json")? };
        let special = SpecialTokens { config: &config, map: &map, defaults };
        special.add_to(&mut inner, &added).map_err(|error| unsupported(name, &error))?;
        inner.set_encode_special_tokens(flag(&config, "split_special_tokens"));

        let end = |token: &str| inner.token_to_id(&special.named(token)?.content);
        let ends = match name {
            "vocab.json" => [("add_bos_token", "bos_token"), ("add_eos_token", "eos_token")]
                .map(|(adds, token)| end(token).filter(|_| flag(&config, adds))),
            "vocab.txt" => [end("cls_token"), end("sep_token")],
            _ => [None; 2], // the file itself says what stands around a text
        };
        let cleans_up = flag(&config, "clean_up_tokenization_spaces")
            && !matches!(inner.get_model(), ModelWrapper::BPE(_));
        Ok(Self { file: name, ends, cleans_up, ..inner.into() })
    }
}

/// How a tokenizer of the class `GPT2Tokenizer` splits texts. Other classes take a `tokenizer.json` as it is.
fn pre_tokenizer_of_gpt2(inner: &Inner, config: &Map<String, Value>) -> Option<ByteLevel> {
    let class = config.get("tokenizer_class").and_then(Value::as_str).unwrap_or("GPT2Tokenizer");
    match inner.get_pre_tokenizer()? {
        PreTokenizerWrapper::ByteLevel(byte_level) if class.trim_end_matches("Fast") == "GPT2Tokenizer" => {
            Some(*byte_level)
        }
        _ => None,
    }
}
