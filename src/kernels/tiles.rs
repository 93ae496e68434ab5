//! Products of matrices on the CPU: tiles of four rows by a panel of eight columns, whose sums stay in registers.

use std::ops::Range;

use super::lanes::Lanes;

/// Columns of a panel, which lie together.
pub const PANEL: usize = 8;

/// Rows of a tile. With two vectors of columns, its sums take eight of the sixteen registers there are.
pub const TILE: usize = 4;

/// Tiles of four rows times panels, which have these `columns` of all.
pub fn add_tiles(y: &mut [f32], x: &[f32], panels: &[[f32; PANEL]], columns: Range<usize>, all: usize) {
    let inner = x.len() / (y.len() / all);
    for (y, x) in y.chunks_mut(TILE * all).zip(x.chunks(TILE * inner)) {
        // A last tile with fewer rows computes its first row again in place of those that are missing.
        let row = |index: usize| x.chunks_exact(inner).nth(index).unwrap_or(&x[..inner]);
        let rows = [row(0), row(1), row(2), row(3)];
        for (panel, first) in panels.chunks_exact(inner).zip(columns.clone().step_by(PANEL)) {
            let sums = tile(panel, rows);
            let end = columns.end.min(first + PANEL);
            for (y, sums) in y.chunks_exact_mut(all).zip(sums) {
                for (y, value) in y[first..end].iter_mut().zip(sums) {
                    *y += value;
                }
            }
        }
    }
}

/// Four rows times a panel of eight columns. Written out row by row, so that the sums stay in registers.
fn tile(panel: &[[f32; PANEL]], rows: [&[f32]; TILE]) -> [[f32; PANEL]; TILE] {
    let mut sums = [[Lanes::splat(0.0); 2]; TILE];
    let [r0, r1, r2, r3] = rows.map(|row| &row[..panel.len()]);
    for (k, w) in panel.iter().enumerate() {
        let w = halves(w);
        sums[0] = add_products(sums[0], r0[k], w);
        sums[1] = add_products(sums[1], r1[k], w);
        sums[2] = add_products(sums[2], r2[k], w);
        sums[3] = add_products(sums[3], r3[k], w);
    }
    sums.map(joined)
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
