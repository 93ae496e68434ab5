//! The fields of a configuration, each read with what it may be: an error names the field, its value, and what works.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::json;
use crate::error::{Error, Result};
use crate::warnings::passed_over;

/// Characters of a value that a message shows.
const SHOWN: usize = 80;

/// The fields of one file. One that the file lacks has the default that its reader names; one that has no default is
/// `required`. Fields that nobody reads are ignored; which ones these are is known, so that no list of the others is
/// needed.
#[derive(Debug)]
pub struct Fields {
    file: &'static str,
    map: Map<String, Value>,
    /// The fields that were read, whether the file has them or not.
    read: RefCell<BTreeSet<String>>,
}

#[allow(clippy::missing_errors_doc)] // always `unsupported-model`
impl Fields {
    /// The most that one size may be, unless a network has reasons for less.
    pub const MAX_SIZE: usize = 1 << 20;

    /// Reads the text of `file`, a JSON object. The messages name the file.
    pub fn from_json(file: &'static str, json: &str) -> Result<Self> {
        Ok(Self { file, map: json::read(file, json)?, read: RefCell::default() })
    }

    /// The fields that `keep` is true for.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&str, &Value) -> bool) -> Self {
        self.map.retain(|field, value| keep(field, value));
        self
    }

    /// The fields of the object that a field holds; `None` where there is none.
    pub fn within(&self, field: &str) -> Result<Option<Self>> {
        let map = self.parsed(field, "an object works", |value| match value {
            Value::Null => Some(None),
            value => value.as_object().cloned().map(Some),
        })?;
        Ok(map.flatten().map(|map| Self { file: self.file, map, read: RefCell::default() }))
    }

    /// The fields that the file has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.map.keys().map(String::as_str)
    }

    /// The same with their values.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Counts a field as read whose value says nothing.
    pub fn ignore(&self, field: &str) {
        self.read.borrow_mut().insert(field.to_owned());
    }

    /// The fields that were read, whether the file has them or not.
    #[must_use]
    pub fn into_read(self) -> BTreeSet<String> {
        self.read.into_inner()
    }

    /// The warning about the fields that nobody has read, because `reader` does not know them. Those that begin with an
    /// underscore are the library's that wrote the file.
    #[must_use]
    pub fn unread(&self, reader: &str) -> Option<String> {
        let read = self.read.borrow();
        let unread = self.names().filter(|field| !field.starts_with('_') && !read.contains(*field));
        passed_over(self.file, &format!("{reader} does not know"), unread)
    }

    /// A sentence about the file.
    #[must_use]
    pub fn about(&self, what: &str) -> String {
        format!("{}: {what}", self.file)
    }

    /// The error about the file as a whole.
    #[must_use]
    pub fn error(&self, what: &str) -> Error {
        Error::UnsupportedModel(self.about(what))
    }

    /// The error for `field`: its value, and `what` would work.
    pub fn refused<T>(&self, field: &str, what: impl AsRef<str>) -> Result<T> {
        let value = self.map.get(field).map_or_else(|| "missing".to_owned(), Value::to_string);
        let value: String = value.chars().take(SHOWN).collect();
        Err(self.error(&format!("{field} is {value}; {}", what.as_ref())))
    }

    /// What `parse` makes of the field's value, which is to be as `what` says; `None` when the file lacks the field.
    pub fn parsed<T>(
        &self,
        field: &str,
        what: impl AsRef<str>,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        self.ignore(field);
        match self.map.get(field).map(parse) {
            None => Ok(None),
            Some(Some(parsed)) => Ok(Some(parsed)),
            Some(None) => self.refused(field, what),
        }
    }

    /// The same for a field that the file must have.
    pub fn required<T>(
        &self,
        field: &str,
        what: impl AsRef<str>,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T> {
        match self.parsed(field, &what, parse)? {
            Some(parsed) => Ok(parsed),
            None => self.refused(field, what),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self, field: &str, default: bool) -> Result<bool> {
        Ok(self.parsed(field, "it must be true or false", Value::as_bool)?.unwrap_or(default))
    }

    /// Any number.
    pub fn number(&self, field: &str, default: f64) -> Result<f64> {
        Ok(self.parsed(field, "it must be a number", Value::as_f64)?.unwrap_or(default))
    }

    /// A whole number of `range`.
    pub fn size(&self, field: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize> {
        Ok(self.parsed(field, wholes(&range), |value| whole(value, &range))?.unwrap_or(default))
    }

    /// The same for a field that the file must have.
    pub fn required_size(&self, field: &str, range: RangeInclusive<usize>) -> Result<usize> {
        self.required(field, wholes(&range), |value| whole(value, &range))
    }

    /// The same for a field that may be null, which is not the same as no field.
    pub fn optional_size(
        &self,
        field: &str,
        default: Option<usize>,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>> {
        let parse = |value: &Value| if value.is_null() { Some(None) } else { whole(value, &range).map(Some) };
        Ok(self.parsed(field, wholes(&range), parse)?.unwrap_or(default))
    }

    /// A list of sizes; a single one is a list of one, and null an empty one.
    pub fn sizes(&self, field: &str, default: &[usize]) -> Result<Vec<usize>> {
        let size = |value: &Value| whole(value, &(1..=Self::MAX_SIZE));
        let parse = |value: &Value| match value {
            Value::Null => Some(Vec::new()),
            Value::Array(values) => values.iter().map(size).collect(),
            value => size(value).map(|size| vec![size]),
        };
        let what = format!("whole numbers from 1 to {} work", Self::MAX_SIZE);
        Ok(self.parsed(field, what, parse)?.unwrap_or_else(|| default.to_vec()))
    }

    /// A list of sizes of `range`, which may be empty, for a field that the file must have.
    pub fn required_sizes(&self, field: &str, range: &RangeInclusive<usize>) -> Result<Vec<usize>> {
        let what = format!("a list of sizes from {} to {} works", range.start(), range.end());
        self.required(field, what, |value| value.as_array()?.iter().map(|size| whole(size, range)).collect())
    }

    /// What the field's word stands for; `"null"` is null's.
    pub fn choice<T: Copy>(&self, field: &str, default: T, known: &[(&str, T)]) -> Result<T> {
        Ok(self.parsed(field, words(known), |value| meaning(value, known))?.unwrap_or(default))
    }

    /// The same for a list of words.
    pub fn choices<T: Copy>(&self, field: &str, default: &[T], known: &[(&str, T)]) -> Result<Vec<T>> {
        let parse = |value: &Value| value.as_array()?.iter().map(|word| meaning(word, known)).collect();
        Ok(self.parsed(field, words(known), parse)?.unwrap_or_else(|| default.to_vec()))
    }

    /// What the word of a field stands for that the file must have.
    pub fn required_choice<T: Copy>(&self, field: &str, known: &[(&str, T)]) -> Result<T> {
        self.required(field, words(known), |value| meaning(value, known))
    }
}

/// A whole number of `range`, or `None` where the value is something else.
#[must_use]
pub fn whole(value: &Value, range: &RangeInclusive<usize>) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok().filter(|number| range.contains(number))
}

fn wholes(range: &RangeInclusive<usize>) -> String {
    format!("a whole number from {} to {} works", range.start(), range.end())
}

fn meaning<T: Copy>(value: &Value, known: &[(&str, T)]) -> Option<T> {
    let word = if value.is_null() { "null" } else { value.as_str()? };
    known.iter().find(|(name, _)| *name == word).map(|&(_, meaning)| meaning)
}

fn words<T>(known: &[(&str, T)]) -> String {
    match known {
        [(name, _)] => format!("{name} works"),
        known => format!("{} work", known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")),
    }
}
