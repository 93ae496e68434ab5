//! [`group_norm`](super::group_norm) for the CPU.

use burn::tensor::{Tensor, TensorData};

use super::GroupNormCall;
use crate::kernels::cpu::lanes::{squared_differences, sum};
use crate::kernels::cpu::numbers;

/// Numbers that the near cache has while all is done to them.
const BLOCK: usize = 4096;

#[allow(clippy::cast_possible_truncation)] // an f32 is computed with
pub fn group_norm(x: &Tensor<4>, call: &GroupNormCall) -> Tensor<4> {
    let shape @ [_, channels, height, width] = x.dims();
    let (gamma, beta) = (numbers(call.gamma.clone()), numbers(call.beta.clone()));
    let (gamma, beta): (&[f32], &[f32]) = (gamma.storage(), beta.storage());
    let input = numbers(x.clone());
    let input: &[f32] = input.storage();
    let (plane, of_group) = (height * width, channels / call.groups);
    let mut y = Vec::with_capacity(input.len());
    for (index, group) in input.chunks_exact((of_group * plane).max(1)).enumerate() {
        let (mean, variance) = mean_and_variance(group);
        let (mean, scale) = (mean as f32, 1.0 / (variance + call.epsilon).sqrt() as f32);
        let first = index % call.groups * of_group;
        let channels = gamma[first..first + of_group].iter().zip(&beta[first..]);
        for (numbers, (gamma, beta)) in group.chunks_exact(plane).zip(channels) {
            let factor = scale * gamma;
            for block in numbers.chunks(BLOCK) {
                let start = y.len();
                y.extend(block.iter().map(|x| (x - mean) * factor + beta));
                call.activation.apply(&mut y[start..]);
            }
        }
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}

/// Of millions of numbers too: each block has its own mean, from which its numbers do not differ much, and the blocks are put
/// together in `f64` (Chan et al., "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
#[allow(clippy::cast_precision_loss)] // counts have fewer than 24 bits in a block, and 52 in all
fn mean_and_variance(numbers: &[f32]) -> (f64, f64) {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for block in numbers.chunks(BLOCK) {
        let more = block.len() as f64;
        let block_mean = sum(block) / block.len() as f32;
        let difference = f64::from(block_mean) - mean;
        squares += f64::from(squared_differences(block, block_mean));
        squares += difference * difference * count * more / (count + more);
        count += more;
        mean += difference * more / count;
    }
    (mean, squares / count)
}
