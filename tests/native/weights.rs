//! The stream reader against whatever a network can send.

use hearth::error::{Error, Result};
use hearth::weights::{Header, Reader, Sink, TensorInfo};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// Keeps what it is given.
#[derive(Default)]
struct Kept {
    names: Vec<String>,
    values: Vec<f32>,
}

impl Sink for Kept {
    fn header(&mut self, header: &Header) -> Result<()> {
        // A fuzzer must not make the test allocate what no model would ask for.
        match header.tensors.iter().find(|tensor| tensor.byte_len > 1 << 20) {
            Some(tensor) => Err(Error::WeightsMismatch(tensor.name.clone())),
            None => Ok(()),
        }
    }

    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()> {
        assert_eq!(values.len(), info.shape.iter().product::<usize>());
        self.names.push(info.name.clone());
        self.values.extend(values);
        Ok(())
    }
}

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn small_file() -> Vec<u8> {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
        "empty":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},
        "b":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]},
        "c":{"dtype":"BF16","shape":[],"data_offsets":[12,14]},
        "d":{"dtype":"F64","shape":[2],"data_offsets":[14,30]}}"#;
    let mut data = Vec::new();
    data.extend([1.5_f32, -2.0].iter().flat_map(|x| x.to_le_bytes()));
    data.extend([0x3c00_u16, 0xc400].iter().flat_map(|x| x.to_le_bytes())); // 1 and -4
    data.extend(0x4040_u16.to_le_bytes()); // 3
    data.extend([0.1_f64, -5.0].iter().flat_map(|x| x.to_le_bytes()));
    file(header, &data)
}

fn read(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>, sha256: Option<String>) -> Result<Kept> {
    let mut kept = Kept::default();
    let mut reader = Reader::new(sha256);
    for piece in pieces {
        reader.push(piece.as_ref(), &mut kept)?;
    }
    reader.finish()?;
    Ok(kept)
}

#[test]
fn tensors_come_out_decoded_whatever_the_pieces() {
    let file = small_file();
    for size in 1..=file.len() {
        let kept = read(file.chunks(size), None).unwrap();
        assert_eq!(kept.names, ["a", "empty", "b", "c", "d"]);
        assert_eq!(kept.values, [1.5, -2.0, 1.0, -4.0, 3.0, 0.1, -5.0]);
    }
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let file = small_file();
    for len in 0..file.len() {
        let Err(error) = read([&file[..len]], None) else { panic!("{len} bytes were enough") };
        assert_eq!(error.code(), "weights-truncated", "after {len} bytes: {error}");
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut file = small_file();
    file.push(0);
    assert_eq!(read([&file], None).err().unwrap().code(), "weights-invalid");
}

#[test]
fn a_file_without_tensors_is_complete_at_once() {
    assert!(read([file("{}", &[])], None).unwrap().names.is_empty());
}

#[test]
fn a_header_longer_than_the_file_is_truncated() {
    let mut file = small_file();
    file[..8].copy_from_slice(&50_000_u64.to_le_bytes());
    assert_eq!(read([&file], None).err().unwrap().code(), "weights-truncated");
}

#[test]
fn the_length_of_the_file_is_known_from_the_header_on() {
    let file = small_file();
    let mut kept = Kept::default();
    let mut reader = Reader::new(None);
    reader.push(&file[..10], &mut kept).unwrap();
    assert_eq!(reader.file_len(), None);
    reader.push(&file[10..file.len() - 14], &mut kept).unwrap();
    assert_eq!(reader.file_len(), Some(file.len() as u64));
}

#[test]
fn a_wrong_hash_is_refused_and_the_right_one_is_not() {
    let file = small_file();
    let right = format!("{:x}", Sha256::digest(&file));
    assert!(read([&file], Some(right.clone())).is_ok());
    let error = read([&file], Some("0".repeat(64))).err().unwrap();
    assert_eq!(error.code(), "weights-invalid");
    assert!(error.message().contains(&right), "{error}");
}

#[test]
fn a_tensor_that_does_not_fit_in_memory_is_refused() {
    struct All;
    impl Sink for All {
        fn header(&mut self, _: &Header) -> Result<()> {
            Ok(())
        }
        fn tensor(&mut self, _: &TensorInfo, _: Vec<f32>) -> Result<()> {
            Ok(())
        }
    }
    let size = 1_u64 << 61;
    let header = format!(r#"{{"a":{{"dtype":"F16","shape":[{size}],"data_offsets":[0,{}]}}}}"#, size * 2);
    let error = Reader::new(None).push(&file(&header, &[]), &mut All).unwrap_err();
    assert_eq!(error.code(), "weights-invalid");
    assert!(error.message().contains("memory"), "{error}");
}

/// Half a million damaged headers and half a million damaged files: an error or a result, never a panic.
const CASES: u32 = 500_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_file_makes_the_reader_panic(
        changes in prop::collection::vec((0_usize..400, any::<u8>()), 0..6),
        cut in 0_usize..400,
        chunk in 1_usize..64,
    ) {
        let mut file = small_file();
        for (position, byte) in changes {
            let position = position % file.len();
            file[position] = byte;
        }
        file.truncate(cut.max(1));
        let _ = read(file.chunks(chunk), None);
    }

    #[test]
    fn no_header_makes_the_parser_panic(
        names in prop::collection::vec("[ab]{0,2}|__metadata__", 0..4),
        dtype in prop::sample::select(vec!["F64", "F32", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "f32", ""]),
        shape in prop::collection::vec(prop_oneof![0_u64..4, any::<u64>()], 0..3),
        offsets in prop::collection::vec(prop_oneof![0_u64..32, any::<u64>()], 0..5),
        tail in prop::sample::select(vec!["", "}", " ", "\0", "{", "\u{feff}"]),
    ) {
        let tensors: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let offsets = offsets.get(index..).unwrap_or_default();
                format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":{offsets:?}}}"#)
            })
            .collect();
        let json = format!("{{{}}}{tail}", tensors.join(","));
        if let Ok(header) = Header::parse(json.as_bytes()) {
            prop_assert!(header.file_len() >= 8 + json.len() as u64);
        }
    }
}
