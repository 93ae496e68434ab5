//! CLIP's tokenizer from the files of its folder: transformers' `CLIPTokenizer`.
//!
//! A text loses its capitals, and white space becomes a space. It is split into words, digits and punctuation, each byte is
//! spelled as a printable character, and the characters are merged pair by pair. The last of a word ends with `</w>`.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Lowercase, NFC, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{ModelWrapper, PostProcessorWrapper, SplitDelimiterBehavior, Tokenizer as Inner};

use super::special_tokens::{SpecialTokens, flag};
use super::{END_OF_TEXT, Files, byte_pair_encoding, guard, internal, unsupported};
use crate::config::{Fields, json, whole};
use crate::error::{Error, Result};

const CONFIG: &str = "tokenizer_config.json";

const START_OF_TEXT: &str = "<|startoftext|>";

/// Its special tokens, where no file says something else.
const SPECIAL: [(&str, &str); 4] = [
    ("bos_token", START_OF_TEXT),
    ("eos_token", END_OF_TEXT),
    ("unk_token", END_OF_TEXT),
    ("pad_token", END_OF_TEXT),
];

/// What a word is. Each digit is one. There are no capitals any more.
const WORD: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// How long texts are where no file says it: in every CLIP that was published.
const MAX_LENGTH: usize = 77;

/// CLIP's vocabulary, and what makes tokens of a text. A clone shares it.
#[derive(Debug, Clone)]
pub struct ClipVocabulary {
    inner: Arc<Inner>,
    /// The file with the vocabulary.
    file: &'static str,
    /// Ids are below this.
    pub size: usize,
    /// The token that begins a text.
    pub bos_token_id: u32,
    /// The token that ends it.
    pub eos_token_id: u32,
    /// The token that fills it up to its length.
    pub pad_token_id: u32,
    /// How many tokens a text is made of, with those around it.
    pub max_length: usize,
}

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The token.
    pub token_id: u32,
    /// Index of its word.
    pub word: Option<u32>,
    /// The part of the text that it stands for, in bytes. The tokens of one character have the same.
    pub range: Range<usize>,
}

impl ClipVocabulary {
    /// Reads the files of a folder: `tokenizer.json`, or `vocab.json` and `merges.txt`, and the small ones beside them. As in
    /// transformers, of a `tokenizer.json` the vocabulary counts and not how it splits texts.
    ///
    /// # Errors
    /// `unsupported-model` when they are damaged, when there is no vocabulary, or when it is not one of CLIP's kind.
    pub fn from_files(files: &Files) -> Result<Self> {
        let file = |name: &str| files.get(name).map(String::as_str);
        let read = |name: &str| -> Result<Map<String, Value>> {
            file(name).map_or(Ok(Map::new()), |text| json::read(name, text))
        };
        let config = read(CONFIG)?;
        let max_length = max_length(&Fields::from_json(CONFIG, file(CONFIG).unwrap_or("{}"))?)?;
        // Newer versions of transformers write everything into tokenizer_config.json.
        let is_complete = config.contains_key("added_tokens_decoder");
        let map = if is_complete { Map::new() } else { read("special_tokens_map.json")? };
        let added = if is_complete { Map::new() } else { read("added_tokens.json")? };
        let special = SpecialTokens { config: &config, map: &map, defaults: &SPECIAL };
        let named = |name: &str| special.named(name).map(|token| token.content);

        let (mut inner, name) = if let Some(json) = file("tokenizer.json") {
            let name = "tokenizer.json";
            let mut inner = guard::read(json)?;
            let bpe = bpe_of(&inner).map_err(|what| unsupported(name, &what))?;
            inner.with_model(as_clips(bpe, named("unk_token")));
            (inner, name)
        } else if let (Some(vocab), Some(merges)) = (file("vocab.json"), file("merges.txt")) {
            let bpe = byte_pair_encoding(vocab, merges)?.build();
            let bpe = bpe.map_err(|error| unsupported("vocab.json and merges.txt", &error))?;
            (Inner::new(as_clips(bpe, named("unk_token"))), "vocab.json")
        } else {
            let what = "the folder has no tokenizer.json and no vocab.json with merges.txt";
            return Err(Error::UnsupportedModel(what.to_owned()));
        };
        split_as_clip(&mut inner).map_err(|error| internal(&error))?;
        let id = |inner: &Inner, token: &str| {
            let content = named(token).unwrap_or_default();
            let lacks = || unsupported(name, &format!("it has no {token} {content:?}"));
            inner.token_to_id(&content).ok_or_else(lacks)
        };
        let [bos_token_id, eos_token_id] = [id(&inner, "bos_token")?, id(&inner, "eos_token")?];
        special.add_to(&mut inner, &added).map_err(|error| unsupported(name, &error))?;
        inner.set_encode_special_tokens(flag(&config, "split_special_tokens"));
        Ok(Self {
            file: name,
            size: inner.get_vocab(true).values().max().map_or(0, |&id| (id as usize).saturating_add(1)),
            bos_token_id,
            eos_token_id,
            pad_token_id: id(&inner, "pad_token")?,
            max_length,
            inner: Arc::new(inner),
        })
    }

