//! [`conv2d`](super::conv2d) for the CPU: one picture after the other, by [`super::winograd`] or else by [`im2col`].

use burn::tensor::{Tensor, TensorData};

use super::kept::ROOM;
use super::picture::Picture;
use super::winograd::{Kernels, Tiles};
use super::{ConvWeight, Epilogue, im2col};
use crate::kernels::Format;
use crate::kernels::cpu::numbers;
use crate::kernels::cpu::tile::TILE;

/// Numbers of packed kernels that are unpacked at a time for [`im2col`]: 16 MB, however large the layer.
const UNPACKED: usize = 1 << 22;

impl ConvWeight {
    /// The tiles that are the fastest for a picture; `None` when the usual way is faster.
    fn tiles(&self, picture: Picture) -> Option<Tiles> {
        let is_winograd =
            (self.kernels.size(), self.geometry.stride, self.geometry.padding) == (3, 1, (1, 1));
        if is_winograd { Tiles::of(picture) } else { None }
    }

    /// The kernels as [`super::winograd`] takes them, if they are kept.
    fn transformed(&self, tiles: Tiles) -> Option<&[f32]> {
        let (kernels, inputs) = (&self.kernels, self.kernels.inputs());
        if kernels.format() != Format::F32 {
            return None;
        }
        let kept = self.transformed[tiles as usize].get_or_init(|| {
            ROOM.keep(tiles.elements() * kernels.outputs() * inputs, || {
                let (matrix, all) = (kernels.matrix(), 0..kernels.outputs());
                tiles.transform_kernels(matrix.on_cpu().rows(all, matrix, &mut []), inputs)
            })
        });
        kept.as_deref()
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
    let [_, outputs, out_height, out_width] = shape;
    let pixels = out_height * out_width;
    let mut y = constants(bias, epilogue, shape);
    let (input, picture) = (numbers(x.clone()), Picture::new(x.dims(), weight.geometry.doubled));
    let pictures = input.storage::<f32>().chunks_exact((picture.channels * picture.stored()).max(1));
    let of_picture = (outputs * pixels).max(1);
    let matrix = weight.kernels.matrix();
    let on_cpu = matrix.on_cpu();
    if let Some(tiles) = weight.tiles(picture) {
        let plain = Kernels::Plain(&on_cpu, matrix);
        let kernels = weight.transformed(tiles).map_or(plain, Kernels::Transformed);
        for (y, x) in y.chunks_exact_mut(of_picture).zip(pictures) {
            tiles.add_convolution(y, x, picture, &kernels);
        }
    } else {
        let inner = matrix.inputs();
        let is_packed = matrix.format() != Format::F32;
        let at_once = if is_packed { (UNPACKED / inner.max(1)).next_multiple_of(TILE) } else { outputs };
        let at_once = at_once.clamp(1, outputs.max(1));
        let mut scratch = vec![0.0; if is_packed { at_once * inner } else { 0 }];
        for start in (0..outputs).step_by(at_once) {
            let block = start..outputs.min(start + at_once);
            let kernels = on_cpu.rows(block.clone(), matrix, &mut scratch);
            for (y, x) in y.chunks_exact_mut(of_picture).zip(pictures.clone()) {
                let y = &mut y[block.start * pixels..block.end * pixels];
                im2col::add_convolution(y, out_width, x, picture, weight, kernels);
            }
        }
    }
    Tensor::from_data(TensorData::new(y, shape), &x.device())
}

/// All that a convolution is added to.
fn constants(bias: &Tensor<1>, epilogue: &Epilogue, [rows, outputs, height, width]: [usize; 4]) -> Vec<f32> {
    let mut constants = numbers(bias.clone()).storage::<f32>().repeat(rows);
    if let Some(per_channel) = &epilogue.per_channel {
        for (constant, number) in constants.iter_mut().zip(numbers(per_channel.clone()).storage::<f32>()) {
            *constant += number;
        }
    }
    let pixels = height * width;
    let mut y = Vec::with_capacity(rows * outputs * pixels);
    match &epilogue.residual {
        Some(residual) => {
            let residual = numbers(residual.clone());
            let channels = residual.storage::<f32>().chunks_exact(pixels.max(1));
            for (channel, constant) in channels.zip(constants) {
                y.extend(channel.iter().map(|number| number + constant));
            }
        }
        None => constants.into_iter().for_each(|constant| y.extend(std::iter::repeat_n(constant, pixels))),
    }
    y
}
