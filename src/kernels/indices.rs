//! Whole numbers that kernels read: rows of a table, positions in a text.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// Whole numbers, which are on the device too. A [`Recording`](super::Recording) reads what they are at the time.
#[derive(Debug)]
pub struct Indices {
    values: Vec<usize>,
    pub(super) on_device: Tensor<1, Int>,
}

impl Indices {
    /// These, on `device`.
    #[must_use]
    pub fn new(values: Vec<usize>, device: &Device) -> Self {
        let data = TensorData::new(words(&values), [values.len()]);
        Self { on_device: Tensor::from_data(data, (device, DType::I32)), values }
    }

    /// The numbers.
    #[must_use]
    pub fn values(&self) -> &[usize] {
        &self.values
    }

    /// Replaces them by as many others.
    ///
    /// # Panics
    /// When they are more or fewer.
    pub fn write(&mut self, values: Vec<usize>) {
        assert_eq!(values.len(), self.values.len(), "indices: as many as before");
        #[cfg(gpu)]
        if let Ok(tensor) = self.on_device.clone().try_into_primitive::<burn::backend::Wgpu>() {
            tensor.client.write(&tensor.handle, burn::tensor::Bytes::from_elems(words(&values)));
            self.values = values;
            return;
        }
        *self = Self::new(values, &self.on_device.device());
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // a table of 2³¹ rows fits on no device
fn words(values: &[usize]) -> Vec<i32> {
    values.iter().map(|&value| value as i32).collect()
}
