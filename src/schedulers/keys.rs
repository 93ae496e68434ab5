//! Reading a `scheduler_config.json` key by key.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::config::Fields;
use crate::error::Result;

/// The file that messages name.
pub const FILE: &str = "scheduler_config.json";

/// Keys of old releases of diffusers: [`Keys::from_json`] checks `predict_epsilon`, and the others say nothing about sampling.
const IGNORED: [&str; 4] = ["predict_epsilon", "tensor_format", "timestep_values", "timesteps"];

/// The keys of a file. A scheduler reads each key that it knows, whether the file has it or not.
#[derive(Debug)]
pub struct Keys {
    class_name: String,
    fields: Fields,
}

impl Keys {
    /// The keys that say something about sampling.
    ///
    /// # Errors
    /// `unsupported-model` when the text is not a JSON object.
    pub fn from_json(config_json: &str) -> Result<Self> {
        let fields = Fields::from_json(FILE, config_json)?;
        let name = |value: &Value| Some(value.as_str().unwrap_or_default().to_owned());
        let class_name = fields.parsed("_class_name", "any will do", name)?.unwrap_or_default();
        // Long ago `prediction_type` was a flag.
        let noise = |value: &Value| (value.is_null() || *value == Value::Bool(true)).then_some(());
        fields.parsed("predict_epsilon", "it must be true; say prediction_type \"sample\" instead", noise)?;
        let fields = fields
            .filtered(|key, value| !(key.starts_with('_') || value.is_null() || IGNORED.contains(&key)));
        Ok(Self { class_name, fields })
    }

    /// The scheduler that the file is for; empty when it does not say.
    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    /// The keys that were read.
    pub fn into_read(self) -> BTreeSet<String> {
        self.fields.into_read()
    }

    /// The warning about the keys that nobody has read, because `reader` does not know them.
    pub fn unread(&self, reader: &str) -> Option<String> {
        self.fields.unread(reader)
    }

    /// What `parse` makes of a key's value; `wanted` describes the values that it accepts.
    pub fn parsed<T>(
        &self,
        key: &str,
        wanted: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        self.fields.parsed(key, format!("it must be {wanted}"), parse)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool> {
        self.fields.flag(key, default)
    }

    /// A number that may be missing.
    pub fn optional_number(&self, key: &str, range: RangeInclusive<f64>) -> Result<Option<f64>> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.parsed(key, &wanted, |value| value.as_f64().filter(|number| range.contains(number)))
    }

    /// A number.
    pub fn number(&self, key: &str, default: f64, range: RangeInclusive<f64>) -> Result<f64> {
        Ok(self.optional_number(key, range)?.unwrap_or(default))
    }

    /// A whole number.
    pub fn whole(&self, key: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize> {
        self.fields.size(key, default, range)
    }

    /// One of the words of `known`, which stand beside their meanings.
    pub fn word<T: Copy>(&self, key: &str, default: T, known: &[(&str, T)]) -> Result<T> {
        self.fields.choice(key, default, known)
    }

    /// Checks a key that works with a single value.
    pub fn only(&self, key: &str, works: impl Into<Value>) -> Result<()> {
        let works = works.into();
        self.parsed(key, &works.to_string(), |value| (*value == works).then_some(()))?;
        Ok(())
    }

    /// Passes over a key whose value says nothing.
    pub fn ignore(&self, key: &str) {
        self.fields.ignore(key);
    }

    /// The error about a key whose value does not work.
    pub fn refused<T>(&self, key: &str, wanted: &str) -> Result<T> {
        self.fields.refused(key, format!("it must be {wanted}"))
    }
}
