//! [`cross_attention`](super::cross_attention) for the CPU, in the tiles of a product of matrices.
//!
//! Some queries at a time meet some keys and values at a time, all of which the near cache has meanwhile. A query's largest
//! score is found on the way, and what was added before is scaled down when a larger one comes (Milakov and Gimelshein, "Online
//! normalizer calculation for softmax", 2018).

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::scale_of;
use crate::kernels::cpu::lanes::{exp_of_differences, largest_of};
use crate::kernels::cpu::numbers;
use crate::kernels::cpu::tiles::{Columns, PANEL, add_tiles};

/// Queries of a block.
const QUERIES: usize = 64;

/// Keys of a block, which are whole panels.
const KEYS: usize = 128;

pub fn cross_attention(
    queries: &Tensor<2>,
    keys: &Tensor<2>,
    values: &Tensor<2>,
    rows: usize,
    heads: usize,
) -> Tensor<2> {
    let shape @ [all, width] = queries.dims();
    let key_count = keys.dims()[0] / rows;
    let [q, k, v] = [queries, keys, values].map(|tensor| numbers(tensor.clone()));
    let mut mixed = vec![0.0; all * width];
    if !mixed.is_empty() && key_count > 0 {
        mix(&mut mixed, [q.storage(), k.storage(), v.storage()], [rows, heads, width]);
    }
    Tensor::from_data(TensorData::new(mixed, shape), &queries.device())
}

fn mix(mixed: &mut [f32], [queries, keys, values]: [&[f32]; 3], [rows, heads, width]: [usize; 3]) {
    let head_size = width / heads;
    let mut panels = Panels::new(keys.len() / width / rows, head_size);
    let mut block = Block::new(head_size);
    let row_of_queries = mixed.len() / rows;
    let row_of_keys = keys.len() / rows;
    let rows = mixed
        .chunks_exact_mut(row_of_queries)
        .zip(queries.chunks_exact(row_of_queries))
        .zip(keys.chunks_exact(row_of_keys).zip(values.chunks_exact(row_of_keys)));
    for ((mixed, queries), (keys, values)) in rows {
        for head in 0..heads {
            let head = head * head_size..(head + 1) * head_size;
            panels.fill(keys, values, width, &head);
            let blocks = mixed.chunks_mut(QUERIES * width).zip(queries.chunks(QUERIES * width));
            for (mixed, queries) in blocks {
                block.begin(queries, width, &head);
                for (count, keys, values) in panels.blocks() {
                    block.add(count, keys, values);
                }
                block.write(mixed, width, &head);
            }
        }
    }
}

/// The keys and values of a head, as [`add_tiles`] takes them.
struct Panels {
    key_count: usize,
    head_size: usize,
    /// Panels of eight keys, as high as the head.
    keys: Vec<[f32; PANEL]>,
    /// For each block of keys, panels of eight columns of its values.
    values: Vec<[f32; PANEL]>,
}

impl Panels {
    fn new(key_count: usize, head_size: usize) -> Self {
        let keys = vec![[0.0; PANEL]; key_count.div_ceil(PANEL) * head_size];
        let values = vec![[0.0; PANEL]; head_size.div_ceil(PANEL) * key_count];
        Self { key_count, head_size, keys, values }
    }

    fn fill(&mut self, keys: &[f32], values: &[f32], width: usize, head: &Range<usize>) {
        for (panel, keys) in self.keys.chunks_exact_mut(self.head_size).zip(keys.chunks(PANEL * width)) {
            for (lane, key) in keys.chunks_exact(width).enumerate() {
                for (row, number) in panel.iter_mut().zip(&key[head.clone()]) {
                    row[lane] = *number;
                }
            }
        }
        let of_block = KEYS * self.head_size.div_ceil(PANEL);
        for (panels, values) in self.values.chunks_mut(of_block).zip(values.chunks(KEYS * width)) {
            let count = values.len() / width;
            for (position, value) in values.chunks_exact(width).enumerate() {
                for (panel, numbers) in panels.chunks_exact_mut(count).zip(value[head.clone()].chunks(PANEL))
                {
                    panel[position][..numbers.len()].copy_from_slice(numbers);
                }
            }
        }
    }

    /// The number of keys of each block, and the panels of them and of their values.
    fn blocks(&self) -> impl Iterator<Item = (usize, &[[f32; PANEL]], &[[f32; PANEL]])> {
        let counts = (0..self.key_count).step_by(KEYS).map(|start| KEYS.min(self.key_count - start));
        let keys = self.keys.chunks(KEYS / PANEL * self.head_size);
        let values = self.values.chunks(KEYS * self.head_size.div_ceil(PANEL));
        counts.zip(keys.zip(values)).map(|(count, (keys, values))| (count, keys, values))
    }
}

/// Some queries of a head, and what they have of the keys that they have met.
struct Block {
    head_size: usize,
    /// Times the scale.
    queries: Vec<f32>,
    /// Of the block of keys that they meet.
    scores: Vec<f32>,
    largest: Vec<f32>,
    /// Sums of `exp(score - largest)`, and the same times the values.
    totals: Vec<f32>,
    mixed: Vec<f32>,
}

impl Block {
    fn new(head_size: usize) -> Self {
        let room = |len: usize| Vec::with_capacity(len);
        let scores = room(QUERIES * KEYS);
        let [queries, mixed] = [(); 2].map(|()| room(QUERIES * head_size));
        let [largest, totals] = [(); 2].map(|()| room(QUERIES));
        Self { head_size, queries, scores, largest, totals, mixed }
    }

    fn begin(&mut self, queries: &[f32], width: usize, head: &Range<usize>) {
        let (count, scale) = (queries.len() / width, scale_of(self.head_size));
        self.queries.clear();
        for query in queries.chunks_exact(width) {
            self.queries.extend(query[head.clone()].iter().map(|number| scale * number));
        }
        refill(&mut self.largest, count, f32::NEG_INFINITY);
        refill(&mut self.totals, count, 0.0);
        refill(&mut self.mixed, count * self.head_size, 0.0);
    }

    fn add(&mut self, key_count: usize, keys: &[[f32; PANEL]], values: &[[f32; PANEL]]) {
        refill(&mut self.scores, self.totals.len() * key_count, 0.0);
        let rows = Columns::all(&self.queries, self.head_size);
        add_tiles(&mut self.scores, &rows, keys, 0..key_count, key_count);
        let queries = self
            .scores
            .chunks_exact_mut(key_count)
            .zip(self.mixed.chunks_exact_mut(self.head_size))
            .zip(self.largest.iter_mut().zip(&mut self.totals));
        for ((scores, mixed), (largest, total)) in queries {
            let now = largest_of(scores);
            if now > *largest {
                let fade = (*largest - now).exp();
                *total *= fade;
                for number in mixed {
                    *number *= fade;
                }
                *largest = now;
            }
            *total += exp_of_differences(scores, *largest);
        }
        let scores = Columns::all(&self.scores, key_count);
        add_tiles(&mut self.mixed, &scores, values, 0..self.head_size, self.head_size);
    }

    fn write(&self, mixed: &mut [f32], width: usize, head: &Range<usize>) {
        let results = self.mixed.chunks_exact(self.head_size).zip(&self.totals);
        for (mixed, (result, total)) in mixed.chunks_exact_mut(width).zip(results) {
            for (to, number) in mixed[head.clone()].iter_mut().zip(result) {
                *to = number / total;
            }
        }
    }
}

/// Makes a list so many of one number, in the memory it has.
fn refill(list: &mut Vec<f32>, len: usize, number: f32) {
    list.clear();
    list.resize(len, number);
}
