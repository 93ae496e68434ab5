//! A matrix of weights as a device keeps it: in `f32`, or packed and read as it is.

pub(super) mod cpu;
#[cfg(gpu)]
pub(super) mod gpu;
mod pack;
mod tensor;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use half::f16;

use super::gradients::is_tracking;
use pack::{as_bytes, pack_f16, pack_panels, pack_q8};

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

    /// Bytes of `count` numbers, with the scales of [`Self::Q8`].
    #[must_use]
    pub fn total_len(self, count: u64) -> u64 {
        match self {
            Self::F32 => count.saturating_mul(4),
            Self::F16 => count.saturating_mul(2),
            Self::Q8 => count.saturating_add(count.div_ceil(Q8_BLOCK as u64) * 4),
        }
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
enum Values {
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
            // Burn's devices are equal whether they track gradients or not.
            Format::F32 if layout == Layout::InOut && *device == Device::flex() && !is_tracking(device) => {
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

    /// The transpose of a matrix whose numbers lie as they are: what were inputs are outputs.
    ///
    /// # Panics
    /// When it is packed.
    #[must_use]
    pub fn transposed(self) -> Self {
        assert!(matches!(self.values, Values::F32(_)), "Weight: a packed matrix is not transposed");
        let layout = match self.layout {
            Layout::InOut => Layout::OutIn,
            Layout::OutIn => Layout::InOut,
        };
        Self { layout, ..self }
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

    /// Whether Burn tracks gradients where it is.
    pub(super) fn tracks_gradients(&self) -> bool {
        is_tracking(&self.device())
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

fn floats(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device)
}

fn words(packed: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let len = packed.len();
    Tensor::from_data(TensorData::new(packed, [len]), (device, DType::I32))
}
