//! The options of a call: each one works or is refused.
//!
//! A pipeline takes the options it knows out of [`Options`], one by one, and then calls
//! [`Options::finish`], which refuses whatever is left. So an option is written once, where it is taken.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::rng::MAX_SEED;

/// The value of one option as the caller gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// Anything that JSON can say.
    Json(Value),
    /// A `Float32Array`.
    Floats(Vec<f32>),
}

/// Options by name, not yet understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    values: BTreeMap<String, OptionValue>,
    /// The options that were asked for so far, given or not.
    known: Vec<&'static str>,
}

impl Options {
    /// No options: every pipeline has a default for everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same options with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OptionValue>) -> Self {
        self.insert(name, value.into());
        self
    }

    /// Sets an option. A JSON `null` counts as not given.
    pub fn insert(&mut self, name: &str, value: OptionValue) {
        if value != OptionValue::Json(Value::Null) {
            self.values.insert(name.to_owned(), value);
        }
    }

    /// Counts an option among those asked for, though its value comes in another way or is not needed yet.
    pub fn offer(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }

    /// Whether the caller gave this option. Asking counts it among those that there are.
    pub fn has(&mut self, name: &'static str) -> bool {
        self.offer(name);
        self.values.contains_key(name)
    }

    fn take(&mut self, name: &'static str) -> Option<OptionValue> {
        self.offer(name);
        self.values.remove(name)
    }

    fn json(&mut self, name: &'static str, wanted: &str) -> Result<Option<Value>> {
        match self.take(name) {
            None => Ok(None),
            Some(OptionValue::Json(value)) => Ok(Some(value)),
            Some(OptionValue::Floats(_)) => Err(refused(name, "a Float32Array", wanted)),
        }
    }

    /// Takes the option `seed`: 0 to 2⁵³ − 1, or one made of `random`.
    ///
    /// # Errors
    /// `invalid-option` when it is something else.
    pub fn seed(&mut self, random: u64) -> Result<u64> {
        Ok(self.integer("seed", 0..=MAX_SEED)?.unwrap_or(random & MAX_SEED))
    }

    /// Takes a whole number.
    ///
    /// # Errors
    /// `invalid-option` when it is something else or out of `range`.
    pub fn integer(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, &wanted, |value| whole_number(value, &range))
    }

    /// Takes the index, from 0, of one of `count` things, at least one.
    ///
    /// # Errors
    /// `invalid-option` when it is something else.
    #[allow(clippy::cast_possible_truncation)] // below `count`
    pub fn index(&mut self, name: &'static str, count: usize) -> Result<Option<usize>> {
        Ok(self.integer(name, 0..=(count as u64).saturating_sub(1))?.map(|index| index as usize))
    }

    /// Takes a number above `range`'s start and up to its end.
    ///
    /// # Errors
    /// `invalid-option` when it is something else or out of range.
    pub fn number_above(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Result<Option<f64>> {
        let wanted = format!("a number above {} and up to {}", range.start(), range.end());
        let is_inside = |number: &f64| number > range.start() && number <= range.end();
        self.parsed(name, &wanted, |value| value.as_f64().filter(is_inside))
    }

    /// Takes a number of `range`, its ends included.
    ///
    /// # Errors
    /// `invalid-option` when it is something else or out of range.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Result<Option<f64>> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        self.parsed(name, &wanted, |value| value.as_f64().filter(|number| range.contains(number)))
    }

    /// Takes `true` or `false`.
    ///
    /// # Errors
    /// `invalid-option` when it is something else.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        self.parsed(name, "true or false", Value::as_bool)
    }

    /// Takes a list of texts that are not empty, or one text as a list of one.
    ///
    /// # Errors
    /// `invalid-option` when it is something else.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.parsed(name, "texts that are not empty", |value| match value {
            Value::Array(entries) => entries.iter().map(text).collect(),
            single => text(single).map(|text| vec![text]),
        })
    }

    /// Takes whatever `parse` makes of the value; `wanted` says what that is.
    ///
    /// # Errors
    /// `invalid-option` when it is something else.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.json(name, wanted)? else {
            return Ok(None);
        };
        parse(&value).map(Some).ok_or_else(|| refused(name, &shortened(&value.to_string()), wanted))
    }

    /// Takes a list of whole numbers, or one whole number as a list of one.
    ///
    /// # Errors
    /// `invalid-option` when it is something else or an entry is out of `range`.
    pub fn integers(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Result<Option<Vec<u64>>> {
        let wanted = format!("whole numbers from {} to {}", range.start(), range.end());
        let Some(value) = self.json(name, &wanted)? else {
            return Ok(None);
        };
        let entries = match &value {
            Value::Array(entries) => entries.as_slice(),
            single => std::slice::from_ref(single),
        };
        entries
            .iter()
            .map(|entry| {
                whole_number(entry, &range)
                    .ok_or_else(|| refused(name, &shortened(&entry.to_string()), &wanted))
            })
            .collect::<Result<_>>()
            .map(Some)
    }

    /// Takes a `Float32Array` of finite numbers.
    ///
    /// # Errors
    /// `invalid-option` when it is something else or holds NaN or infinity.
    pub fn floats(&mut self, name: &'static str) -> Result<Option<Vec<f32>>> {
        let wanted = "a Float32Array of finite numbers";
        match self.take(name) {
            None => Ok(None),
            Some(OptionValue::Json(value)) => Err(refused(name, &shortened(&value.to_string()), wanted)),
            Some(OptionValue::Floats(floats)) => match floats.iter().find(|x| !x.is_finite()) {
                Some(bad) => Err(refused(name, &format!("a {bad} in it"), wanted)),
                None => Ok(Some(floats)),
            },
        }
    }

    /// The options that nobody took.
    pub fn rest(&self) -> impl Iterator<Item = (&str, &OptionValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Refuses whatever was not taken.
    ///
    /// # Errors
    /// `invalid-option` naming the first option that nobody took, and those that were asked for.
    pub fn finish(self) -> Result<()> {
        match self.rest().next() {
            None => Ok(()),
            Some((name, _)) => Err(Error::InvalidOption(format!(
                "there is no option {name}; this pipeline takes {}",
                if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") }
            ))),
        }
    }
}

impl From<Value> for OptionValue {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl From<Vec<f32>> for OptionValue {
    fn from(values: Vec<f32>) -> Self {
        Self::Floats(values)
    }
}

fn refused(name: &str, got: &str, wanted: &str) -> Error {
    Error::InvalidOption(format!("{name} is {got}; it must be {wanted}"))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// JavaScript has one type of number, so 3.0 is a whole number too.
pub(crate) fn whole_number(value: &Value, range: &RangeInclusive<u64>) -> Option<u64> {
    let number = value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        (float.fract() == 0.0 && (0.0..=MAX_SEED as f64).contains(&float)).then_some(float as u64)
    })?;
    range.contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(result: Result<impl std::fmt::Debug>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        error.message().to_owned()
    }

    #[test]
    fn an_option_that_nobody_takes_is_refused_by_name() {
        let mut options = Options::new().with("seed", json!(1)).with("sede", json!(2));
        assert_eq!(options.integer("seed", 0..=9).unwrap(), Some(1));
        assert_eq!(message(options.finish()), "there is no option sede; this pipeline takes seed");
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float_but_not_be_one() {
        let take = |value| Options::new().with("n", value).integer("n", 1..=8);
        assert_eq!(take(json!(8.0)).unwrap(), Some(8));
        assert_eq!(take(Value::Null).unwrap(), None);
        for bad in [json!(0), json!(9), json!(-1), json!(1.5), json!("3"), json!(1e300), json!([1])] {
            assert!(message(take(bad)).starts_with("n is "));
        }
    }

    #[test]
    fn a_list_of_whole_numbers_may_be_one_number() {
        let take = |value| Options::new().with("labels", value).integers("labels", 0..=9);
        assert_eq!(take(json!(3)).unwrap(), Some(vec![3]));
        assert_eq!(take(json!([2, 0, 2, 6])).unwrap(), Some(vec![2, 0, 2, 6]));
        assert!(message(take(json!([1, 10]))).contains("10"));
        assert!(message(take(json!("2026"))).contains("2026"));
    }

    #[test]
    fn a_bound_may_be_excluded() {
        let take = |value| Options::new().with("t", value).number_above("t", 0.0..=1.0);
        assert_eq!(take(json!(1)).unwrap(), Some(1.0));
        assert!(take(json!(0)).is_err());
        assert!(take(json!(1.01)).is_err());
    }

    #[test]
    fn floats_must_be_finite_and_in_a_float32array() {
        let take = |value: OptionValue| Options::new().with("latents", value).floats("latents");
        assert_eq!(take(vec![1.0, 2.0].into()).unwrap(), Some(vec![1.0, 2.0]));
        assert!(message(take(vec![f32::NAN].into())).contains("NaN"));
        assert!(message(take(json!([1.0]).into())).contains("Float32Array"));
    }
}
