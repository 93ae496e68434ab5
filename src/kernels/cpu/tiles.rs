//! Products of matrices on the CPU, [tile](super::tile) by tile.

use std::ops::Range;

use super::fused::TileFunction;
pub use super::tile::{PANEL, TILE};
use super::tile::{halves, joined};

/// Products of a sum that are computed before other sums have their turn, so that the near cache still has what eight
/// panels need of these.
pub const DEPTH: usize = 512;

/// Some columns of a matrix, row by row.
#[derive(Debug, Clone)]
pub struct Columns<'a> {
    /// All columns of it.
    pub numbers: &'a [f32],
    /// As many as the matrix has.
    pub width: usize,
    /// Those that are meant.
    pub range: Range<usize>,
}

impl<'a> Columns<'a> {
    /// All columns of a matrix.
    pub fn all(numbers: &'a [f32], width: usize) -> Self {
        Self { numbers, width, range: 0..width }
    }

    /// A part of each of so many rows at a time, from the top; of fewer where no more are left.
    pub fn rows(&self, count: usize) -> impl Iterator<Item = Rows<'a>> {
        let Self { numbers, width, range } = self.clone();
        numbers.chunks(count * width).map(move |numbers| Rows(Self { numbers, width, range: range.clone() }))
    }
}

/// A few rows of [`Columns`].
pub struct Rows<'a>(Columns<'a>);

impl<'a> Rows<'a> {
    /// A row; the first one in place of one that is missing.
    #[inline]
    pub fn get(&self, index: usize) -> &'a [f32] {
        let Columns { numbers, width, range } = &self.0;
        let row = numbers.chunks_exact(*width).nth(index).unwrap_or(&numbers[..*width]);
        &row[range.clone()]
    }
}

/// `y += x · panels`, where the panels are `columns` of the `all` that `y` has, and as high as `x` is wide.
pub fn add_tiles(y: &mut [f32], x: &Columns, panels: &[[f32; PANEL]], columns: Range<usize>, all: usize) {
    let inner = x.range.len();
    let tile = TileFunction::fastest();
    let mut sums = [[0.0; PANEL]; TILE];
    for start in (0..inner).step_by(DEPTH) {
        let depth = start..inner.min(start + DEPTH);
        let x = Columns { range: x.range.start + depth.start..x.range.start + depth.end, ..*x };
        for (y, x) in y.chunks_mut(TILE * all).zip(x.rows(TILE)) {
            // A last tile with fewer rows computes its first row again for those that are missing.
            let rows = [x.get(0), x.get(1), x.get(2), x.get(3)];
            for (panel, first) in panels.chunks_exact(inner).zip(columns.clone().step_by(PANEL)) {
                tile.call(&panel[depth.clone()], rows, &mut sums);
                let end = columns.end.min(first + PANEL);
                for (y, sums) in y.chunks_exact_mut(all).zip(&sums) {
                    add(&mut y[first..end], sums);
                }
            }
        }
    }
}

/// `y += sums`, as many as `y` has.
#[inline]
fn add(y: &mut [f32], sums: &[f32; PANEL]) {
    if let Some(panel) = y.first_chunk_mut::<PANEL>() {
        let (old, sums) = (halves(panel), halves(sums));
        *panel = joined([old[0] + sums[0], old[1] + sums[1]]);
        return;
    }
    for (y, sum) in y.iter_mut().zip(sums) {
        *y += sum;
    }
}
