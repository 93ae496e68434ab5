//! What the network reads: token ids and positions, on its device.

use burn::tensor::Device;

use crate::kernels::Indices;

/// The tokens of all rows, row after row, and the position of each in its text.
#[derive(Debug)]
pub struct Input {
    pub(super) token_ids: Indices,
    pub(super) positions: Indices,
}

impl Input {
    /// Rows of one length, all of which begin at `position`.
    #[must_use]
    pub fn new(token_ids: &[Vec<u32>], position: usize, device: &Device) -> Self {
        let (ids, positions) = flat(token_ids, position);
        Self { token_ids: Indices::new(ids, device), positions: Indices::new(positions, device) }
    }

    /// Replaces the tokens with as many others, in the same memory.
    pub(super) fn write(&mut self, token_ids: &[Vec<u32>], position: usize) {
        let (ids, positions) = flat(token_ids, position);
        self.token_ids.write(ids);
        self.positions.write(positions);
    }
}

/// Ids and positions, row after row.
fn flat(token_ids: &[Vec<u32>], position: usize) -> (Vec<usize>, Vec<usize>) {
    let ids = token_ids.iter().flatten().map(|&id| id as usize).collect();
    let positions = token_ids.iter().flat_map(|row| position..position + row.len()).collect();
    (ids, positions)
}
