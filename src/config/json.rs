//! A JSON file's text as the type that it describes.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, shortened};

/// Reads the text of `file`, which the message names. Numbers that Python writes and JSON does not have become strings:
/// `"NaN"`, `"Infinity"`, `"-Infinity"`.
///
/// # Errors
/// `unsupported-model` when it is not what `T` is read from.
pub fn read<T: DeserializeOwned>(file: &str, json: &str) -> Result<T> {
    let is_pythons = json.contains("NaN") || json.contains("Infinity");
    let json = if is_pythons { Cow::Owned(quote_numbers(json)) } else { Cow::Borrowed(json) };
    serde_json::from_str(&json)
        .map_err(|error| Error::UnsupportedModel(format!("{file}: {}", shortened(&error))))
}

fn quote_numbers(json: &str) -> String {
    let mut quoted = String::with_capacity(json.len() + 16);
    let mut in_string = false;
    for part in json.split_inclusive('"') {
        if in_string {
            quoted.push_str(part);
            let inner = part.trim_end_matches('"');
            let backslashes = inner.len() - inner.trim_end_matches('\\').len();
            in_string = backslashes % 2 == 1; // the quotation mark is escaped
        } else {
            let part_quoted = part.replace("NaN", r#""NaN""#).replace("Infinity", r#""Infinity""#);
            quoted.push_str(&part_quoted.replace(r#"-"Infinity""#, r#""-Infinity""#));
            in_string = part.ends_with('"');
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn numbers_of_python_become_strings_and_strings_stay() {
        let text = r#"{"a": -Infinity, "b": [NaN, Infinity], "NaN \" NaN, \\": "Infinity", "c": 1}"#;
        let read: Value = super::read("x.json", text).unwrap();
        let wanted =
            json!({"a": "-Infinity", "b": ["NaN", "Infinity"], "NaN \" NaN, \\": "Infinity", "c": 1});
        assert_eq!(read, wanted);
    }

    #[test]
    fn what_is_no_json_is_refused_by_the_files_name() {
        let nested = "[".repeat(100_000);
        for text in ["", "{\"a\": NaN", "\"NaN", "{\"a\": 1e400}", "\u{feff}{}", &nested] {
            let error = super::read::<Value>("x.json", text).unwrap_err();
            assert_eq!(error.code(), "unsupported-model");
            assert!(error.message().starts_with("x.json: "), "{error}");
        }
    }
}
