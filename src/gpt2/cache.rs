//! The keys and values of the tokens that a run has read.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::config::Config;
use super::model::Gpt2;
use super::replay::Replay;
use crate::kernels::KeyValues;

/// The keys and values of the tokens read so far. It belongs to a run, never to the model.
#[derive(Debug)]
pub struct Cache {
    /// One entry a block.
    layers: Vec<KeyValues>,
    rows: usize,
    len: usize,
    capacity: usize,
    replay: Replay,
}

impl Cache {
    /// An empty cache for `rows` texts of up to `capacity` tokens.
    #[must_use]
    pub fn new(config: &Config, rows: usize, capacity: usize, device: &Device) -> Self {
        let layer = |_| KeyValues::new(rows, config.n_head, capacity, config.head_size(), device);
        let layers = (0..config.n_layer).map(layer).collect();
        Self { layers, rows, len: 0, capacity, replay: Replay::default() }
    }

    /// Texts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The most tokens that a row can have.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Tokens in each row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Counts `token_ids` as read. Returns the position of the first in each row, and the keys and values of each block,
    /// which the network is to add theirs to.
    ///
    /// # Panics
    /// When the rows are not those of the cache, or go beyond its capacity.
    pub(super) fn extend(&mut self, token_ids: &[Vec<u32>]) -> (usize, &mut [KeyValues]) {
        let (position, length) = (self.len, token_ids[0].len());
        let fits = token_ids.len() == self.rows && position + length <= self.capacity;
        assert!(fits, "extend: the tokens do not fit the cache");
        self.len += length;
        (position, &mut self.layers)
    }

    /// Reads one more token of each row. Returns the scores of the token after it, `[rows, vocab_size]`.
    ///
    /// # Panics
    /// As [`Self::extend`].
    pub(super) fn next_logits(&mut self, network: &Arc<Gpt2>, token_ids: &[Vec<u32>]) -> Tensor<2> {
        let (position, _) = self.extend(token_ids);
        self.replay.logits(network, token_ids, position, &mut self.layers)
    }

    /// Makes row `i` what row `rows[i]` was: for beams that were continued, sequences that share a prompt or have ended.
    pub fn select_rows(&mut self, rows: &[usize]) {
        if rows.iter().copied().eq(0..self.rows) {
            return;
        }
        self.replay = Replay::default(); // it would use the tensors that are replaced here
        for layer in &mut self.layers {
            layer.select_rows(rows);
        }
        self.rows = rows.len();
    }
}
