//! [`conv2d`](super::conv2d) for the CPU: one picture after the other, by [`super::winograd`] or else by [`im2col`].

use burn::tensor::{Tensor, TensorData};

use super::winograd::Tiles;
use super::{ConvWeight, Epilogue, im2col};
use crate::kernels::Format;
use crate::kernels::cpu::numbers;
use crate::kernels::cpu::tiles::TILE;

/// Numbers of packed kernels that are unpacked at a time, as the convolution takes them: 16 MB, however large the layer.
const UNPACKED: usize = 1 << 22;

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
    /// The tiles that are the fastest for a picture; `None` when the usual way is faster.
    fn tiles(&self, picture: Picture) -> Option<Tiles> {
        let is_winograd =
            (self.kernels.size(), self.geometry.stride, self.geometry.padding) == (3, 1, (1, 1));
        if is_winograd { Tiles::of(picture) } else { None }
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
    let (input, matrix) = (numbers(x.clone()), weight.kernels.matrix());
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
    for (y, constant) in y.chunks_exact_mut(pixels.max(1)).zip(constants) {
        for y in y {
            *y += constant;
        }
    }
    let picture = Picture::new(x.dims(), weight.geometry.doubled);
    let pictures = input.storage::<f32>().chunks_exact((picture.channels * picture.stored()).max(1));
    let (tiles, inner) = (weight.tiles(picture), matrix.inputs());
    let is_packed = matrix.format() != Format::F32;
    let of_output = tiles.map_or(1, Tiles::growth) * inner.max(1);
    let at_once =
        if is_packed { (UNPACKED / of_output).max(1).next_multiple_of(TILE) } else { outputs.max(1) };
    let mut scratch = vec![0.0; if is_packed { at_once.min(outputs) * inner } else { 0 }];
    let on_cpu = matrix.on_cpu();
    for start in (0..outputs).step_by(at_once) {
        let block = start..outputs.min(start + at_once);
        let kernels = on_cpu.rows(block.clone(), matrix, &mut scratch);
        let transform = |tiles: Tiles| tiles.transform_kernels(kernels, picture.channels);
        let fresh;
        let transformed = match tiles {
            Some(tiles) if is_packed => {
                fresh = transform(tiles);
                Some((tiles, &fresh))
            }
            Some(tiles) => Some((tiles, weight.transformed[tiles as usize].get_or_init(|| transform(tiles)))),
            None => None,
        };
        for (y, x) in y.chunks_exact_mut((outputs * pixels).max(1)).zip(pictures.clone()) {
            let y = &mut y[block.start * pixels..block.end * pixels];
            match transformed {
                Some((tiles, kernels)) => tiles.add_convolution(y, x, picture, kernels),
                None => im2col::add_convolution(y, out_width, x, picture, weight, kernels),
            }
        }
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}
