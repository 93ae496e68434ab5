//! The header of a safetensors file, parsed without trusting a byte of it.
//!
//! A file is `u64` header length (little-endian), that many bytes of JSON, then the tensors' bytes
//! (<https://github.com/huggingface/safetensors#format>). The JSON maps a name to
//! `{"dtype", "shape", "data_offsets": [begin, end]}` with offsets counted from the end of the header.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::{Error, Result, shortened};

/// Bytes before the header: its length as a `u64`.
pub const PREFIX_LEN: usize = 8;

/// The longest header that is read, the format's own limit: 100 million bytes.
pub const MAX_HEADER_LEN: u64 = 100_000_000;

/// The element types of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(non_camel_case_types, missing_docs)]
pub enum Dtype {
    BOOL,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> u64 {
        match self {
            Self::BOOL | Self::U8 | Self::I8 | Self::F8_E5M2 | Self::F8_E4M3 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::BF16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// What to say of a weight that is stored as something else than the reader decodes.
    pub(super) fn refusal(self) -> String {
        format!("is stored as {self:?}; F64, F32, F16 and BF16 can be read")
    }
}

/// One tensor as the header describes it. Its bytes are known to lie within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// The checkpoint's name for it, such as `generator.main.0.weight`.
    pub name: String,
    /// How an element is stored.
    pub dtype: Dtype,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Number of bytes in the file.
    pub byte_len: u64,
}

/// A header whose tensors cover the rest of the file without a gap or an overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the JSON.
    pub len: u64,
    /// In the order of their bytes.
    pub tensors: Vec<TensorInfo>,
}

impl Header {
    /// The length of the JSON, from the file's first eight bytes.
    ///
    /// # Errors
    /// `weights-invalid` when it is longer than [`MAX_HEADER_LEN`] or too short to be JSON.
    pub fn len_from_prefix(prefix: [u8; PREFIX_LEN]) -> Result<u64> {
        let len = u64::from_le_bytes(prefix);
        if (2..=MAX_HEADER_LEN).contains(&len) {
            return Ok(len);
        }
        let looks_like = match prefix {
            [b'<', ..] => " It looks like HTML.",
            [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' '] => " It looks like a Git LFS pointer.",
            _ => "",
        };
        Err(Error::WeightsInvalid(format!(
            "not a safetensors file: its first 8 bytes give a header of {len} bytes, \
             and one has 2 to {MAX_HEADER_LEN}.{looks_like}"
        )))
    }

