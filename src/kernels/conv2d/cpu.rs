//! [`conv2d`](super::conv2d) for the CPU: one picture after the other, by [`super::winograd`] or else by [`im2col`].

use burn::tensor::{Tensor, TensorData};

use super::winograd::Tiles;
use super::{ConvWeight, Epilogue, im2col};
use crate::kernels::cpu::numbers;

/// A picture of several channels, perhaps seen at twice its size.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    pub channels: usize,
    /// As it is seen.
    pub height: usize,
    pub width: usize,
    pub doubled: bool,
}

impl Picture {
    pub fn new([_, channels, height, width]: [usize; 4], doubled: bool) -> Self {
        let scale = if doubled { 2 } else { 1 };
        Self { channels, height: scale * height, width: scale * width, doubled }
    }

    /// Numbers of a channel in memory.
    pub fn stored(self) -> usize {
        self.height * self.width / if self.doubled { 4 } else { 1 }
    }

    /// A row of a channel, as it is in memory; `None` outside of the picture.
    pub fn row<'a>(&self, channel: &'a [f32], y: isize) -> Option<&'a [f32]> {
        let y = usize::try_from(y).ok().filter(|&y| y < self.height)?;
        let shift = usize::from(self.doubled);
        let width = self.width >> shift;
        channel.get((y >> shift) * width..)?.get(..width)
    }

    /// A pixel of such a row; zero outside of the picture.
    pub fn at(&self, row: &[f32], x: isize) -> f32 {
        let x = usize::try_from(x).ok().map(|x| x >> usize::from(self.doubled));
        x.and_then(|x| row.get(x)).copied().unwrap_or(0.0)
    }
}

impl ConvWeight {
    /// The tiles that are the fastest for a picture, with the kernels for them.
    fn transformed(&self, picture: Picture, kernels: &[f32]) -> Option<(Tiles, &[f32])> {
        let [outputs, inputs, size, _] = self.shape;
        if (size, self.geometry.stride, self.geometry.padding) != (3, 1, (1, 1)) {
            return None;
        }
        let tiles = Tiles::of(picture)?;
        let transform = || tiles.transform_kernels(kernels, outputs * inputs);
        Some((tiles, self.transformed[tiles as usize].get_or_init(transform)))
    }
}

/// `shape` is that of the result.
pub fn conv2d(
    x: &Tensor<4>,
    weight: &ConvWeight,
    bias: &Tensor<1>,
    epilogue: &Epilogue,
    shape: [usize; 4],
) -> Tensor<4> {
    let (input, kernels) = (numbers(x.clone()), numbers(weight.values.clone()));
    let mut constants = numbers(bias.clone()).storage::<f32>().repeat(shape[0]);
    if let Some(per_channel) = &epilogue.per_channel {
        for (constant, number) in constants.iter_mut().zip(numbers(per_channel.clone()).storage::<f32>()) {
            *constant += number;
        }
    }
    let [rows, outputs, out_height, out_width] = shape;
    let pixels = out_height * out_width;
    let mut y = match &epilogue.residual {
        Some(residual) => numbers(residual.clone()).storage::<f32>().to_vec(),
        None => vec![0.0; rows * outputs * pixels],
    };
    let picture = Picture::new(x.dims(), weight.geometry.doubled);
    let transformed = weight.transformed(picture, kernels.storage());
    let inputs = picture.channels * picture.stored();
    let pictures = input.storage::<f32>().chunks_exact(inputs.max(1));
    let results = y.chunks_exact_mut((outputs * pixels).max(1)).zip(constants.chunks_exact(outputs.max(1)));
    for ((y, constants), x) in results.zip(pictures) {
        for (y, constant) in y.chunks_exact_mut(pixels).zip(constants) {
            for y in y {
                *y += constant;
            }
        }
        match transformed {
            Some((tiles, kernels)) => tiles.add_convolution(y, x, picture, kernels),
            None => im2col::add_convolution(y, out_width, x, picture, weight, kernels.storage()),
        }
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}
