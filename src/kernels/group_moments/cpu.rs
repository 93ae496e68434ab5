//! [`group_moments`](super::group_moments) for the CPU.

use burn::tensor::{Tensor, TensorData};

use crate::kernels::cpu::numbers;

/// Numbers that are summed before their sum joins that of all: a long sum of `f32` would lose the small ones.
const BLOCK: usize = 1 << 12;

/// `[rows, groups, 2]`
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a count; moments of f32
pub fn group_moments(x: &Tensor<4>, groups: usize) -> Tensor<3> {
    let [rows, channels, height, width] = x.dims();
    let count = channels / groups * height * width;
    let x_numbers = numbers(x.clone());
    let mean_of = |group: &[f32], term: &dyn Fn(f32) -> f32| {
        let blocks = group.chunks(BLOCK).map(|block| f64::from(block.iter().map(|&x| term(x)).sum::<f32>()));
        (blocks.sum::<f64>() / count as f64) as f32
    };
    let moments = x_numbers.storage::<f32>().chunks_exact(count.max(1)).flat_map(|group| {
        let mean = mean_of(group, &|x| x);
        [mean, mean_of(group, &|x| (x - mean) * (x - mean))]
    });
    Tensor::from_data(TensorData::new(moments.collect::<Vec<_>>(), [rows, groups, 2]), &x.device())
}
