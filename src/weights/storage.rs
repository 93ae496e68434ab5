//! In which format weights are kept on the device.

use super::header::{Dtype, TensorInfo};
use crate::error::{Error, Result};
use crate::kernels::{Format, KEPT_BYTES};

/// What a caller and a device want of the format of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// For all matrices and kernels of convolutions; `None` is what the device reads best.
    pub format: Option<Format>,
    /// The device reads `f16` as fast as `f32`, so that a file's halves are kept.
    pub reads_halves: bool,
    /// The largest buffer that a kernel can read, in bytes.
    pub max_binding: u64,
    /// The bytes that all weights together may have, as far as that is known.
    pub max_total: u64,
}

/// wasm has 4 GiB at most, of which pictures on their way need half of one, and kernels keep some to be faster.
const CPU_MEMORY: u64 = if cfg!(target_arch = "wasm32") { (7 << 29) - KEPT_BYTES as u64 } else { u64::MAX };

impl Storage {
    /// Whatever the CPU reads best.
    pub const CPU: Self =
        Self { format: None, reads_halves: false, max_binding: u64::MAX, max_total: CPU_MEMORY };

    /// Whatever a GPU reads best whose kernels read buffers of up to `max_binding` bytes.
    #[must_use]
    pub fn gpu(max_binding: u64) -> Self {
        Self { format: None, reads_halves: true, max_binding, max_total: u64::MAX }
    }

    /// The same with what the option `dtype` asks for.
    ///
    /// # Errors
    /// `invalid-option` for an unknown name.
    pub fn with_dtype(self, dtype: &str) -> Result<Self> {
        let format = match dtype {
            "auto" => None,
            "f32" => Some(Format::F32),
            "f16" => Some(Format::F16),
            "q8" => Some(Format::Q8),
            _ => {
                let what = format!("dtype is {dtype}; it must be auto, f32, f16 or q8");
                return Err(Error::InvalidOption(what));
            }
        };
        Ok(Self { format, ..self })
    }

    /// The same for weights that must stay as they are in the file.
    pub(super) fn exact(self) -> Self {
        Self { format: Some(Format::F32), ..self }
    }

    /// Checks that there is room for this many weights, before any is made.
    ///
    /// # Errors
    /// `unsupported-model`, with both sizes.
    pub fn check_total(&self, weights: u64) -> Result<()> {
        let least = match self.format {
            Some(format) => format,
            None if self.reads_halves => Format::F16,
            None => Format::F32,
        };
        let bytes = least.total_len(weights);
        if bytes > self.max_total {
            let (name, most) = (least.name(), self.max_total);
            let hint = if least == Format::Q8 { "" } else { "; dtype q8 takes fewer" };
            return Err(Error::UnsupportedModel(format!(
                "{weights} weights have {bytes} bytes in {name}, and there is room for {most}{hint}"
            )));
        }
        Ok(())
    }

    /// The format for a matrix of a file, or for the matrix that kernels are kept as. One that is too large for the device in
    /// `f32` is kept in `f16`.
    ///
    /// # Errors
    /// `unsupported-model` when it is too large for the device in any format that may be taken.
    pub(super) fn format_of(&self, info: &TensorInfo, shape: [usize; 2]) -> Result<Format> {
        let wanted = match (self.format, info.dtype) {
            (Some(format), _) => format,
            (None, Dtype::F16) if self.reads_halves => Format::F16,
            (None, _) => Format::F32,
        };
        let fits = |format: Format| format.byte_len(shape) <= self.max_binding;
        let format = match wanted {
            wanted if fits(wanted) => Some(wanted),
            Format::F32 if fits(Format::F16) => Some(Format::F16),
            _ => None,
        };
        format.ok_or_else(|| {
            Error::UnsupportedModel(format!(
                "tensor {:?} has {} bytes in {}; this device reads {} at most",
                info.name,
                wanted.byte_len(shape),
                wanted.name(),
                self.max_binding
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(dtype: Dtype) -> TensorInfo {
        TensorInfo { name: "wte.weight".to_owned(), dtype, shape: vec![50_257, 768], byte_len: 0 }
    }

    #[test]
    fn halves_are_kept_where_they_are_read_well_and_what_is_too_large_becomes_halves() {
        let shape = [50_257, 768];
        let gpu = Storage { reads_halves: true, ..Storage::CPU };
        assert_eq!(Storage::CPU.format_of(&info(Dtype::F16), shape), Ok(Format::F32));
        assert_eq!(gpu.format_of(&info(Dtype::F16), shape), Ok(Format::F16));
        assert_eq!(gpu.format_of(&info(Dtype::F32), shape), Ok(Format::F32));
        assert_eq!(gpu.with_dtype("q8").unwrap().format_of(&info(Dtype::F32), shape), Ok(Format::Q8));
        // Many phones bind 128 MiB, and GPT-2's wte has 154,389,504 bytes in f32.
        let small = Storage { max_binding: 128 << 20, ..gpu };
        assert_eq!(small.format_of(&info(Dtype::F32), shape), Ok(Format::F16));
        let tiny = Storage { max_binding: 1 << 20, ..gpu };
        let error = tiny.format_of(&info(Dtype::F32), shape).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().contains("154389504") && error.message().contains("1048576"), "{error}");
    }

    #[test]
    fn more_weights_than_memory_are_refused_unless_they_are_packed() {
        let small = Storage { max_total: 1000, ..Storage::CPU };
        assert!(small.check_total(250).is_ok());
        let error = small.check_total(251).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().contains("1004") && error.message().contains("1000"), "{error}");
        // 888 bytes and 28 scales.
        let packed = small.with_dtype("q8").unwrap();
        assert!(packed.check_total(888).is_ok() && packed.check_total(889).is_err());
        for dtype in ["f32", "f16", "q8"] {
            assert!(small.with_dtype(dtype).unwrap().check_total(u64::MAX).is_err(), "{dtype}");
        }
    }

    #[test]
    fn an_unknown_dtype_is_refused() {
        assert_eq!(Storage::CPU.with_dtype("int4").unwrap_err().code(), "invalid-option");
    }
}
