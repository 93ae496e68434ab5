//! [`linear`](super::linear) for the CPU, in the four-lane vectors that wasm has.
//!
//! Few rows are bound by reading the weights, so they are read once, in the order in which they lie. Many rows are bound
//! by arithmetic, and the sums of a tile stay in registers. A weight is then taken in panels of eight outputs: one
//! `[inputs, outputs]` in `f32` has them already ([`Weight`]), of any other a block at a time is unpacked and laid out
//! anew, which stays in the cache while all rows meet it. In between, of a weight `[outputs, inputs]`, that would cost more than
//! it saves: there the sums are dot products of its rows as they lie.

use burn::tensor::{Tensor, TensorData};

use super::LinearCall;
use crate::kernels::cpu::dots::{DOTS, add_dots};
use crate::kernels::cpu::integers::{Inputs, ScaledSum, add_four_rows};
use crate::kernels::cpu::lanes::{Lanes, add_scaled};
use crate::kernels::cpu::numbers;
use crate::kernels::cpu::tile::{PANEL, TILE, add_products, halves, joined};
use crate::kernels::cpu::tiles::{Columns, DEPTH, Rows, add_tiles};
use crate::kernels::weight::cpu::{OnCpu, as_bytes};
use crate::kernels::{Format, Layout, Q8_BLOCK, Weight, layer_norm};

/// Outputs whose weights all rows meet while the cache has them; whole cache lines of a row where they are packed.
const BLOCK: usize = 64;

pub fn linear(x: &Tensor<2>, call: &LinearCall) -> Tensor<2> {
    let LinearCall { norm, weight, bias, activation, residual } = call;
    let ([rows, _], outputs) = (x.dims(), weight.outputs());
    let input = numbers(norm.map_or_else(|| x.clone(), |norm| layer_norm(x, norm)));
    let mut y = match bias {
        Some(bias) => numbers(bias.clone()).storage::<f32>().repeat(rows),
        None => vec![0.0; rows * outputs],
    };
    add_product(&mut y, input.storage(), weight, &weight.on_cpu());
    activation.apply(&mut y);
    if let Some(residual) = residual {
        for (y, residual) in y.iter_mut().zip(numbers(residual.clone()).storage::<f32>()) {
            *y += residual;
        }
    }
    Tensor::from_data(TensorData::new(y, [rows, outputs]), &x.device())
}

/// Rows from which on unpacking bytes costs less than rounding the inputs: from here on both go at the same speed.
const WHOLE_NUMBERS: usize = 8;

/// Rows from which on panels of a weight `[outputs, inputs]` are worth making.
const PANELS: usize = 16;

/// `y += x · weight`, row-major: `x [rows, inputs]`, `y [rows, outputs]`.
fn add_product(y: &mut [f32], x: &[f32], weight: &Weight, matrix: &OnCpu) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    if inputs == 0 || outputs == 0 {
        return;
    }
    let rows = y.len() / outputs;
    let few = rows < TILE;
    match (weight.layout(), matrix) {
        (_, OnCpu::Panels(panels)) if few => {
            for (y, x) in y.chunks_exact_mut(outputs).zip(x.chunks_exact(inputs)) {
                add_panels(y, x, panels.storage::<f32>().as_chunks().0);
            }
        }
        (_, OnCpu::Panels(panels)) => {
            let panels = panels.storage::<f32>().as_chunks().0;
            for (start, panels) in (0..outputs).step_by(BLOCK).zip(panels.chunks(inputs * BLOCK / PANEL)) {
                add_tiles(y, &Columns::all(x, inputs), panels, start..outputs.min(start + BLOCK), outputs);
            }
        }
        (Layout::InOut, OnCpu::Q8 { bytes, scales }) if few => {
            for (y, x) in y.chunks_exact_mut(outputs).zip(x.chunks_exact(inputs)) {
                add_bytes(y, x, bytes.storage(), scales.storage());
            }
        }
        (Layout::InOut, _) if few => add_rows(y, x, weight, matrix),
        (Layout::OutIn, OnCpu::Q8 { bytes, scales }) if rows < WHOLE_NUMBERS => {
            for (y, x) in y.chunks_exact_mut(outputs).zip(x.chunks_exact(inputs)) {
                add_dots_of_bytes(y, x, bytes.storage(), scales.storage());
            }
        }
        (Layout::OutIn, _) if few => add_dot_blocks(y, x, weight, matrix, [DOTS, inputs]),
        (Layout::OutIn, _) if rows < PANELS => add_dot_blocks(y, x, weight, matrix, [BLOCK, DEPTH]),
        _ => add_blocks(y, x, weight, matrix),
    }
}

/// Rows of a weight `[inputs, outputs]` that are read side by side: with half as many, memory is read at half the speed.
const STREAMS: usize = 8;

