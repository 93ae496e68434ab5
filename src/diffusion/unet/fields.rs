//! The fields of a `config.json`, each read with what it may be: an error names the field, its value, and what works.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json;

/// The fields of one file. One that the file lacks has diffusers' default.
#[derive(Debug)]
pub struct Fields {
    file: &'static str,
    map: Map<String, Value>,
}

impl Fields {
    /// The most that one size may be.
    pub const MAX_SIZE: usize = 1 << 20;

    pub fn new(file: &'static str, json: &str) -> Result<Self> {
        Ok(Self { file, map: json::read(file, json)? })
    }

    /// The error for `field`: its value, and `what` would work.
    pub fn refused<T>(&self, field: &str, what: impl AsRef<str>) -> Result<T> {
        let value = self.map.get(field).unwrap_or(&Value::Null);
        Err(Error::UnsupportedModel(format!("{}: {field} is {value}; {}", self.file, what.as_ref())))
    }

    pub fn flag(&self, field: &str, default: bool) -> Result<bool> {
        match self.map.get(field) {
            None => Ok(default),
            Some(&Value::Bool(flag)) => Ok(flag),
            Some(_) => self.refused(field, "it must be true or false"),
        }
    }

    pub fn number(&self, field: &str, default: f64) -> Result<f64> {
        match self.map.get(field).map(Value::as_f64) {
            None => Ok(default),
            Some(Some(number)) => Ok(number),
            Some(None) => self.refused(field, "it must be a number"),
        }
    }

    pub fn size(&self, field: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize> {
        match self.optional_size(field, Some(default), range)? {
            Some(size) => Ok(size),
            None => self.refused(field, "it must be a whole number"),
        }
    }

    /// The same for a field that may be null.
    pub fn optional_size(
        &self,
        field: &str,
        default: Option<usize>,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>> {
        match self.map.get(field) {
            None => Ok(default),
            Some(Value::Null) => Ok(None),
            Some(value) => match as_size(value).filter(|size| range.contains(size)) {
                Some(size) => Ok(Some(size)),
                None => self.refused(
                    field,
                    format!("a whole number from {} to {} works", range.start(), range.end()),
                ),
            },
        }
    }

    /// A list of sizes; a single one is a list of one, and null an empty one.
    pub fn sizes(&self, field: &str, default: &[usize]) -> Result<Vec<usize>> {
        let sizes: Option<Vec<_>> = match self.map.get(field) {
            None => Some(default.to_vec()),
            Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(values)) => values.iter().map(as_size).collect(),
            Some(value) => as_size(value).map(|size| vec![size]),
        };
        match sizes {
            Some(sizes) if sizes.iter().all(|size| (1..=Self::MAX_SIZE).contains(size)) => Ok(sizes),
            _ => self.refused(field, format!("whole numbers from 1 to {} work", Self::MAX_SIZE)),
        }
    }

    /// What the field's word stands for; `"null"` is null's.
    pub fn choice<T: Copy>(&self, field: &str, default: &str, known: &[(&str, T)]) -> Result<T> {
        let value = self.map.get(field);
        let word = value.map_or(Some(default), as_word);
        match word.and_then(|word| known.iter().find(|(name, _)| *name == word)) {
            Some(&(_, choice)) => Ok(choice),
            None => self.refused(field, works(known)),
        }
    }

    /// The same for a list of words.
    pub fn choices<T: Copy>(&self, field: &str, default: &[&str], known: &[(&str, T)]) -> Result<Vec<T>> {
        let words: Option<Vec<_>> = match self.map.get(field) {
            None => Some(default.to_vec()),
            Some(Value::Array(values)) => values.iter().map(as_word).collect(),
            Some(_) => None,
        };
        let find = |word: &str| known.iter().find(|(name, _)| *name == word).map(|&(_, choice)| choice);
        match words.and_then(|words| words.into_iter().map(find).collect()) {
            Some(choices) => Ok(choices),
            None => self.refused(field, works(known)),
        }
    }
}

fn as_size(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|size| usize::try_from(size).ok())
}

fn as_word(value: &Value) -> Option<&str> {
    if value.is_null() { Some("null") } else { value.as_str() }
}

fn works<T>(known: &[(&str, T)]) -> String {
    match known {
        [(name, _)] => format!("{name} works"),
        known => format!("{} work", known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")),
    }
}
