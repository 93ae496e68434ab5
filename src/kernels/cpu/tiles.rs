//! Products of matrices on the CPU: tiles of four rows by a panel of eight columns, whose sums stay in registers.

use std::ops::Range;

use super::lanes::Lanes;

/// Columns of a panel, which lie together.
pub const PANEL: usize = 8;

/// Rows of a tile. With two vectors of columns, its sums take eight of the sixteen registers there are.
pub const TILE: usize = 4;

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
    for start in (0..inner).step_by(DEPTH) {
        let depth = start..inner.min(start + DEPTH);
        let x = Columns { range: x.range.start + depth.start..x.range.start + depth.end, ..*x };
        for (y, x) in y.chunks_mut(TILE * all).zip(x.rows(TILE)) {
            // A last tile with fewer rows computes its first row again for those that are missing.
            let rows = [x.get(0), x.get(1), x.get(2), x.get(3)];
            for (panel, first) in panels.chunks_exact(inner).zip(columns.clone().step_by(PANEL)) {
                let sums = tile(&panel[depth.clone()], rows);
                let end = columns.end.min(first + PANEL);
                for (y, sums) in y.chunks_exact_mut(all).zip(sums) {
                    add(&mut y[first..end], sums);
                }
            }
        }
    }
}

/// Four rows times a panel of eight columns.
#[inline(never)]
fn tile(panel: &[[f32; PANEL]], rows: [&[f32]; TILE]) -> [[Lanes; 2]; TILE] {
    let mut sums = [[Lanes::splat(0.0); 2]; TILE];
    // That all are as long is what the compiler has to know, or it asks for every number.
    let rows = rows.map(|row| &row[..panel.len()]);
    for (index, w) in panel.iter().enumerate() {
        let w = halves(w);
        for (sums, row) in sums.iter_mut().zip(rows) {
            *sums = add_products(*sums, row[index], w);
        }
    }
    sums
}

/// `y += sums`, as many as `y` has.
#[inline]
fn add(y: &mut [f32], sums: [Lanes; 2]) {
    if let Some(panel) = y.first_chunk_mut::<PANEL>() {
        let old = halves(panel);
        *panel = joined([old[0] + sums[0], old[1] + sums[1]]);
        return;
    }
    for (y, value) in y.iter_mut().zip(joined(sums)) {
        *y += value;
    }
}

/// Eight numbers as two vectors.
#[inline]
pub fn halves(values: &[f32; PANEL]) -> [Lanes; 2] {
    let (halves, _) = values.as_chunks::<4>();
    [Lanes::load(&halves[0]), Lanes::load(&halves[1])]
}

/// Two vectors as eight numbers.
#[inline]
pub fn joined([left, right]: [Lanes; 2]) -> [f32; PANEL] {
    let mut values = [0.0; PANEL];
    let (halves, _) = values.as_chunks_mut::<4>();
    left.store(&mut halves[0]);
    right.store(&mut halves[1]);
    values
}

/// `sums + x · w`
#[inline]
pub fn add_products(sums: [Lanes; 2], x: f32, w: [Lanes; 2]) -> [Lanes; 2] {
    let x = Lanes::splat(x);
    [sums[0].add_product(x, w[0]), sums[1].add_product(x, w[1])]
}
