//! Weights: those of a file, or random ones of a checkpoint's names and shapes.

use std::fs::read;
use std::path::Path;

use hearth::weights::{Checkpoint, Reader};
use serde_json::{Map, Value, json};

/// Reads a safetensors file into a checkpoint.
pub fn feed(checkpoint: &mut Checkpoint, file: &Path) {
    let mut reader = Reader::new(None);
    for piece in read(file).expect("the model ships").chunks(PIECE) {
        reader.push(piece, checkpoint).expect("the file is sound");
    }
    reader.finish().expect("the file is whole");
}

/// Fills a checkpoint with small halves, the same again and again: gigabytes of them need not be made one by one.
pub fn feed_random(checkpoint: &mut Checkpoint) {
    let (mut header, mut end) = (Map::new(), 0);
    for (name, shape) in checkpoint.wanted() {
        let start = end;
        end += 2 * shape.iter().product::<usize>();
        header
            .insert(name.to_owned(), json!({ "dtype": "F16", "shape": shape, "data_offsets": [start, end] }));
    }
    let header = Value::Object(header).to_string();
    let mut reader = Reader::new(None);
    let mut push = |bytes: &[u8]| reader.push(bytes, checkpoint).expect("the file is sound");
    push(&(header.len() as u64).to_le_bytes());
    push(header.as_bytes());
    // Numbers from 2⁻⁷ to 2⁻⁵, of either sign.
    let mut state = 1_u32;
    let numbers: Vec<u8> = (0..PIECE / 2)
        .flat_map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bits = 0x2000 + (state >> 21) as u16 + if state & 1 << 20 == 0 { 0 } else { 0x8000 };
            bits.to_le_bytes()
        })
        .collect();
    let mut left = end;
    while left > 0 {
        let piece = left.min(PIECE);
        push(&numbers[..piece]);
        left -= piece;
    }
    reader.finish().expect("the file is whole");
}

const PIECE: usize = 1 << 20;
