//! Convolutions with kernels of 3 × 3 for the CPU, with fewer multiplications than there are pixels under the kernels.
//!
//! Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), <https://arxiv.org/abs/1509.09308>,
//! F(2 × 2, 3 × 3) and F(4 × 4, 3 × 3). A tile of m × m pixels comes from n × n pixels d of the picture, n = m + 2, and a
//! kernel g as
//!
//! ```text
//! Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A        summed over the channels before the last step
//! ```
//!
//! so that the middle is n² products of matrices, `[outputs, inputs] · [inputs, tiles]`, one for each element of d: 16
//! multiplications for 4 pixels, or 36 for 16, where there are 36 and 144 without. Small pictures have too few of the
//! larger tiles to fill the vectors.

use super::cpu::Picture;
use crate::kernels::cpu::lanes::Lanes;
use crate::kernels::cpu::tiles::{self, PANEL, add_tiles};

/// With fewer channels the transforms cost more than they save.
const INPUTS: usize = 8;

/// Height and width from which on the larger tiles are faster.
const LARGE: usize = 16;

/// Tiles that are computed at a time, so that the cache still has them for the last output.
const BLOCK: usize = 64;

/// Numbers between the matrices, of which one number after the other is written and read: a cache line, since a cache
/// holds few lines whose addresses differ by a power of two.
const GAP: usize = 16;

/// The matrices of one size of tiles, applied to a column or a row.
trait Transform<const N: usize> {
    /// `G g`
    fn kernel(g: [Lanes; 3]) -> [Lanes; N];
    /// `Bᵀ d`
    fn input(d: [Lanes; N]) -> [Lanes; N];
    /// `Aᵀ m`, of which the first N - 2 count.
    fn output(m: [Lanes; N]) -> [Lanes; 4];
}

/// F(2 × 2, 3 × 3)
struct Small;

impl Transform<4> for Small {
    #[inline]
    fn kernel([a, b, c]: [Lanes; 3]) -> [Lanes; 4] {
        let half = Lanes::splat(0.5);
        [a, half * (a + b + c), half * (a - b + c), c]
    }

    #[inline]
    fn input([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
        [a - c, b + c, c - b, b - d]
    }

    #[inline]
    fn output([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
        [a + b + c, b - c - d, d, d]
    }
}

/// F(4 × 4, 3 × 3)
struct Large;

#[allow(clippy::many_single_char_names)] // as in the formulas
impl Transform<6> for Large {
    #[inline]
    fn kernel([a, b, c]: [Lanes; 3]) -> [Lanes; 6] {
        let over = |x: Lanes, divisor: f32| x / Lanes::splat(divisor);
        let (even, odd) = (over(a + c, 6.0), over(b, 6.0));
        let (far, middle) = (over(a, 24.0) + over(c, 6.0), over(b, 12.0));
        [over(a, 4.0), Lanes::splat(0.0) - even - odd, odd - even, far + middle, far - middle, c]
    }

    #[inline]
    fn input([a, b, c, d, e, f]: [Lanes; 6]) -> [Lanes; 6] {
        let times = |factor: f32, x: Lanes| Lanes::splat(factor) * x;
        let (even, odd) = (e - times(4.0, c), d - times(4.0, b));
        let (far, middle) = (e - c, times(2.0, d - b));
        [
            times(4.0, a) - times(5.0, c) + e,
            even + odd,
            even - odd,
            far + middle,
            far - middle,
            times(4.0, b) - times(5.0, d) + f,
        ]
    }

    #[inline]
    fn output([a, b, c, d, e, f]: [Lanes; 6]) -> [Lanes; 4] {
        let times = |factor: f32, x: Lanes| Lanes::splat(factor) * x;
        let ((even, odd), (far, middle)) = ((b + c, b - c), (d + e, d - e));
        [a + even + far, odd + times(2.0, middle), even + times(4.0, far), odd + times(8.0, middle) + f]
    }
}

/// Which tiles a picture is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tiles {
    Small,
    Large,
}

impl Tiles {
    /// The fastest for a picture; `None` when the usual way is faster.
    pub fn of(picture: Picture) -> Option<Self> {
        let Picture { channels, height, width, .. } = picture;
        match (height.min(width), height.div_ceil(2) * width.div_ceil(2)) {
            _ if channels < INPUTS => None,
            (LARGE.., _) => Some(Self::Large),
            (_, PANEL..) => Some(Self::Small),
            _ => None,
        }
    }