/// For a weight `[inputs, outputs]`: some rows of it at a time, unpacked if need be, to every row of `y`.
fn add_rows(y: &mut [f32], x: &[f32], weight: &Weight, matrix: &OnCpu) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let mut scratch = vec![0.0; STREAMS * outputs];
    for start in (0..inputs).step_by(STREAMS) {
        let end = inputs.min(start + STREAMS);
        let rows = matrix.rows(start..end, weight, &mut scratch);
        for (y, x) in y.chunks_exact_mut(outputs).zip(x.chunks_exact(inputs)) {
            match <&[f32; STREAMS]>::try_from(&x[start..end]) {
                Ok(x) => add_streams(y, x, rows),
                Err(_) => {
                    for (&x, row) in x[start..end].iter().zip(rows.chunks_exact(outputs)) {
                        add_scaled(y, x, row);
                    }
                }
            }
        }
    }
}

/// `y += x · rows` for eight rows.
fn add_streams(y: &mut [f32], x: &[f32; STREAMS], rows: &[f32]) {
    let columns = y.len();
    let (y_fours, y_rest) = y.as_chunks_mut::<4>();
    let len = y_fours.len();
    let rows: [&[f32]; STREAMS] = std::array::from_fn(|index| &rows[index * columns..(index + 1) * columns]);
    let fours = rows.map(|row| &row.as_chunks::<4>().0[..len]);
    let x_lanes = x.map(Lanes::splat);
    for (at, y) in y_fours.iter_mut().enumerate() {
        let mut sum = Lanes::load(y);
        for (x, row) in x_lanes.iter().zip(&fours) {
            sum = sum.add_product(*x, Lanes::load(&row[at]));
        }
        sum.store(y);
    }
    for (at, y) in y_rest.iter_mut().enumerate() {
        *y += x.iter().zip(&rows).map(|(x, row)| x * row[4 * len + at]).sum::<f32>();
    }
}

/// For a weight `[outputs, inputs]`: blocks of as many outputs by inputs, unpacked if need be, meet every row of `x`.
fn add_dot_blocks(y: &mut [f32], x: &[f32], weight: &Weight, matrix: &OnCpu, [block, depth]: [usize; 2]) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let is_packed = weight.format() != Format::F32;
    let mut scratch = vec![0.0; if is_packed { block * depth.min(inputs) } else { 0 }];
    for start in (0..outputs).step_by(block) {
        for first in (0..inputs).step_by(depth) {
            let range = first..inputs.min(first + depth);
            let rows = start..outputs.min(start + block);
            let part = matrix.block(rows, range.clone(), weight, &mut scratch);
            add_dots(y, &Columns { numbers: x, width: inputs, range }, &part, start, outputs);
        }
    }
}

/// For a weight `[inputs, outputs]` of bytes: blocks of inputs that share their scales, in whole numbers.
fn add_bytes(y: &mut [f32], x: &[f32], bytes: &[i32], scales: &[f32]) {
    let padded = y.len().next_multiple_of(4);
    let bytes: &[i8] = as_bytes(bytes);
    let inputs = Inputs::new(x);
    let zeros = vec![0_i8; padded];
    let mut sums = vec![0_i32; padded];
    let blocks = bytes.chunks(Q8_BLOCK * padded).zip(scales.chunks_exact(padded));
    for ((bytes, scales), (x, x_scale)) in blocks.zip(inputs.blocks.iter().zip(&inputs.scales)) {
        sums.fill(0);
        for (rows, x) in bytes.chunks(4 * padded).zip(x.as_chunks::<4>().0) {
            // Rows that are missing in the last four are zeros.
            let row = |index: usize| rows.chunks_exact(padded).nth(index).unwrap_or(&zeros);
            let rows = [row(0), row(1), row(2), row(3)];
            let [(r0, e0), (r1, e1), (r2, e2), (r3, e3)] = rows.map(<[i8]>::as_chunks::<8>);
            let (sums, sums_rest) = sums.as_chunks_mut::<8>();
            for ((((sums, r0), r1), r2), r3) in sums.iter_mut().zip(r0).zip(r1).zip(r2).zip(r3) {
                add_four_rows(sums, [r0, r1, r2, r3], *x);
            }
            for (column, sum) in sums_rest.iter_mut().enumerate() {
                for (row, x) in [e0, e1, e2, e3].into_iter().zip(x) {
                    *sum += i32::from(row[column]) * i32::from(*x);
                }
            }
        }
        let x_scale = x_scale / 127.0;
        for ((y, sum), scale) in y.iter_mut().zip(&sums).zip(scales) {
            #[allow(clippy::cast_precision_loss)] // 24 bits are as many as an f32 has
            let sum = *sum as f32;
            *y += sum * (scale * x_scale);
        }
    }
}

