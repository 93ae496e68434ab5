//! What the `tokenizers` crate panics at, refused before it sees it: in a browser a panic ends the engine.
//!
//! Its version 0.23.2 panics at these while it reads a `tokenizer.json`, or later at some text. Whatever else is wrong it
//! reports as an error.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokenizers::Tokenizer as Inner;

use super::unsupported;
use crate::error::Result;

/// The parts of a `tokenizer.json` that are looked at. Its vocabulary is only passed over.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    #[serde(default)]
    model: Model,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Model {
    continuing_subword_prefix: Option<String>,
    vocab: Vocab,
    merges: Vec<Merge>,
}

/// Bytes of the longest token of a vocabulary that is an object; 0 for any other.
#[derive(Default)]
struct Vocab {
    longest: usize,
}

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Self::default())
    }
}

impl<'de> Visitor<'de> for Vocab {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a vocabulary")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut tokens: A) -> std::result::Result<Self, A::Error> {
        while let Some((token, IgnoredAny)) = tokens.next_entry::<String, _>()? {
            self.longest = self.longest.max(token.len());
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, tokens: A) -> std::result::Result<Self, A::Error> {
        IgnoredAny.visit_seq(tokens).map(|_| self)
    }

    fn visit_unit<E>(self) -> std::result::Result<Self, E> {
        Ok(self)
    }
}

/// A pair of a byte-pair encoding: `["a", "b"]`, or `"a b"` in older files.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair([String; 2]),
    Line(String),
}

/// Reads a `tokenizer.json`.
///
/// # Errors
/// `unsupported-model` when it is not one.
pub(super) fn read(json: &str) -> Result<Inner> {
    check(json).map_err(|what| unsupported("tokenizer.json", &what))?;
    Inner::from_bytes(json).map_err(|error| unsupported("tokenizer.json", &error))
}

fn check(json: &str) -> std::result::Result<(), String> {
    // Nothing that is no JSON goes further: the crate panics where that is inside the decoder.
    let parts: Parts = serde_json::from_str(json).map_err(|error| error.to_string())?;
    // The crate goes by the fields, whatever a part says of its type.
    each(&parts.normalizer, &|part| {
        let has_one = part["type"] == "Precompiled" || part.get("precompiled_charsmap").is_some();
        if has_one && !is_charsmap(&part["precompiled_charsmap"]) {
            return refused("a precompiled_charsmap that is damaged");
        }
        Ok(())
    })?;
    each(&parts.pre_tokenizer, &|part| {
        if part["length"] == 0 { refused("a FixedLength of 0") } else { Ok(()) }
    })?;
    each(&parts.post_processor, &check_template)?;
    each(&parts.decoder, &|part| {
        // It looks for that many characters in tokens that have fewer.
        let stop = part["stop"].as_u64().unwrap_or(0);
        if stop > 0 { refused("a decoder that strips the ends of tokens") } else { Ok(()) }
    })?;
    check_merges(&parts.model)
}

fn refused(what: &str) -> std::result::Result<(), String> {
    Err(format!("{what} cannot be used"))
}

/// Checks a part and all that are inside it.
fn each(
    part: &Value,
    check: &impl Fn(&Value) -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    check(part)?;
    match part {
        Value::Array(parts) => parts.iter().try_for_each(|part| each(part, check)),
        Value::Object(parts) => parts.values().try_for_each(|part| each(part, check)),
        _ => Ok(()),
    }
}

/// A template of a single text must have no second one in it, and only tokens that it describes.
fn check_template(template: &Value) -> std::result::Result<(), String> {
    let pieces = template["single"].as_array().map_or(&[][..], Vec::as_slice);
    for piece in pieces {
        if piece["Sequence"]["id"] == "B" {
            return refused("a post_processor with a second text in its template \"single\"");
        }
        if let Some(token) = piece["SpecialToken"]["id"].as_str()
            && template["special_tokens"].get(token).is_none()
        {
            return refused(&format!("a post_processor whose special_tokens lack {token:?}"));
        }
    }
    Ok(())
}

