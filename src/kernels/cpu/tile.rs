//! A tile of a product of matrices: four rows times a panel of eight columns, whose sums stay in registers.
//!
//! [`super::fused`] compiles this file once more, with instructions that not every browser has.

use super::lanes::Lanes;

/// Columns of a panel, which lie together.
pub const PANEL: usize = 8;

/// Rows of a tile. With two vectors of columns, its sums take eight of the sixteen registers there are.
pub const TILE: usize = 4;

/// `rows · panel`; each row is at least as long as the panel is high.
#[inline]
pub fn tile(panel: &[[f32; PANEL]], rows: [&[f32]; TILE]) -> [[f32; PANEL]; TILE] {
    let mut sums = [[Lanes::splat(0.0); 2]; TILE];
    let [first, second, third, fourth] = rows;
    let rows = first.iter().zip(second).zip(third.iter().zip(fourth));
    for (w, ((x0, x1), (x2, x3))) in panel.iter().zip(rows) {
        let w = halves(w);
        for (sums, x) in sums.iter_mut().zip([x0, x1, x2, x3]) {
            *sums = add_products(*sums, *x, w);
        }
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
