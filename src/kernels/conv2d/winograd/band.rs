//! The pixels that some tiles are made of.

use super::load;
use super::transform::Transform;
use crate::kernels::conv2d::picture::Picture;
use crate::kernels::cpu::lanes::Lanes;
use crate::kernels::cpu::tile::PANEL;

/// Some rows of tiles of a picture with a border of zeros, their columns apart by what is left of them when divided by m:
/// a column of neighbouring tiles lies side by side.
pub struct Band<const N: usize> {
    /// `[channels, m · rows + 2, m, across + 1]`
    values: Vec<f32>,
    picture: Picture,
    /// The first row of tiles.
    top: usize,
    /// Rows of pixels.
    rows: usize,
    /// Tiles in a row.
    across: usize,
}

impl<const N: usize> Band<N> {
    /// Room for so many rows of tiles.
    pub fn new(picture: Picture, rows: usize) -> Self {
        let (rows, across) = ((N - 2) * rows + 2, picture.width.div_ceil(N - 2));
        let values = vec![0.0; picture.channels * rows * (N - 2) * (across + 1)];
        Self { values, picture, top: 0, rows, across }
    }

    /// Takes the rows of tiles from `top` on of the picture `x`; zeros below it.
    #[allow(clippy::cast_possible_wrap)] // sizes of pictures
    pub fn fill(&mut self, x: &[f32], top: usize) {
        let Self { picture, rows, across, .. } = *self;
        self.top = top;
        let first = ((N - 2) * top) as isize - 1; // the border
        let lines = self.values.chunks_exact_mut((N - 2) * (across + 1));
        for (index, line) in lines.enumerate() {
            let channel = &x[index / rows * picture.stored()..][..picture.stored()];
            line.fill(0.0);
            let Some(row) = picture.row(channel, first + (index % rows) as isize) else {
                continue;
            };
            for column in 0..picture.width {
                let at = column + 1; // after the border
                line[at % (N - 2) * (across + 1) + at / (N - 2)] = picture.at(row, column as isize);
            }
        }
    }

    /// The row and column of a tile's first pixel in the picture.
    pub fn corner(&self, tile: usize) -> (usize, usize) {
        ((N - 2) * (self.top + tile / self.across), (N - 2) * (tile % self.across))
    }

    /// `Bᵀ d B` of `count` tiles from `start` on, in panels of eight tiles: `[panels, channels, 8]` for each of the
    /// elements, which are `of_element` panels apart.
    pub fn transform<T: Transform<N>>(
        &self,
        panels: &mut [[f32; PANEL]],
        of_element: usize,
        start: usize,
        count: usize,
    ) {
        let apart = self.across + 1;
        let step = (N - 2) * apart; // from a row to the next
        for (panel, first) in (0..count).step_by(PANEL).enumerate() {
            // Where the tiles begin in a channel, four and four; those that are missing repeat the last.
            let begin = |lane: usize| {
                let tile = start + (first + lane).min(count - 1);
                (N - 2) * (tile / self.across) * step + tile % self.across
            };
            let fours: [[usize; 4]; 2] = [0, 4].map(|four| std::array::from_fn(|lane| begin(four + lane)));
            for (index, channel) in self.values.chunks_exact(self.rows * step).enumerate() {
                for (four, begin) in fours.into_iter().enumerate() {
                    let together = begin[3] == begin[0] + 3;
                    let mut columns = [[Lanes::splat(0.0); N]; N];
                    for column in 0..N {
                        let first = column % (N - 2) * apart + column / (N - 2);
                        let values = T::input(std::array::from_fn(|row| {
                            let offset = first + row * step;
                            if together {
                                load(&channel[begin[0] + offset..])
                            } else {
                                Lanes::load(&begin.map(|begin| channel[begin + offset]))
                            }
                        }));
                        for (to, value) in columns.iter_mut().zip(values) {
                            to[column] = value;
                        }
                    }
                    let mut at = panel * self.picture.channels + index;
                    for row in columns {
                        for value in T::input(row) {
                            let (halves, _) = panels[at].as_chunks_mut::<4>();
                            value.store(&mut halves[four]);
                            at += of_element;
                        }
                    }
                }
            }
        }
    }
}
