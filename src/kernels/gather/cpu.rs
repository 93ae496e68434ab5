//! [`gather`](super::gather) for the CPU.

use burn::tensor::{Tensor, TensorData};

use crate::kernels::cpu::numbers;
use crate::kernels::{Indices, Weight};

pub fn gather(table: &Weight, indices: &Indices, sum: Option<&Tensor<2>>) -> Tensor<2> {
    let (values, width) = (indices.values(), table.inputs());
    let matrix = table.on_cpu();
    let mut gathered = match sum {
        Some(sum) => numbers(sum.clone()).storage::<f32>().to_vec(),
        None => vec![0.0; values.len() * width],
    };
    let mut scratch = vec![0.0; width];
    for (&index, to) in values.iter().zip(gathered.chunks_exact_mut(width)) {
        for (to, value) in to.iter_mut().zip(matrix.rows(index..index + 1, table, &mut scratch)) {
            *to += value;
        }
    }
    Tensor::from_data(TensorData::new(gathered, [values.len(), width]), &table.device())
}
