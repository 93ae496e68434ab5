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
        // A last tile with fewer rows computes its first row again for those that are missing.
        let row = |index: usize| x.chunks_exact(inner).nth(index).unwrap_or(&x[..inner]);
        let rows = [row(0), row(1), row(2), row(3)];
        for (panel, first) in panels.chunks_exact(inner).zip(columns.clone().step_by(PANEL)) {
            let sums = tile(panel, rows);
            let end = columns.end.min(first + PANEL);
            for (y, sums) in y.chunks_exact_mut(all).zip(sums) {
                add(&mut y[first..end], sums);
            }
        }
    }
}

/// Four rows times a panel of eight columns. Written out row by row, so that the sums stay in registers, and for two
/// numbers of a row at a time, since the loop itself costs too.
fn tile(panel: &[[f32; PANEL]], rows: [&[f32]; TILE]) -> [[Lanes; 2]; TILE] {
    let mut sums = [[Lanes::splat(0.0); 2]; TILE];
    let [(r0, e0), (r1, e1), (r2, e2), (r3, e3)] = rows.map(|row| row[..panel.len()].as_chunks::<2>());
    let (pairs, last) = panel.as_chunks::<2>();
    for ((((w, r0), r1), r2), r3) in pairs.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
        let [w, next] = [halves(&w[0]), halves(&w[1])];
        sums[0] = add_products(add_products(sums[0], r0[0], w), r0[1], next);
        sums[1] = add_products(add_products(sums[1], r1[0], w), r1[1], next);
        sums[2] = add_products(add_products(sums[2], r2[0], w), r2[1], next);
        sums[3] = add_products(add_products(sums[3], r3[0], w), r3[1], next);
    }
    for (w, row) in last.iter().zip([[e0, e1, e2, e3]]) {
        for (sums, row) in sums.iter_mut().zip(row) {
            *sums = add_products(*sums, row[0], halves(w));
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
