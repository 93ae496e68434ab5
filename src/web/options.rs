//! A JavaScript object of options, turned into [`Options`].

use js_sys::{Array, Float32Array, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::{Error, Result};
use crate::options::{OptionValue, Options};

/// Reads every property of `object`. One that is `undefined` counts as not given.
///
/// # Errors
/// `invalid-option` for what is neither JSON nor a `Float32Array`.
pub fn from_js(object: &JsValue) -> Result<Options> {
    let mut options = Options::new();
    if object.is_undefined() || object.is_null() {
        return Ok(options);
    }
    let Some(object) = object.dyn_ref::<Object>() else {
        return Err(Error::InvalidOption("options must be an object".to_owned()));
    };
    for entry in Object::entries(object).iter() {
        let entry: Array = entry.unchecked_into();
        let (name, value) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        if value.is_undefined() {
            continue;
        }
        let value = match value.dyn_ref::<Float32Array>() {
            Some(floats) => OptionValue::Floats(floats.to_vec()),
            None => OptionValue::Json(serde_wasm_bindgen::from_value(value).map_err(|error| {
                Error::InvalidOption(format!("{name} is nothing an option can be: {error}"))
            })?),
        };
        options.insert(&name, value);
    }
    Ok(options)
}
