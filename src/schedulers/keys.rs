//! Reading a `scheduler_config.json` key by key, so that each message names its key.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json;

/// The file that messages name.
pub const FILE: &str = "scheduler_config.json";

/// Keys of old releases of diffusers that say nothing about sampling.
const IGNORED: [&str; 3] = ["tensor_format", "timestep_values", "timesteps"];

/// The keys of a file. A scheduler asks for each key that it knows, whether the file has it or not; which ones it asked
/// for is remembered, so that no list of them is needed.
#[derive(Debug, Default)]
pub struct Keys {
    class_name: String,
    values: Map<String, Value>,
    asked: BTreeSet<&'static str>,
}

impl Keys {
    /// The keys that say something about sampling.
    ///
    /// # Errors
    /// `unsupported-model` when the text is not a JSON object.
    pub fn from_json(config_json: &str) -> Result<Self> {
        let mut values: Map<String, Value> = json::read(FILE, &quote_infinities(config_json))?;
        let class_name = values.get("_class_name").and_then(Value::as_str).unwrap_or_default().to_owned();
        values.retain(|key, value| {
            !(key.starts_with('_') || value.is_null() || IGNORED.contains(&key.as_str()))
        });
        // Long ago `prediction_type` was a flag.
        let predict_epsilon = values.remove("predict_epsilon");
        if predict_epsilon.is_some_and(|value| value != Value::Bool(true)) {
            return Err(refused("predict_epsilon", "false", "true; say prediction_type \"sample\" instead"));
        }
        Ok(Self { class_name, values, asked: BTreeSet::new() })
    }

    /// The scheduler that the file is for; empty when it does not say.
    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    /// The keys of the file that nobody has taken.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The keys that were asked for.
    pub fn into_asked(self) -> BTreeSet<&'static str> {
        self.asked
    }

    /// Takes what `parse` makes of a key's value; `wanted` describes the values that it accepts.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        self.asked.insert(key);
        let Some(value) = self.values.remove(key) else {
            return Ok(None);
        };
        parse(&value).map(Some).ok_or_else(|| refused(key, &value.to_string(), wanted))
    }

    /// Takes `true` or `false`.
    pub fn flag(&mut self, key: &'static str, default: bool) -> Result<bool> {
        Ok(self.parsed(key, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    /// Takes a number that may be missing.
    pub fn optional_number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Result<Option<f64>> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.parsed(key, &wanted, |value| value.as_f64().filter(|number| range.contains(number)))
    }

    /// Takes a number.
    pub fn number(&mut self, key: &'static str, default: f64, range: RangeInclusive<f64>) -> Result<f64> {
        Ok(self.optional_number(key, range)?.unwrap_or(default))
    }

    /// Takes a whole number.
    pub fn whole(
        &mut self,
        key: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<usize> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(key, &wanted, |value| {
            usize::try_from(value.as_u64()?).ok().filter(|number| range.contains(number))
        })?;
        Ok(number.unwrap_or(default))
    }

    /// Takes one of the words of `known`, which stand beside their meanings.
    pub fn word<T: Copy>(&mut self, key: &'static str, default: T, known: &[(&str, T)]) -> Result<T> {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("{word:?}")).collect();
        let meaning = |name: &str| known.iter().find(|(word, _)| *word == name).map(|(_, meaning)| *meaning);
        let given = self.parsed(key, &words.join(", "), |value| value.as_str().and_then(meaning))?;
        Ok(given.unwrap_or(default))
    }

    /// Takes a key that works with a single value, and refuses any other.
    pub fn only(&mut self, key: &'static str, works: impl Into<Value>) -> Result<()> {
        let works = works.into();
        self.parsed(key, &works.to_string(), |value| (*value == works).then_some(()))?;
        Ok(())
    }

    /// Takes a key whose value says nothing.
    pub fn ignore(&mut self, key: &'static str) {
        self.asked.insert(key);
        self.values.remove(key);
    }
}

/// The error about a key whose value does not work.
pub fn refused(key: &str, got: &str, wanted: &str) -> Error {
    let got: String = got.chars().take(80).collect();
    Error::UnsupportedModel(format!("{FILE}: {key} is {got}; it must be {wanted}"))
}

/// Python writes infinities, which JSON does not have: `"lambda_min_clipped": -Infinity`. Here they become strings.
fn quote_infinities(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            quoted.push('"');
        }
        // Every other part is inside a string; keys and values of this file have no quotes in them.
        if index % 2 == 0 {
            quoted.push_str(&part.replace("-Infinity", "\"-Infinity\""));
        } else {
            quoted.push_str(part);
        }
    }
    quoted
}
