//! [`geglu`](super::geglu) for the CPU.

use burn::tensor::{Tensor, TensorData};

use crate::kernels::cpu::lanes::Lanes;
use crate::kernels::cpu::numbers;

pub fn geglu(x: &Tensor<2>) -> Tensor<2> {
    let [rows, both] = x.dims();
    let width = both / 2;
    let numbers = numbers(x.clone());
    let mut y = vec![0.0; rows * width];
    for (y, x) in y.chunks_exact_mut(width.max(1)).zip(numbers.storage::<f32>().chunks_exact(both.max(1))) {
        let (hidden, gate) = x.split_at(width);
        gated(y, hidden, gate);
    }
    Tensor::from_data(TensorData::new(y, [rows, width]), &x.device())
}

fn gated(y: &mut [f32], hidden: &[f32], gate: &[f32]) {
    let ((y, y_rest), (hidden, hidden_rest), (gate, gate_rest)) =
        (y.as_chunks_mut::<4>(), hidden.as_chunks::<4>(), gate.as_chunks::<4>());
    for ((y, hidden), gate) in y.iter_mut().zip(hidden).zip(gate) {
        (Lanes::load(hidden) * Lanes::load(gate).gelu()).store(y);
    }
    for ((y, hidden), gate) in y_rest.iter_mut().zip(hidden_rest).zip(gate_rest) {
        let mut lanes = [0.0; 4];
        Lanes::splat(*gate).gelu().store(&mut lanes);
        *y = hidden * lanes[0];
    }
}
