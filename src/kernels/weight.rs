//! A matrix of weights as a device keeps it: in `f32`, or packed and read as it is.

use std::ops::Range;

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use half::f16;

use super::tiles::PANEL;

/// How the numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// As they are.
    F32,
    /// In half the memory, with 11 significant bits.
    F16,
    /// As whole numbers from -127 to 127, in about a quarter of the memory: [`Q8_BLOCK`] numbers along the inputs
    /// share a scale, their largest magnitude, which stands for 127.
    Q8,
}

/// Numbers that share a scale in [`Format::Q8`].
pub const Q8_BLOCK: usize = 32;

impl Format {
    /// The name that the option `dtype` has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8 => "q8",
        }
    }

    /// Bytes of the largest buffer that a matrix of `[outer, inner]` needs.
    #[must_use]
    pub fn byte_len(self, [outer, inner]: [usize; 2]) -> u64 {
        let row = match self {
            Self::F32 => 4 * inner as u64,
            Self::F16 => 2 * inner.next_multiple_of(4) as u64,
            Self::Q8 => inner.next_multiple_of(4) as u64,
        };
        row.saturating_mul(outer as u64)
    }
}

/// Which of a matrix's two dimensions is the input's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `[inputs, outputs]`, as GPT-2's `Conv1D` and Burn's `Linear` have it.
    InOut,
    /// `[outputs, inputs]`, as PyTorch's `nn.Linear` and `nn.Embedding` have it.
    OutIn,
}

/// A matrix of weights on a device. In a packed format, a row is filled with zeros up to a multiple of four numbers.
#[derive(Debug, Clone)]
pub struct Weight {
    /// Rows, and numbers in each, which lie together.
    shape: [usize; 2],
    layout: Layout,
    values: Values,
}

/// The numbers, row by row.
#[derive(Debug, Clone)]
pub(super) enum Values {
    F32(Tensor<1>),
    /// `f32` of `InOut` on the CPU: eight columns after eight columns, `[⌈outputs / 8⌉, inputs, 8]`, the last filled up with
    /// zeros. A product reads it from one end to the other, which is what memory gives fastest.
    Panels(Tensor<1>),
    /// Two in each word, the first in its low half.
    F16(Tensor<1, Int>),
    /// Four in each word, the first in its lowest byte; and the scales `[⌈inputs / 32⌉, outputs]` of `InOut`, whose
    /// rows are filled up too, or `[outputs, ⌈inputs / 32⌉]` of `OutIn`.
    Q8(Tensor<1, Int>, Box<Tensor<1>>),
}

impl Weight {
    /// Puts a matrix, row by row, on a device.
    ///
    /// # Panics
    /// When there are not as many values as the shape says.
    #[must_use]
    pub fn new(values: Vec<f32>, shape: [usize; 2], layout: Layout, format: Format, device: &Device) -> Self {
        assert_eq!(values.len(), shape[0] * shape[1], "Weight: the shape does not fit");
        let values = match format {
            Format::F32 if layout == Layout::InOut && *device == Device::flex() => {
                Values::Panels(floats(pack_panels(&values, shape), device))
            }
            Format::F32 => Values::F32(floats(values, device)),
            Format::F16 => Values::F16(words(pack_f16(&values, shape[1]), device)),
            Format::Q8 => {
                let (packed, scales) = pack_q8(&values, shape, layout);
                Values::Q8(words(packed, device), Box::new(floats(scales, device)))
            }
        };
        Self { shape, layout, values }
    }

    /// `[inputs, outputs]` in `f32`, as one of Burn's tensors.
    #[must_use]
    pub fn from_tensor(weight: Tensor<2>) -> Self {
        let shape = weight.dims();
        let values = Values::F32(weight.reshape([shape[0] * shape[1]]));
        Self { shape, layout: Layout::InOut, values }
    }