    /// How many times as many numbers kernels become, rounded up.
    pub fn growth(self) -> usize {
        match self {
            Self::Small => 2,
            Self::Large => 4,
        }
    }

    /// `G g Gᵀ` of kernels `[outputs, 9 · inputs]`: `[n², outputs, inputs]`.
    pub fn transform_kernels(self, kernels: &[f32], inputs: usize) -> Vec<f32> {
        match self {
            Self::Small => transform_kernels::<Small, 4>(kernels, inputs),
            Self::Large => transform_kernels::<Large, 6>(kernels, inputs),
        }
    }

    /// Adds the convolution of one picture to `y [outputs, height, width]`. `weights` are its transformed kernels.
    pub fn add_convolution(self, y: &mut [f32], x: &[f32], picture: Picture, weights: &[f32]) {
        match self {
            Self::Small => add_convolution::<Small, 4>(y, x, picture, weights),
            Self::Large => add_convolution::<Large, 6>(y, x, picture, weights),
        }
    }
}

fn transform_kernels<T: Transform<N>, const N: usize>(kernels: &[f32], inputs: usize) -> Vec<f32> {
    let count = kernels.len() / 9;
    let mut transformed = vec![0.0; N * N * count];
    for (output, kernels) in kernels.chunks_exact(9 * inputs).enumerate() {
        // The kernels of four channels at a time.
        for first in (0..inputs).step_by(4) {
            let g = |position: usize| load(&kernels[position * inputs..][..inputs][first..]);
            let half = [0, 1, 2].map(|column| T::kernel([g(column), g(3 + column), g(6 + column)]));
            for row in 0..N {
                let values = T::kernel([half[0][row], half[1][row], half[2][row]]);
                for (column, value) in values.into_iter().enumerate() {
                    let to = &mut transformed[(N * row + column) * count + output * inputs..][..inputs];
                    store(value, &mut to[first..]);
                }
            }
        }
    }
    transformed
}

fn add_convolution<T: Transform<N>, const N: usize>(
    y: &mut [f32],
    x: &[f32],
    picture: Picture,
    weights: &[f32],
) {
    let Picture { channels, height, width, .. } = picture;
    if y.is_empty() || x.is_empty() {
        return;
    }
    let outputs = y.len() / (height * width);
    let columns = Columns::<N>::new(x, picture);
    let tiles = height.div_ceil(N - 2) * columns.across;
    let most = BLOCK.min(tiles.next_multiple_of(PANEL));
    let gap = GAP / PANEL;
    let mut panels = vec![[0.0; PANEL]; N * N * (channels * most / PANEL + gap)];
    let mut products = vec![0.0; N * N * (outputs * most + GAP)];
    for start in (0..tiles).step_by(BLOCK) {
        let count = BLOCK.min(tiles - start);
        let padded = count.next_multiple_of(PANEL);
        let (of_panels, of_products) = (channels * padded / PANEL, outputs * padded);
        columns.transform::<T>(&mut panels, of_panels + gap, start, count);
        products.fill(0.0);
        let elements = panels.chunks(of_panels + gap).zip(weights.chunks_exact(outputs * channels));
        for (products, (panels, weights)) in products.chunks_mut(of_products + GAP).zip(elements) {
            let weights = tiles::Columns::all(weights, channels);
            add_tiles(&mut products[..of_products], &weights, &panels[..of_panels], 0..padded, padded);
        }
        for (output, y) in y.chunks_exact_mut(height * width).enumerate() {
            for first in (0..count).step_by(4) {
                let at = output * padded + first;
                let tiles = transform_back::<T, N>(&products, of_products + GAP, at);
                for lane in 0..4.min(count - first) {
                    let (top, left) = columns.corner(start + first + lane);
                    let across = (N - 2).min(width - left);
                    for (row, pixels) in tiles.iter().enumerate().take((N - 2).min(height - top)) {
                        let y = &mut y[(top + row) * width + left..][..across];
                        for (y, pixel) in y.iter_mut().zip(pixels) {
                            *y += pixel[lane];
                        }
                    }
                }
            }
        }
    }
}

/// `Aᵀ m A` of four tiles: each of their pixels, row by row.
#[inline]
fn transform_back<T: Transform<N>, const N: usize>(
    products: &[f32],
    of_element: usize,
    at: usize,
) -> [[[f32; 4]; 4]; 4] {
    let mut columns = [[Lanes::splat(0.0); N]; 4];
    for column in 0..N {
        let values =
            T::output(std::array::from_fn(|row| load(&products[(N * row + column) * of_element + at..])));
        for (to, value) in columns.iter_mut().zip(values) {
            to[column] = value;
        }
    }
    columns.map(|row| {
        T::output(row).map(|values| {
            let mut four = [0.0; 4];
            values.store(&mut four);
            four
        })
    })
}

/// A picture with a border of zeros, its columns apart by what is left of them when divided by m: a column of
/// neighbouring tiles lies side by side.
struct Columns<const N: usize> {
    /// `[channels, m · down + 2, m, across + 1]`
    values: Vec<f32>,
    channels: usize,
    /// Tiles in a row.
    across: usize,
    /// Numbers of a channel.
    channel: usize,
}

impl<const N: usize> Columns<N> {
    #[allow(clippy::cast_possible_wrap)] // sizes of pictures
    fn new(x: &[f32], picture: Picture) -> Self {
        let (down, across) = (picture.height.div_ceil(N - 2), picture.width.div_ceil(N - 2));
        let (rows, line) = ((N - 2) * down + 2, (N - 2) * (across + 1));
        let mut values = vec![0.0; picture.channels * rows * line];
        for (index, line) in values.chunks_exact_mut(line).enumerate() {
            let channel = &x[index / rows * picture.stored()..][..picture.stored()];
            let Some(row) = picture.row(channel, (index % rows) as isize - 1) else {
                continue;
            };
            for column in 0..picture.width {
                let at = column + 1; // after the border
                line[at % (N - 2) * (across + 1) + at / (N - 2)] = picture.at(row, column as isize);
            }
        }
        Self { values, channels: picture.channels, across, channel: rows * line }
    }

