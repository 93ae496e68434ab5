//! Reading a `scheduler_config.json` key by key, so that each message names its key.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::class::Class;
use crate::error::{Error, Result};
use crate::json;

const FILE: &str = "scheduler_config.json";

/// Keys that say nothing about the sampling: what old releases of diffusers wrote.
const IGNORED: [&str; 3] = ["tensor_format", "timestep_values", "timesteps"];

/// The keys that a class reads.
pub struct Keys {
    values: Map<String, Value>,
}

impl Keys {
    /// The class and its keys. What is nothing to this class but something to another is passed over.
    pub fn from_json(config_json: &str, override_class: Option<&str>) -> Result<(Class, Self)> {
        let mut values: Map<String, Value> = json::read(FILE, &quote_infinities(config_json))?;
        let class = Class::named(match override_class {
            Some(name) => name,
            None => values.get("_class_name").and_then(Value::as_str).unwrap_or_default(),
        })?;
        let known = |key: &str| Class::ALL.iter().any(|class| class.reads(key));
        values.retain(|key, value| {
            !(key.starts_with('_') || value.is_null() || IGNORED.contains(&key.as_str()))
        });
        // Long ago `prediction_type` was a flag.
        let epsilon = values.remove("predict_epsilon");
        if epsilon.is_some_and(|value| value != Value::Bool(true)) {
            return Err(refused("predict_epsilon", "false", "true; say prediction_type \"sample\" instead"));
        }
        if let Some(key) = values.keys().find(|key| !known(key)) {
            let mut keys: Vec<&str> = class.keys().collect();
            keys.sort_unstable();
            return Err(Error::UnsupportedModel(format!(
                "{FILE}: {key} is not known; {} reads {}",
                class.name(),
                keys.join(", ")
            )));
        }
        values.retain(|key, _| class.reads(key));
        Ok((class, Self { values }))
    }

    /// What `parse` makes of a key's value; `wanted` says what that is.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        wanted: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.values.remove(key) else {
            return Ok(None);
        };
        parse(&value).map(Some).ok_or_else(|| refused(key, &value.to_string(), wanted))
    }

    pub fn flag(&mut self, key: &str, default: bool) -> Result<bool> {
        Ok(self.parsed(key, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    pub fn optional_number(&mut self, key: &str, range: RangeInclusive<f64>) -> Result<Option<f64>> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.parsed(key, &wanted, |value| value.as_f64().filter(|number| range.contains(number)))
    }

    pub fn number(&mut self, key: &str, default: f64, range: RangeInclusive<f64>) -> Result<f64> {
        Ok(self.optional_number(key, range)?.unwrap_or(default))
    }

    pub fn whole(&mut self, key: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(key, &wanted, |value| {
            usize::try_from(value.as_u64()?).ok().filter(|number| range.contains(number))
        })?;
        Ok(number.unwrap_or(default))
    }

    /// The meaning of a word.
    pub fn word<T: Copy>(&mut self, key: &str, default: &str, known: &[(&str, T)]) -> Result<T> {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("{word:?}")).collect();
        let find = |name: &str| known.iter().find(|(word, _)| *word == name).map(|(_, meaning)| *meaning);
        let given = self.parsed(key, &words.join(", "), |value| value.as_str().and_then(find))?;
        given
            .or_else(|| find(default))
            .ok_or_else(|| Error::Internal(format!("{key} has no default {default:?}")))
    }

    /// Refuses what is still there: keys with a single value that works.
    pub fn refuse_unsupported(mut self) -> Result<()> {
        for key in ["use_exponential_sigmas", "use_beta_sigmas", "use_flow_sigmas", "use_dynamic_shifting"] {
            self.parsed(key, "false", |value| (value == &Value::Bool(false)).then_some(()))?;
        }
        self.parsed("predict_x0", "true", |value| (value == &Value::Bool(true)).then_some(()))?;
        self.parsed("interpolation_type", "\"linear\"", |value| (value == "linear").then_some(()))?;
        // These two shape flow matching, which is refused above when it is on.
        for key in ["flow_shift", "time_shift_type"] {
            self.values.remove(key);
        }
        match self.values.iter().next() {
            None => Ok(()),
            Some((key, value)) => Err(refused(key, &value.to_string(), "null")),
        }
    }
}

pub fn refused(key: &str, got: &str, wanted: &str) -> Error {
    let got: String = got.chars().take(80).collect();
    Error::UnsupportedModel(format!("{FILE}: {key} is {got}; it must be {wanted}"))
}

/// Python writes infinities as no JSON has them: `"lambda_min_clipped": -Infinity`. Here they become strings.
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
