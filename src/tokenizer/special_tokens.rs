//! The tokens that a folder's files name beside its vocabulary, as transformers reads them: those that only mark something,
//! and those that a fine-tune added.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokenizers::{AddedToken, Tokenizer as Inner};

/// The names of special tokens that transformers knows, in the order in which it adds them.
const SPECIAL: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
/// The lists of further ones.
const MORE_SPECIAL: [&str; 2] = ["extra_special_tokens", "additional_special_tokens"];

/// What the files say of tokens that only mark something.
pub(super) struct SpecialTokens<'a> {
    /// `tokenizer_config.json`.
    pub config: &'a Map<String, Value>,
    /// `special_tokens_map.json`.
    pub map: &'a Map<String, Value>,
    /// Names and tokens where neither says it.
    pub defaults: &'a [(&'a str, &'a str)],
}

impl SpecialTokens<'_> {
    /// The token of this name.
    pub fn named(&self, name: &str) -> Option<AddedToken> {
        if let Some(value) = self.map.get(name).or_else(|| self.config.get(name)) {
            return token(value, true);
        }
        let (_, default) = self.defaults.iter().find(|(known, _)| *known == name)?;
        Some(AddedToken::from(*default, true))
    }

    /// Adds these tokens to a tokenizer, and those of `added`, an `added_tokens.json`. What the vocabulary does not know gets
    /// the ids that follow, without a gap.
    pub fn add_to(&self, inner: &mut Inner, added: &Map<String, Value>) -> tokenizers::Result<()> {
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
        // Of several for one text, such as an end that is the padding too, the last counts.
        let new: Vec<_> = named.into_iter().chain(of_config).chain(of_map).collect();
        let new: Vec<_> = new.into_iter().filter(|token| !has(&tokens, &token.content)).collect();
        inner.add_tokens(tokens.into_iter().chain(new)).map(drop)
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

/// Whether a file says so.
pub(super) fn flag(file: &Map<String, Value>, name: &str) -> bool {
    file.get(name).and_then(Value::as_bool).unwrap_or(false)
}