    /// The tokens of a text, without those around it.
    ///
    /// # Errors
    /// `unsupported-model` for a character that the vocabulary has no token for, not even one for the unknown.
    pub fn pieces(&self, text: &str) -> Result<Vec<Piece>> {
        let encoding = self.inner.encode(text, false).map_err(|error| unsupported(self.file, &error))?;
        let (ids, words, offsets) = (encoding.get_ids(), encoding.get_word_ids(), encoding.get_offsets());
        let pieces = ids.iter().zip(words).zip(offsets);
        Ok(pieces
            .map(|((&token_id, &word), &(start, end))| Piece { token_id, word, range: start..end })
            .collect())
    }
}

/// The byte-pair encoding of a tokenizer.
fn bpe_of(inner: &Inner) -> std::result::Result<BPE, &'static str> {
    match inner.get_model() {
        ModelWrapper::BPE(bpe) => match bpe.continuing_subword_prefix.as_deref() {
            None | Some("") => Ok(bpe.clone()),
            Some(_) => Err("CLIP's vocabulary has no continuing_subword_prefix"),
        },
        _ => Err("CLIP's vocabulary is a byte-pair encoding, and this is none"),
    }
}

/// The same with what `CLIPTokenizer` says of it, whatever its file says.
fn as_clips(mut bpe: BPE, unk_token: Option<String>) -> BPE {
    bpe.unk_token = unk_token;
    bpe.end_of_word_suffix = Some("</w>".to_owned());
    (bpe.dropout, bpe.fuse_unk, bpe.byte_fallback, bpe.ignore_merges) = (None, false, false, false);
    bpe
}

/// Makes a tokenizer split texts as `CLIPTokenizer` does.
fn split_as_clip(inner: &mut Inner) -> tokenizers::Result<()> {
    let space = Replace::new(ReplacePattern::Regex(r"\s+".to_owned()), " ")?;
    inner.with_normalizer(Some(Normalizers::new(vec![NFC.into(), space.into(), Lowercase.into()])))?;
    let words = Split::new(SplitPattern::Regex(WORD.to_owned()), SplitDelimiterBehavior::Removed, true)?;
    // It splits by GPT-2's rules too: nobody has switched that off.
    let bytes = ByteLevel::new(false, true, true);
    inner.with_pre_tokenizer(Some(PreTokenizers::new(vec![words.into(), bytes.into()])));
    inner.with_post_processor(None::<PostProcessorWrapper>);
    inner.with_truncation(None)?;
    inner.with_padding(None);
    Ok(())
}

/// The length of texts by a `tokenizer_config.json`, in which nothing else is that Hearth does not do.
fn max_length(fields: &Fields) -> Result<usize> {
    fields.choice("tokenizer_class", (), &[("CLIPTokenizer", ()), ("CLIPTokenizerFast", ())])?;
    for side in ["padding_side", "truncation_side"] {
        fields.choice(side, (), &[("right", ())])?;
    }
    let lengths = 2..=Fields::MAX_SIZE;
    let what = format!("{} to {} work", lengths.start(), lengths.end());
    let length = fields.parsed("model_max_length", what, |value| {
        // transformers writes 10³⁰ where it does not know the length.
        let is_unknown = value.is_null() || value.as_f64().is_some_and(|length| length > 1e20);
        if is_unknown { Some(MAX_LENGTH) } else { whole(value, &lengths) }
    })?;
    Ok(length.unwrap_or(MAX_LENGTH))
}