/// Whatever follows another part of a word has the prefix, which merging takes away, and a pair becomes a token.
fn check_merges(
    Model { continuing_subword_prefix, vocab, merges }: &Model,
) -> std::result::Result<(), String> {
    let prefix = continuing_subword_prefix.as_deref().unwrap_or_default();
    for merge in merges {
        let (left, right) = match merge {
            Merge::Pair([left, right]) => (left.as_str(), right.as_str()),
            Merge::Line(line) => line.split_once(' ').unwrap_or(("", line)),
        };
        let Some(right) = right.strip_prefix(prefix) else {
            return refused(&format!("a merge without the continuing_subword_prefix {prefix:?}"));
        };
        if left.len() + right.len() > vocab.longest {
            return refused(&format!("a merge into {:?}, which is no token,", format!("{left}{right}")));
        }
    }
    Ok(())
}

/// Whether a value is a `precompiled_charsmap` in which no search leads outside.
///
/// It is base64 of the bytes of a trie as a `u32`, the trie, a double array, and the replacements, each with a zero
/// behind it. Source: <https://github.com/huggingface/spm_precompiled>.
fn is_charsmap(value: &Value) -> bool {
    let Some(bytes) = value.as_str().and_then(from_base64) else {
        return false;
    };
    let parts = bytes.split_first_chunk().and_then(|(len, rest)| {
        let units = u32::from_le_bytes(*len) as usize / 4;
        rest.split_at_checked(4 * units)
    });
    let Some((trie, Ok(texts))) = parts.map(|(trie, texts)| (trie, str::from_utf8(texts))) else {
        return false;
    };
    let units: Vec<usize> =
        trie.as_chunks().0.iter().map(|unit| u32::from_le_bytes(*unit) as usize).collect();
    let offset = |unit: usize| (unit >> 10) << ((unit & 1 << 9) >> 6);
    let mut seen = vec![false; units.len()];
    let mut open: Vec<usize> = units.first().map(|&unit| offset(unit)).into_iter().collect();
    while let Some(at) = open.pop() {
        // Any byte may come next, and is looked for in this block.
        let Some(seen) = seen.get_mut(at).filter(|_| at | 0xff < units.len()) else {
            return false;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        for byte in 1..=0xff {
            let unit = units[at ^ byte];
            if unit & (1 << 31 | 0xff) != byte {
                continue;
            }
            let next = at ^ byte ^ offset(unit);
            let is_leaf = unit >> 8 & 1 == 1;
            let text = units.get(next).map(|unit| unit & ((1 << 31) - 1));
            if is_leaf && !text.is_some_and(|start| texts.is_char_boundary(start)) {
                return false;
            }
            open.push(next);
        }
    }
    !units.is_empty()
}

/// The bytes of base64 with padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    };
    let digits = text.trim_end_matches('=').as_bytes();
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(3 * digits.len() / 4);
    for four in digits.chunks(4) {
        let mut bits = 0;
        for &byte in four {
            bits = bits << 6 | digit(byte)?;
        }
        bits <<= 6 * (4 - four.len());
        let [_, three @ ..] = u32::to_be_bytes(bits);
        let (whole, rest) = three.split_at_checked(four.len() - 1)?;
        if rest.iter().any(|&byte| byte > 0) {
            return None; // the crate refuses that too
        }
        bytes.extend_from_slice(whole);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_and_nothing_else() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("AAEC", b"\0\x01\x02"),
            ("//79", b"\xff\xfe\xfd"),
            ("Zm8=", b"fo"),
            ("Zg==", b"f"),
        ] {
            assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["A", "AAE", "Zh==", "Zm9=", "====", "A===", "AA=A", "AA A", "A\u{e9}A"] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }
}
