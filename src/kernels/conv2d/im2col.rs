//! Convolutions for the CPU as a product of matrices: the pixels under a kernel become a column of a matrix, and eight
//! columns lie side by side ("im2col").

use super::ConvWeight;
use super::picture::Picture;
use crate::kernels::cpu::tiles::{Columns, PANEL, add_tiles};

/// Panels that are made at a time, so that the cache still has them for the last output.
const PANELS: usize = 8;

/// Adds the convolution of one picture to `y [outputs, height', out_width]`. `kernels` are `[outputs, size² · inputs]`.
#[allow(clippy::cast_possible_wrap)] // sizes of pictures
pub fn add_convolution(
    y: &mut [f32],
    out_width: usize,
    x: &[f32],
    picture: Picture,
    weight: &ConvWeight,
    kernels: &[f32],
) {
    let (size, inner, geometry) = (weight.kernels.size(), weight.kernels.matrix().inputs(), weight.geometry);
    if y.is_empty() || x.is_empty() {
        return;
    }
    let pixels = y.len() / (kernels.len() / inner);
    let mut panels = vec![[0.0; PANEL]; PANELS.min(pixels.div_ceil(PANEL)) * inner];
    for start in (0..pixels).step_by(PANELS * PANEL) {
        let block = start..pixels.min(start + PANELS * PANEL);
        for (panel, first) in panels.chunks_exact_mut(inner).zip(block.clone().step_by(PANEL)) {
            let origins: [[isize; 2]; PANEL] = std::array::from_fn(|column| {
                let index = (first + column).min(pixels - 1);
                [index / out_width, index % out_width]
                    .map(|index| (index * geometry.stride) as isize - geometry.padding.0 as isize)
            });
            fill(panel, x, picture, size, &origins);
        }
        let used = block.len().div_ceil(PANEL) * inner;
        add_tiles(y, &Columns::all(kernels, inner), &panels[..used], block, pixels);
    }
}

/// Fills the panel of eight pixels of the result, whose kernels begin at `origins`, rows and columns of the picture.
#[allow(clippy::cast_possible_wrap)] // sizes of pictures
fn fill(panel: &mut [[f32; PANEL]], x: &[f32], picture: Picture, size: usize, origins: &[[isize; 2]; PANEL]) {
    let [top, left] = origins[0];
    let together = !picture.doubled && origins[PANEL - 1] == [top, left + PANEL as isize - 1];
    for (index, channel) in x.chunks_exact(picture.stored()).enumerate() {
        let mut positions = panel.iter_mut().skip(index).step_by(picture.channels);
        for ky in 0..size as isize {
            let row = picture.row(channel, top + ky).unwrap_or(&[]);
            for (kx, values) in (0..size as isize).zip(&mut positions) {
                // Eight numbers that lie together in the picture.
                let first = usize::try_from(left + kx).ok().filter(|_| together);
                if let Some(eight) = first.and_then(|first| row.get(first..)?.first_chunk()) {
                    *values = *eight;
                    continue;
                }
                for (value, [top, left]) in values.iter_mut().zip(origins) {
                    let row = picture.row(channel, top + ky).unwrap_or(&[]);
                    *value = picture.at(row, left + kx);
                }
            }
        }
    }
}