/// For a weight `[outputs, inputs]` of bytes: the dot products of each of its rows.
fn add_dots_of_bytes(y: &mut [f32], x: &[f32], bytes: &[i32], scales: &[f32]) {
    let inputs = Inputs::new(x);
    let padded = x.len().next_multiple_of(4);
    let rows = as_bytes(bytes).chunks_exact(padded).zip(scales.chunks_exact(inputs.scales.len()));
    for (y, (row, scales)) in y.iter_mut().zip(rows) {
        let mut sum = ScaledSum::zero();
        let (whole, rest) = row.as_chunks::<Q8_BLOCK>();
        let x_blocks = inputs.blocks.iter().zip(&inputs.scales);
        for ((w, scale), (x, x_scale)) in whole.iter().zip(scales).zip(x_blocks) {
            sum = sum.add(w, x, scale * x_scale);
        }
        if let (false, Some(x), Some(x_scale), Some(scale)) =
            (rest.is_empty(), inputs.blocks.last(), inputs.scales.last(), scales.last())
        {
            let mut w = [0; Q8_BLOCK];
            w[..rest.len()].copy_from_slice(rest);
            sum = sum.add(&w, x, scale * x_scale);
        }
        *y += sum.total() / 127.0;
    }
}

/// One row times panels of eight columns.
fn add_panels(y: &mut [f32], x: &[f32], panels: &[[f32; PANEL]]) {
    let (x_fours, x_rest) = x.as_chunks::<4>();
    for (y, panel) in y.chunks_mut(PANEL).zip(panels.chunks_exact(x.len())) {
        // Four sums that do not wait for each other.
        let mut sums = [[Lanes::splat(0.0); 2]; 4];
        let (fours, rest) = panel.as_chunks::<4>();
        for (x, w) in x_fours.iter().zip(fours) {
            sums[0] = add_products(sums[0], x[0], halves(&w[0]));
            sums[1] = add_products(sums[1], x[1], halves(&w[1]));
            sums[2] = add_products(sums[2], x[2], halves(&w[2]));
            sums[3] = add_products(sums[3], x[3], halves(&w[3]));
        }
        for (&x, w) in x_rest.iter().zip(rest) {
            sums[0] = add_products(sums[0], x, halves(w));
        }
        let half = |half: usize| (sums[0][half] + sums[1][half]) + (sums[2][half] + sums[3][half]);
        for (y, sum) in y.iter_mut().zip(joined([half(0), half(1)])) {
            *y += sum;
        }
    }
}

/// For a weight that has no panels: they are made of a block of it at a time.
fn add_blocks(y: &mut [f32], x: &[f32], weight: &Weight, matrix: &OnCpu) {
    let (inputs, outputs) = (weight.inputs(), weight.outputs());
    let depth = DEPTH.min(inputs);
    let mut panels = vec![[0.0; PANEL]; depth * (BLOCK / PANEL)];
    let mut scratch = vec![0.0; depth * BLOCK];
    for start in (0..outputs).step_by(BLOCK) {
        let columns = start..outputs.min(start + BLOCK);
        for first in (0..inputs).step_by(depth) {
            let range = first..inputs.min(first + depth);
            let panels = &mut panels[..range.len() * columns.len().div_ceil(PANEL)];
            let of_panel = range.len();
            match weight.layout() {
                Layout::InOut => {
                    lay_rows(panels, &matrix.block(range.clone(), columns.clone(), weight, &mut scratch));
                }
                Layout::OutIn => {
                    let block = matrix.block(columns.clone(), range.clone(), weight, &mut scratch);
                    for (panel, rows) in panels.chunks_exact_mut(of_panel).zip(block.rows(PANEL)) {
                        turn_over(panel, &rows);
                    }
                }
            }
            add_tiles(y, &Columns { numbers: x, width: inputs, range }, panels, columns.clone(), outputs);
        }
    }
}

/// Makes panels of a block `[inputs, outputs]`.
fn lay_rows(panels: &mut [[f32; PANEL]], block: &Columns) {
    let height = block.numbers.len() / block.width;
    for (index, row) in block.rows(1).enumerate() {
        let (whole, rest) = row.get(0).as_chunks();
        for (panel, values) in whole.iter().enumerate() {
            panels[panel * height + index] = *values;
        }
        if !rest.is_empty() {
            panels[whole.len() * height + index][..rest.len()].copy_from_slice(rest);
        }
    }
}

/// Makes a panel of eight rows of a block `[outputs, inputs]`. What it has in place of rows that are missing, no tile keeps.
fn turn_over(panel: &mut [[f32; PANEL]], rows: &Rows) {
    let rows: [&[f32]; PANEL] = std::array::from_fn(|output| &rows.get(output)[..panel.len()]);
    for (input, outputs) in panel.iter_mut().enumerate() {
        *outputs = rows.map(|row| row[input]);
    }
}
