//! The network's output for a sample, with guidance.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::condition::Condition;
use super::unet::{Config, UNet};
use crate::error::{Error, Result};
use crate::weights::Storage;

/// The most rows of one evaluation: more at once are no faster.
const MAX_ROWS: usize = 64;

/// How many rows the network can be given at once for pictures of a size.
///
/// # Errors
/// `unsupported-model` when one is more than the device reads.
pub fn rows_at_once(config: &Config, size: [usize; 2], storage: Storage) -> Result<usize> {
    // Beside the largest tensor there are the skip connections kept on the way down.
    let most = storage.max_binding.min(storage.max_total / 8);
    let bytes = config.largest_tensor(1, size).saturating_mul(size_of::<f32>() as u64);
    match usize::try_from(most / bytes.max(1)) {
        Ok(0) => Err(Error::UnsupportedModel(format!(
            "unet/config.json: pictures of {} × {} need a tensor of {bytes} bytes on their way; there is room for {most}",
            size[0], size[1]
        ))),
        Ok(rows) => Ok(rows.min(MAX_ROWS)),
        Err(_) => Ok(MAX_ROWS),
    }
}

/// Whether a scale has this special value.
pub fn is(scale: f64, special: f64) -> bool {
    (scale - special).abs() < f64::EPSILON
}

/// A network with the condition of a batch.
#[derive(Debug)]
pub struct Guided {
    network: Arc<UNet>,
    /// One row for each of the network's batch: those of the pictures and then, with guidance, as many without a condition.
    condition: Condition,
    /// With guidance, how far to go from the output without the condition to the output with it.
    scale: Option<f64>,
    rows_at_once: usize,
}

impl Guided {
    /// `scale` counts as 1 where the network has not learned to do without the condition.
    pub fn new(network: Arc<UNet>, condition: Condition, scale: f64, rows_at_once: usize) -> Self {
        let (condition, scale) = match condition.without() {
            // At 0 and at 1 one of the two outputs has no weight.
            Some(without) if is(scale, 0.0) => (without, None),
            Some(without) if !is(scale, 1.0) => (condition.followed_by(without), Some(scale)),
            _ => (condition, None),
        };
        Self { network, condition, scale, rows_at_once }
    }

    /// The network's output for `sample [rows, channels, height, width]`, all at one timestep: with guidance
    /// `without + scale · (with − without)` (Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022).
    pub fn predict(&self, sample: Tensor<4>, timestep: f64) -> Tensor<4> {
        let rows = sample.dims()[0];
        let Some(scale) = self.scale else {
            return self.evaluate(&sample, timestep);
        };
        let both = self.evaluate(&Tensor::cat(vec![sample.clone(), sample], 0), timestep);
        let (with, without) = (both.clone().narrow(0, 0, rows), both.narrow(0, rows, rows));
        without.clone() + (with - without).mul_scalar(scale)
    }

    fn evaluate(&self, sample: &Tensor<4>, timestep: f64) -> Tensor<4> {
        let rows = sample.dims()[0];
        let part = |start: usize| {
            let count = self.rows_at_once.min(rows - start);
            let part = if count == rows { sample.clone() } else { sample.clone().narrow(0, start, count) };
            self.network.forward(part, &vec![timestep; count], &self.condition.rows(start..start + count))
        };
        let mut parts: Vec<Tensor<4>> = (0..rows).step_by(self.rows_at_once).map(part).collect();
        if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 0) }
    }
}