    /// Parses and checks the JSON.
    ///
    /// # Errors
    /// `weights-invalid`, saying which tensor is wrong.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let RawHeader(entries) = serde_json::from_slice(json).map_err(|error| {
            Error::WeightsInvalid(format!("the safetensors header: {}", shortened(&error)))
        })?;
        let mut spans = Vec::with_capacity(entries.len());
        for (name, entry) in entries {
            let [begin, end] = entry.data_offsets;
            let invalid = |what: String| Error::WeightsInvalid(format!("tensor {name:?}: {what}"));
            let byte_len = end
                .checked_sub(begin)
                .ok_or_else(|| invalid(format!("its data ends ({end}) before it begins ({begin})")))?;
            let shape_len =
                entry.shape.iter().try_fold(entry.dtype.size(), |bytes, &size| bytes.checked_mul(size));
            if shape_len != Some(byte_len) {
                return Err(invalid(format!(
                    "{byte_len} bytes of data do not hold shape {:?} of {:?}",
                    entry.shape, entry.dtype
                )));
            }
            let shape = entry
                .shape
                .iter()
                .map(|&size| usize::try_from(size).map_err(|_| invalid(format!("size {size} is absurd"))))
                .collect::<Result<_>>()?;
            spans.push((begin, end, TensorInfo { name, dtype: entry.dtype, shape, byte_len }));
        }
        spans.sort_by_key(|&(begin, end, _)| (begin, end));
        let mut covered = 0;
        for (begin, end, tensor) in &spans {
            if *begin != covered {
                let what = if *begin < covered { "overlaps another" } else { "leaves a gap before it" };
                return Err(Error::WeightsInvalid(format!(
                    "tensor {:?}: its data begins at {begin}, which {what} (expected {covered})",
                    tensor.name
                )));
            }
            covered = *end;
        }
        let header = Self {
            len: json.len() as u64,
            tensors: spans.into_iter().map(|(_, _, tensor)| tensor).collect(),
        };
        if covered.checked_add(PREFIX_LEN as u64 + header.len).is_none() {
            return Err(Error::WeightsInvalid(format!("{covered} bytes of data are absurd")));
        }
        Ok(header)
    }

    /// The length in bytes of a whole file with this header.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        let data: u64 = self.tensors.iter().map(|tensor| tensor.byte_len).sum();
        PREFIX_LEN as u64 + self.len + data
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The JSON object, `__metadata__` left out and double names refused (serde would keep the last).
struct RawHeader(BTreeMap<String, RawTensor>);

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawHeader;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<RawHeader, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?; // nothing in it is of use
                    } else if entries.insert(name.clone(), map.next_value()?).is_some() {
                        return Err(serde::de::Error::custom(format!("tensor {name:?} stands twice")));
                    }
                }
                Ok(RawHeader(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        let error = Header::parse(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "weights-invalid");
        error.message().to_owned()
    }

    #[test]
    fn tensors_come_in_the_order_of_their_bytes() {
        let json = r#"{"__metadata__":{"format":"pt"},
            "b":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},
            "a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}} "#;
        let header = Header::parse(json.as_bytes()).unwrap();
        let names: Vec<&str> = header.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(header.file_len(), 8 + json.len() as u64 + 28);
    }

    #[test]
    fn metadata_may_be_anything() {
        for metadata in ["null", "7", r#"{"format":"pt","step":{"loss":[1.5]}}"#] {
            let json = format!(
                r#"{{"__metadata__":{metadata},"a":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#
            );
            assert_eq!(Header::parse(json.as_bytes()).unwrap().tensors.len(), 1, "{metadata}");
        }
    }

    #[test]
    fn a_header_of_20_gb_is_refused_before_it_is_read() {
        let error = Header::len_from_prefix(20_000_000_000_u64.to_le_bytes()).unwrap_err();
        assert_eq!(error.code(), "weights-invalid");
    }

    #[test]
    fn a_web_page_instead_of_weights_is_recognised() {
        let error = Header::len_from_prefix(*b"<!DOCTYP").unwrap_err();
        assert!(error.message().ends_with("It looks like HTML."));
    }

    #[test]
    fn overlaps_gaps_and_wrong_sizes_are_refused() {
        let two = |a: &str, b: &str| {
            format!(
                r#"{{"a":{{"dtype":"F32","shape":[1],"data_offsets":{a}}},
                    "b":{{"dtype":"F32","shape":[1],"data_offsets":{b}}}}}"#
            )
        };
        assert!(refused(&two("[0,4]", "[2,6]")).contains("overlaps"));
        assert!(refused(&two("[0,4]", "[8,12]")).contains("gap"));
        assert!(refused(&two("[4,0]", "[4,8]")).contains("before it begins"));
        assert!(refused(&two("[0,8]", "[8,12]")).contains("do not hold"));
        assert!(refused(&two("[0,4]", "[-4,0]")).contains("header"));
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let huge = u64::MAX;
        let json = format!(r#"{{"a":{{"dtype":"F32","shape":[{huge},{huge}],"data_offsets":[0,{huge}]}}}}"#);
        assert!(refused(&json).contains("do not hold"));
        let json = format!(r#"{{"a":{{"dtype":"U8","shape":[{huge}],"data_offsets":[0,{huge}]}}}}"#);
        assert!(refused(&json).contains("absurd"));
    }

    #[test]
    fn a_name_that_stands_twice_or_a_strange_dtype_is_refused() {
        let one = r#""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
        assert!(refused(&format!("{{{one},{one}}}")).contains("twice"));
        assert!(refused(&format!("{{{}}}", one.replace("F32", "F31"))).contains("F31"));
        assert!(refused("[]").contains("object of tensors"));
        assert!(refused("{").contains("header"));
    }
}
