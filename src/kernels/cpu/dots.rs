//! Products of matrices on the CPU whose second one lies the other way round: tiles of two rows by four columns, each a
//! dot product, whose sums stay in registers. Nothing is turned over, which would cost more than these lose against
//! [`super::tiles`] while there are few rows.

use super::lanes::Lanes;
use super::tiles::Columns;

/// Rows of a tile.
const ROWS: usize = 2;

/// Columns of a tile, which are rows of the second matrix. With two rows, the sums take eight of the sixteen registers.
pub const DOTS: usize = 4;

/// `y += x · wᵀ`, where the rows of `w` belong to the columns of `y` from `first` on, of `all` that it has.
pub fn add_dots(y: &mut [f32], x: &Columns, w: &Columns, first: usize, all: usize) {
    for (y, x) in y.chunks_mut(ROWS * all).zip(x.rows(ROWS)) {
        let is_whole = y.len() > all;
        let end = all.min(first + w.numbers.len() / w.width);
        for (w, start) in w.rows(DOTS).zip((first..end).step_by(DOTS)) {
            // Rows that are missing in the last four are the first again.
            let w = [w.get(0), w.get(1), w.get(2), w.get(3)];
            let columns = start..end.min(start + DOTS);
            if is_whole {
                let (y, next) = y.split_at_mut(all);
                let [sums, next_sums] = tile([x.get(0), x.get(1)], w);
                add(&mut y[columns.clone()], sums);
                add(&mut next[columns], next_sums);
            } else {
                let [sums] = tile([x.get(0)], w);
                add(&mut y[columns], sums);
            }
        }
    }
}

/// The dot products of each row of `x` with each of `w`.
#[inline]
fn tile<const R: usize>(x: [&[f32]; R], w: [&[f32]; DOTS]) -> [[f32; DOTS]; R] {
    let (x, x_rest) = parts(x);
    let (w, w_rest) = parts(w);
    let len = w[0].len();
    // That all are as long is what the compiler has to know, or it asks for every number.
    let (x, w) = (x.map(|x| &x[..len]), w.map(|w| &w[..len]));
    let mut sums = [[Lanes::splat(0.0); DOTS]; R];
    for index in 0..len {
        let w = w.map(|w| Lanes::load(&w[index]));
        for (sums, x) in sums.iter_mut().zip(x) {
            let x = Lanes::load(&x[index]);
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = sum.add_product(x, w);
            }
        }
    }
    std::array::from_fn(|row| {
        let mut dots = [0.0; DOTS];
        Lanes::sums(sums[row]).store(&mut dots);
        for (dot, w) in dots.iter_mut().zip(w_rest) {
            *dot += x_rest[row].iter().zip(w).map(|(x, w)| x * w).sum::<f32>();
        }
        dots
    })
}

/// Rows as vectors, and what is left of them.
#[inline]
fn parts<const N: usize>(rows: [&[f32]; N]) -> ([&[[f32; 4]]; N], [&[f32]; N]) {
    let parts = rows.map(<[f32]>::as_chunks::<4>);
    (parts.map(|(whole, _)| whole), parts.map(|(_, rest)| rest))
}

/// `y += sums`, as many as `y` has.
#[inline]
fn add(y: &mut [f32], sums: [f32; DOTS]) {
    for (y, sum) in y.iter_mut().zip(sums) {
        *y += sum;
    }
}
