//! Writes safetensors (<https://github.com/huggingface/safetensors#format>).

use serde_json::{Map, Value, json};

/// A tensor to be written, in `f32`.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its name in the file.
    pub name: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Its numbers, row by row.
    pub values: Vec<f32>,
}

/// A file of these tensors, with texts beside them.
#[must_use]
pub fn to_safetensors(tensors: &[Written], metadata: &[(&str, &str)]) -> Vec<u8> {
    let texts: Map<String, Value> =
        metadata.iter().map(|(key, text)| ((*key).to_owned(), json!(text))).collect();
    let mut header = Map::from_iter([("__metadata__".to_owned(), texts.into())]);
    let mut end = 0;
    for Written { name, shape, values } in tensors {
        let begin = end;
        end += size_of_val(values.as_slice());
        header.insert(name.clone(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [begin, end] }));
    }
    let mut json = Value::from(header).to_string().into_bytes();
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.reserve(json.len() + end);
    bytes.extend(json);
    for values in tensors.iter().map(|tensor| &tensor.values) {
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}