    /// Numbers that go into a product.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.shape[usize::from(self.layout == Layout::OutIn)]
    }

    /// Numbers that come out of one.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.shape[usize::from(self.layout == Layout::InOut)]
    }

    /// Which dimension is the input's.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How the numbers are kept.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.values {
            Values::F32(_) | Values::Panels(_) => Format::F32,
            Values::F16(_) => Format::F16,
            Values::Q8(..) => Format::Q8,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn device(&self) -> Device {
        match &self.values {
            Values::F32(values) | Values::Panels(values) => values.device(),
            Values::F16(words) | Values::Q8(words, _) => words.device(),
        }
    }

    /// Rows, and numbers in each.
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    pub(super) fn shape(&self) -> [usize; 2] {
        self.shape
    }

    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// The matrix in memory, where it is on the CPU.
    pub(super) fn on_cpu(&self) -> Option<OnCpu> {
        let bytes = |words: &Tensor<1, Int>| words.clone().try_into_primitive::<Flex>().ok();
        let floats = |values: &Tensor<1>| values.clone().try_into_primitive::<Flex>().ok();
        Some(match &self.values {
            Values::F32(values) => OnCpu::F32(floats(values)?.to_contiguous()),
            Values::Panels(values) => OnCpu::Panels(floats(values)?),
            Values::F16(words) => OnCpu::F16(bytes(words)?),
            Values::Q8(words, scales) => OnCpu::Q8 { bytes: bytes(words)?, scales: floats(scales)? },
        })
    }

    /// `values` as they are once they were packed and unpacked.
    #[must_use]
    pub fn rounded(values: &[f32], shape: [usize; 2], layout: Layout, format: Format) -> Vec<f32> {
        let [rows, width] = shape;
        match format {
            Format::F32 => values.to_vec(),
            Format::F16 => values.iter().map(|&value| f16::from_f32(value).to_f32()).collect(),
            Format::Q8 => {
                let (packed, scales) = pack_q8(values, shape, layout);
                let (bytes, padded) = (as_bytes(&packed), width.next_multiple_of(4));
                let value = |row: usize, column: usize| {
                    let scale = match layout {
                        Layout::InOut => scales[row / Q8_BLOCK * padded + column],
                        Layout::OutIn => scales[row * width.div_ceil(Q8_BLOCK) + column / Q8_BLOCK],
                    };
                    f32::from(bytes[row * padded + column]) / 127.0 * scale
                };
                (0..rows * width).map(|index| value(index / width, index % width)).collect()
            }
        }
    }
}

/// A matrix in the CPU's memory.
pub(super) enum OnCpu {
    F32(FlexTensor),
    Panels(FlexTensor),
    F16(FlexTensor),
    Q8 { bytes: FlexTensor, scales: FlexTensor },
}

impl OnCpu {
    /// Whole rows of the matrix; packed ones are unpacked to `scratch`, which has place for them.
    pub fn rows<'a>(&'a self, rows: Range<usize>, weight: &Weight, scratch: &'a mut [f32]) -> &'a [f32] {
        let [_, width] = weight.shape;
        if let Self::F32(values) = self {
            return &values.storage()[rows.start * width..rows.end * width];
        }
        let len = rows.len() * width;
        for (row, to) in rows.zip(scratch.chunks_exact_mut(width)) {
            self.unpack(row, 0..width, weight, to);
        }
        &scratch[..len]
    }