    /// The row and column of a tile's first pixel.
    fn corner(&self, tile: usize) -> (usize, usize) {
        ((N - 2) * (tile / self.across), (N - 2) * (tile % self.across))
    }

    /// `Bᵀ d B` of `count` tiles from `start` on, in panels of eight tiles: `[panels, channels, 8]` for each of the
    /// elements, which are `of_element` panels apart.
    fn transform<T: Transform<N>>(
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
                let (top, left) = self.corner(start + (first + lane).min(count - 1));
                top * step + left / (N - 2)
            };
            let fours: [[usize; 4]; 2] = [0, 4].map(|four| std::array::from_fn(|lane| begin(four + lane)));
            for (index, channel) in self.values.chunks_exact(self.channel).enumerate() {
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
                    let mut at = panel * self.channels + index;
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

/// Four numbers that lie together, the last of them zeros where there are fewer.
#[inline]
fn load(values: &[f32]) -> Lanes {
    if let Some(four) = values.first_chunk() {
        return Lanes::load(four);
    }
    let mut four = [0.0; 4];
    for (to, value) in four.iter_mut().zip(values) {
        *to = *value;
    }
    Lanes::load(&four)
}

/// Writes four numbers, or as many of them as there is room for.
#[inline]
fn store(lanes: Lanes, to: &mut [f32]) {
    if let Some(four) = to.first_chunk_mut() {
        return lanes.store(four);
    }
    let mut four = [0.0; 4];
    lanes.store(&mut four);
    for (to, value) in to.iter_mut().zip(four) {
        *to = value;
    }
}
