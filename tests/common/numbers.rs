//! Expected numbers that would be long in JSON.

use serde_json::{Map, Value};

/// A safetensors file of expected numbers.
pub struct Numbers {
    header: Map<String, Value>,
    data: Vec<u8>,
}

impl Numbers {
    /// Reads a whole file.
    pub fn new(file: &[u8]) -> Self {
        let (length, rest) = file.split_first_chunk().expect("it begins with the length of its header");
        let length = usize::try_from(u64::from_le_bytes(*length)).expect("it is short");
        let header = serde_json::from_slice(&rest[..length]).expect("the header is JSON");
        Self { header, data: rest[length..].to_vec() }
    }

    /// The bytes of a tensor, if it is there.
    pub fn bytes(&self, name: &str, dtype: &str) -> Option<&[u8]> {
        let entry = self.header.get(name)?;
        assert_eq!(entry["dtype"], dtype, "{name}");
        let offset = |index: usize| usize::try_from(entry["data_offsets"][index].as_u64().unwrap()).unwrap();
        Some(&self.data[offset(0)..offset(1)])
    }

    /// The numbers of a tensor, if it is there.
    pub fn floats(&self, name: &str) -> Option<Vec<f32>> {
        let (numbers, []) = self.bytes(name, "F32")?.as_chunks() else { panic!("{name} is damaged") };
        Some(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