    /// A part of a row; a packed one is unpacked to `scratch`, which has place for it.
    pub fn part<'a>(
        &'a self,
        row: usize,
        columns: Range<usize>,
        weight: &Weight,
        scratch: &'a mut [f32],
    ) -> &'a [f32] {
        let [_, width] = weight.shape;
        if let Self::F32(values) = self {
            return &values.storage()[row * width..][columns];
        }
        let to = &mut scratch[..columns.len()];
        self.unpack(row, columns, weight, to);
        to
    }

    fn unpack(&self, row: usize, columns: Range<usize>, weight: &Weight, to: &mut [f32]) {
        let [_, width] = weight.shape;
        let padded = width.next_multiple_of(4);
        match self {
            Self::F32(values) => to.copy_from_slice(&values.storage()[row * width..][columns]),
            Self::Panels(values) => {
                let (panels, inputs) = (values.storage::<f32>().as_chunks::<PANEL>().0, weight.inputs());
                for (to, column) in to.iter_mut().zip(columns) {
                    *to = panels[column / PANEL * inputs + row][column % PANEL];
                }
            }
            Self::F16(words) => {
                let halves: &[u16] = as_halves(words.storage());
                for (to, &bits) in to.iter_mut().zip(&halves[row * padded..][columns]) {
                    *to = f32_of_f16(bits);
                }
            }
            Self::Q8 { bytes, scales } => {
                let bytes = &as_bytes(bytes.storage())[row * padded..][columns.clone()];
                let scales: &[f32] = scales.storage();
                match weight.layout {
                    Layout::InOut => {
                        let scales = &scales[row / Q8_BLOCK * padded..][columns];
                        for ((to, &byte), scale) in to.iter_mut().zip(bytes).zip(scales) {
                            *to = f32::from(byte) * (scale * ONE_127TH);
                        }
                    }
                    Layout::OutIn => {
                        let scales = &scales[row * width.div_ceil(Q8_BLOCK)..];
                        for ((to, &byte), column) in to.iter_mut().zip(bytes).zip(columns) {
                            *to = f32::from(byte) * (scales[column / Q8_BLOCK] * ONE_127TH);
                        }
                    }
                }
            }
        }
    }
}

const ONE_127TH: f32 = 1.0 / 127.0;

/// A finite `f16` as an `f32`, by shifting its bits: a compiler makes vectors of this.
fn f32_of_f16(bits: u16) -> f32 {
    /// What the exponents' biases differ by: 127 - 15.
    const TWO_TO_112: f32 = f32::from_bits((127 + 112) << 23);
    let bits = u32::from(bits);
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * TWO_TO_112;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
}

