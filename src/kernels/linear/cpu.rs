//! [`linear`] for the CPU, in the four-lane vectors that wasm has.
//!
//! Few rows are bound by reading the weights, so they are read once, in order. Many rows are bound by arithmetic: a
//! panel of eight columns is packed to lie together, and tiles of four rows by eight columns stay in registers.

use super::Activation;
use crate::kernels::lanes::Lanes;

/// Columns of a panel: two vectors.
const PANEL: usize = 8;
/// Rows of a tile. With two vectors of columns, its sums take eight of the sixteen registers there are.
const TILE: usize = 4;

/// `activation(x · weight + bias)`, all row-major: `x [rows, inner]`, `weight [inner, columns]`, `bias [columns]`.
pub fn linear(x: &[f32], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let columns = bias.len();
    let inner = weight.len().checked_div(columns).unwrap_or(0);
    let rows = x.len().checked_div(inner).unwrap_or(0);
    let mut y = bias.repeat(rows);
    if rows < TILE {
        for (y, x) in y.chunks_exact_mut(columns.max(1)).zip(x.chunks_exact(inner.max(1))) {
            add_row(y, x, weight);
        }
    } else {
        add_panels(&mut y, x, weight, inner, columns);
    }
    activate(&mut y, activation);
    y
}

/// `y += x · weight` for one row, four rows of the weights at a time.
fn add_row(y: &mut [f32], x: &[f32], weight: &[f32]) {
    let columns = y.len();
    let (x_fours, x_rest) = x.as_chunks::<4>();
    let (weight_fours, weight_rest) = weight.split_at(x_fours.len() * 4 * columns);
    for (x, weight) in x_fours.iter().zip(weight_fours.chunks_exact(4 * columns)) {
        let x_lanes = x.map(Lanes::splat);
        let (w0, rest) = weight.split_at(columns);
        let (w1, rest) = rest.split_at(columns);
        let (w2, w3) = rest.split_at(columns);
        let [(w0, e0), (w1, e1), (w2, e2), (w3, e3)] = [w0, w1, w2, w3].map(<[f32]>::as_chunks::<4>);
        let (y, y_rest) = y.as_chunks_mut::<4>();
        for ((((y, w0), w1), w2), w3) in y.iter_mut().zip(w0).zip(w1).zip(w2).zip(w3) {
            Lanes::load(y)
                .add_product(x_lanes[0], Lanes::load(w0))
                .add_product(x_lanes[1], Lanes::load(w1))
                .add_product(x_lanes[2], Lanes::load(w2))
                .add_product(x_lanes[3], Lanes::load(w3))
                .store(y);
        }
        for ((((y, w0), w1), w2), w3) in y_rest.iter_mut().zip(e0).zip(e1).zip(e2).zip(e3) {
            *y += x[0] * w0 + x[1] * w1 + x[2] * w2 + x[3] * w3;
        }
    }
    for (&x, weight) in x_rest.iter().zip(weight_rest.chunks_exact(columns)) {
        for (y, w) in y.iter_mut().zip(weight) {
            *y += x * w;
        }
    }
}

/// Columns that are packed at a time: whole cache lines of each row.
const BLOCK: usize = 64;

/// `y += x · weight`, panel by panel.
fn add_panels(y: &mut [f32], x: &[f32], weight: &[f32], inner: usize, columns: usize) {
    let mut panels = vec![[0.0; PANEL]; inner * (BLOCK / PANEL)];
    for start in (0..columns).step_by(BLOCK) {
        let width = BLOCK.min(columns - start);
        for (row, weight) in weight.chunks_exact(columns).enumerate() {
            let (whole, rest) = weight[start..start + width].as_chunks();
            for (panel, values) in whole.iter().enumerate() {
                panels[panel * inner + row] = *values;
            }
            if !rest.is_empty() {
                panels[whole.len() * inner + row][..rest.len()].copy_from_slice(rest);
            }
        }
        for (y, x) in y.chunks_mut(TILE * columns).zip(x.chunks(TILE * inner)) {
            // A last tile with fewer rows computes its first row again in place of those that are missing.
            let row = |index: usize| x.chunks_exact(inner).nth(index).unwrap_or(&x[..inner]);
            let rows = [row(0), row(1), row(2), row(3)];
            for (panel, first) in panels.chunks_exact(inner).zip((start..start + width).step_by(PANEL)) {
                let sums = tile(panel, rows);
                let end = columns.min(first + PANEL);
                for (y, sums) in y.chunks_exact_mut(columns).zip(sums) {
                    for (y, value) in y[first..end].iter_mut().zip(sums) {
                        *y += value;
                    }
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
        let (halves, _) = w.as_chunks::<4>();
        let w = [Lanes::load(&halves[0]), Lanes::load(&halves[1])];
        sums[0] = add_products(sums[0], r0[k], w);
        sums[1] = add_products(sums[1], r1[k], w);
        sums[2] = add_products(sums[2], r2[k], w);
        sums[3] = add_products(sums[3], r3[k], w);
    }
    sums.map(|[left, right]| {
        let mut values = [0.0; PANEL];
        let (halves, _) = values.as_chunks_mut::<4>();
        left.store(&mut halves[0]);
        right.store(&mut halves[1]);
        values
    })
}

/// `sums + x · w`
#[inline]
fn add_products(sums: [Lanes; 2], x: f32, w: [Lanes; 2]) -> [Lanes; 2] {
    let x = Lanes::splat(x);
    [sums[0].add_product(x, w[0]), sums[1].add_product(x, w[1])]
}

fn activate(y: &mut [f32], activation: Activation) {
    match activation {
        Activation::Identity => {}
        Activation::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
        Activation::LeakyRelu(slope) => y.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope),
        Activation::Tanh => map_lanes(y, Lanes::tanh),
        Activation::Sigmoid => map_lanes(y, Lanes::sigmoid),
        Activation::Silu => map_lanes(y, |x| x * x.sigmoid()),
        Activation::Gelu => {
            for y in y {
                *y *= 0.5 * (1.0 + libm::erff(*y * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
        Activation::GeluTanh => map_lanes(y, Lanes::gelu_tanh),
    }
}

/// Applies a function to every value, four at a time.
fn map_lanes(y: &mut [f32], function: impl Fn(Lanes) -> Lanes) {
    let (fours, rest) = y.as_chunks_mut::<4>();
    for four in fours {
        function(Lanes::load(four)).store(four);
    }
    let mut last = [0.0; 4];
    last[..rest.len()].copy_from_slice(rest);
    function(Lanes::load(&last)).store(&mut last);
    rest.copy_from_slice(&last[..rest.len()]);
}
