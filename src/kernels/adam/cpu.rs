//! [`adam`](super::adam) for the CPU: parameters, gradient and moments are read once.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::AdamStep;
use crate::kernels::cpu::lanes::Lanes;
use crate::kernels::cpu::numbers;

/// Added to the moments and taken off again: what is far below all that matters becomes zero. Of a unit that is never active the
/// moments would shrink for ever, and a processor takes ten times as long for numbers that are nearly too small to write.
const FLOORS: [f32; 2] = [1e-20, 1e-26];

pub fn adam(value: &mut Tensor<2>, gradient: &Tensor<2>, moments: &mut [Tensor<2>; 2], step: &AdamStep) {
    let gradient = numbers(gradient.clone());
    let [first, second] = moments;
    in_place(value, |value| {
        in_place(first, |first| {
            in_place(second, |second| move_all(value, gradient.storage(), first, second, &step.numbers()));
        });
    });
}

/// Changes a tensor's numbers; without a copy, if nobody else has them.
fn in_place(tensor: &mut Tensor<2>, change: impl FnOnce(&mut [f32])) {
    let device = tensor.device();
    let mut taken: FlexTensor = numbers(std::mem::replace(tensor, Tensor::empty([0, 0], &device)));
    change(taken.storage_mut());
    *tensor = Tensor::from_primitive::<Flex>(taken);
}

fn move_all(value: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], numbers: &[f32; 7]) {
    let lanes = numbers.map(Lanes::splat);
    let ((value, value_rest), (gradient, gradient_rest)) =
        (value.as_chunks_mut::<4>(), gradient.as_chunks::<4>());
    let ((first, first_rest), (second, second_rest)) =
        (first.as_chunks_mut::<4>(), second.as_chunks_mut::<4>());
    for (((value, gradient), first), second) in value.iter_mut().zip(gradient).zip(first).zip(second) {
        move_four(value, gradient, first, second, &lanes);
    }
    let [mut last_value, mut last_first, mut last_second] = [&*value_rest, first_rest, second_rest].map(four);
    move_four(&mut last_value, &four(gradient_rest), &mut last_first, &mut last_second, &lanes);
    for (rest, last) in [(value_rest, last_value), (first_rest, last_first), (second_rest, last_second)] {
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// The numbers, filled up with zeros.
fn four(numbers: &[f32]) -> [f32; 4] {
    std::array::from_fn(|index| numbers.get(index).copied().unwrap_or(0.0))
}

#[inline]
fn move_four(
    value: &mut [f32; 4],
    gradient: &[f32; 4],
    first: &mut [f32; 4],
    second: &mut [f32; 4],
    numbers: &[Lanes; 7],
) {
    let [keep_first, take_first, keep_second, take_second, length, root, epsilon] = *numbers;
    let [floor_first, floor_second] = FLOORS.map(Lanes::splat);
    let g = Lanes::load(gradient);
    let m = (keep_first * Lanes::load(first)).add_product(g, take_first) + floor_first - floor_first;
    let v = (keep_second * Lanes::load(second)).add_product(g * g, take_second) + floor_second - floor_second;
    m.store(first);
    v.store(second);
    let denominator = epsilon.add_product(v.sqrt(), root);
    (Lanes::load(value) - length * m / denominator).store(value);
}