/// Words as their bytes, the lowest first.
pub(super) fn as_bytes(words: &[i32]) -> &[i8] {
    // Sound: any bytes are i8s, and they need no alignment. wasm and all machines that we build for are little-endian.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The same to be written.
fn as_bytes_mut(words: &mut [i32]) -> &mut [i8] {
    // Sound, as in `as_bytes`.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}

/// Words as their halves, the lower first.
fn as_halves(words: &[i32]) -> &[u16] {
    // Sound, as in `as_bytes`.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

fn floats(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device)
}

fn words(packed: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let len = packed.len();
    Tensor::from_data(TensorData::new(packed, [len]), (device, DType::I32))
}

/// The numbers of [`Values::Panels`].
fn pack_panels(values: &[f32], [inputs, outputs]: [usize; 2]) -> Vec<f32> {
    let mut panels = vec![[0.0; PANEL]; outputs.div_ceil(PANEL) * inputs];
    for (input, row) in values.chunks_exact(outputs.max(1)).enumerate() {
        for (panel, columns) in row.chunks(PANEL).enumerate() {
            panels[panel * inputs + input][..columns.len()].copy_from_slice(columns);
        }
    }
    panels.into_flattened()
}

fn pack_f16(values: &[f32], width: usize) -> Vec<i32> {
    let half = |value: Option<&f32>| {
        // What is beyond the largest f16 becomes that, and not infinity.
        let value = value.copied().unwrap_or(0.0).clamp(-65_504.0, 65_504.0);
        u32::from(f16::from_f32(value).to_bits())
    };
    let mut packed = Vec::with_capacity(values.len().div_ceil(width.max(1)) * width.next_multiple_of(4) / 2);
    for row in values.chunks(width.max(1)) {
        for pair in 0..width.next_multiple_of(4) / 2 {
            packed.push((half(row.get(2 * pair)) | half(row.get(2 * pair + 1)) << 16).cast_signed());
        }
    }
    packed
}

/// The words and the scales of [`Values::Q8`].
fn pack_q8(values: &[f32], [rows, width]: [usize; 2], layout: Layout) -> (Vec<i32>, Vec<f32>) {
    let padded = width.next_multiple_of(4);
    let mut packed = vec![0_i32; rows * padded / 4];
    let bytes = as_bytes_mut(&mut packed);
    // The nearest whole number from -127 to 127, as its low byte in an f32 whose last digit is worth 1.
    #[allow(clippy::cast_possible_truncation)] // the low byte is meant
    let byte = |value: f32, inverse: f32| (value * inverse + 12_582_912.0).to_bits() as i8;
    let inverse = |scale: f32| if scale > 0.0 { 127.0 / scale } else { 0.0 };
    let mut scales = Vec::new();
    match layout {
        Layout::InOut => {
            let blocks = values.chunks(Q8_BLOCK * width).zip(bytes.chunks_mut(Q8_BLOCK * padded));
            for (values, bytes) in blocks {
                let mut largest = vec![0.0_f32; padded];
                for row in values.chunks_exact(width) {
                    for (largest, value) in largest.iter_mut().zip(row) {
                        *largest = largest.max(value.abs());
                    }
                }
                let inverses: Vec<f32> = largest.iter().map(|&scale| inverse(scale)).collect();
                for (bytes, row) in bytes.chunks_exact_mut(padded).zip(values.chunks_exact(width)) {
                    for ((to, &value), &inverse) in bytes.iter_mut().zip(row).zip(&inverses) {
                        *to = byte(value, inverse);
                    }
                }
                scales.extend(largest);
            }
        }
        Layout::OutIn => {
            for (bytes, row) in bytes.chunks_exact_mut(padded).zip(values.chunks_exact(width)) {
                for (bytes, block) in bytes.chunks_mut(Q8_BLOCK).zip(row.chunks(Q8_BLOCK)) {
                    let scale = block.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                    let inverse = inverse(scale);
                    for (to, &value) in bytes.iter_mut().zip(block) {
                        *to = byte(value, inverse);
                    }
                    scales.push(scale);
                }
            }
        }
    }
    (packed, scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_eleven_bits_or_a_254th_of_the_largest_in_a_block() {
        let shape = [70, 5];
        #[allow(clippy::cast_precision_loss)]
        let values: Vec<f32> = (0..350).map(|n| ((n * 37 % 101) as f32 - 50.0) / (1.0 + n as f32)).collect();
        for layout in [Layout::InOut, Layout::OutIn] {
            let halves = Weight::rounded(&values, shape, layout, Format::F16);
            assert!(values.iter().zip(&halves).all(|(a, b)| (a - b).abs() <= a.abs() / 2048.0 + 1e-7));
            let bytes = Weight::rounded(&values, shape, layout, Format::Q8);
            let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            assert!(values.iter().zip(&bytes).all(|(a, b)| (a - b).abs() <= largest / 253.9));
            // The last block's values are small, and so is its error.
            assert!((values[349] - bytes[349]).abs() < 0.002);
        }
    }

    #[test]
    fn every_finite_f16_is_unpacked_exactly() {
        for bits in (0..=u16::MAX).filter(|&bits| f16::from_bits(bits).is_finite()) {
            assert_eq!(f32_of_f16(bits).to_bits(), f16::from_bits(bits).to_f32().to_bits());
        }
    }

    #[test]
    fn the_largest_of_a_block_is_kept_and_a_block_of_zeros_is_zeros() {
        let mut values = vec![0.0; 64];
        values[3] = -7.5;
        let bytes = Weight::rounded(&values, [1, 64], Layout::OutIn, Format::Q8);
        assert_eq!(bytes, values);
    }
}
