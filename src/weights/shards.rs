//! Checkpoints in several files: `model.safetensors.index.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::{Error, Result, shortened};

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The shard files that an index names, in order, and the names of all tensors in them.
///
/// # Errors
/// `weights-invalid` when it is not an index, names no file, or names a file outside the model's folder.
pub fn shards_of_index(json: &str) -> Result<(Vec<String>, Vec<String>)> {
    let Index { weight_map } = serde_json::from_str(json).map_err(|error| {
        Error::WeightsInvalid(format!("model.safetensors.index.json: {}", shortened(&error)))
    })?;
    let files: BTreeSet<String> = weight_map.values().cloned().collect();
    if files.is_empty() {
        return Err(Error::WeightsInvalid("model.safetensors.index.json names no file".to_owned()));
    }
    if let Some(outside) = files.iter().find(|file| !is_plain_file_name(file)) {
        return Err(Error::WeightsInvalid(format!(
            "model.safetensors.index.json names {}, which is not a file of the model's folder",
            shortened(&format!("{outside:?}"))
        )));
    }
    Ok((files.into_iter().collect(), weight_map.into_keys().collect()))
}

fn is_plain_file_name(name: &str) -> bool {
    name.ends_with(".safetensors")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_gives_each_file_once_and_every_tensor() {
        let json = r#"{"metadata":{"total_size":12},"weight_map":
            {"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors",
             "c":"model-00001-of-00002.safetensors"}}"#;
        let (files, tensors) = shards_of_index(json).unwrap();
        assert_eq!(files, ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
        assert_eq!(tensors, ["a", "b", "c"]);
    }

    #[test]
    fn an_index_cannot_name_files_elsewhere() {
        for file in ["../secret.safetensors", "https://a/b.safetensors", ".safetensors", "a.bin", ""] {
            let json = format!(r#"{{"weight_map":{{"a":"{file}"}}}}"#);
            assert_eq!(shards_of_index(&json).unwrap_err().code(), "weights-invalid");
        }
        assert!(shards_of_index(r#"{"weight_map":{}}"#).is_err());
        assert!(shards_of_index("<html>").is_err());
    }
}
