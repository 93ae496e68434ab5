//! How a timestep becomes numbers that a network reads.
//!
//! Reference: diffusers' `models/embeddings.py`.
//!
//! ```text
//! timesteps [rows] ► Timesteps ► [rows, num_channels] ► linear_1 ► act_fn ► linear_2 ► post_act_fn ► [rows, time_embed_dim]
//! condition [rows, cond_proj_dim] ► cond_proj ──────┘ +
//!
//! angle = timestep · 10000^(-i / (num_channels/2 - downscale_freq_shift))         i from 0 to num_channels/2
//! ```
//!
//! Angles go up to thousands, where an `f32` is as much as 1e-4 off: they are rounded just as diffusers rounds them, so
//! that the sines are those that a model was trained with.

use burn::tensor::{Device, Tensor, TensorData};

use super::Linear;
use crate::kernels::{Activation, Format};
use crate::weights::Parameters;

/// Timesteps as sines and cosines of fixed frequencies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timesteps {
    /// Numbers that a timestep becomes; half of them are sines.
    pub num_channels: usize,
    /// The cosines come first.
    pub flip_sin_to_cos: bool,
    /// How far the lowest frequency is from 1/10,000.
    pub downscale_freq_shift: f64,
}

impl Timesteps {
    /// `[rows, num_channels]`
    #[must_use]
    pub fn forward(&self, timesteps: &[f64], device: &Device) -> Tensor<2> {
        let values: Vec<f32> = timesteps.iter().flat_map(|&timestep| self.waves(timestep)).collect();
        Tensor::from_data(TensorData::new(values, [timesteps.len(), self.num_channels]), device)
    }

    /// Source: diffusers' `get_timestep_embedding`, step by step in its precision.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // it is the point
    fn waves(&self, timestep: f64) -> Vec<f32> {
        let half = self.num_channels / 2;
        let angle = |index: usize| {
            let exponent = -(libm::log(10_000.0) as f32) * index as f32
                / (half as f64 - self.downscale_freq_shift) as f32;
            f64::from(timestep as f32 * libm::exp(f64::from(exponent)) as f32)
        };
        let sines = (0..half).map(|index| libm::sin(angle(index)) as f32);
        let cosines = (0..half).map(|index| libm::cos(angle(index)) as f32);
        let mut values: Vec<f32> = if self.flip_sin_to_cos {
            cosines.chain(sines).collect()
        } else {
            sines.chain(cosines).collect()
        };
        values.resize(self.num_channels, 0.0); // an odd number has a zero at its end
        values
    }
}

/// What a [`TimestepEmbedding`] is made for.
#[derive(Debug, Clone, Copy)]
pub struct TimestepEmbeddingOptions {
    /// Numbers that go in.
    pub inputs: usize,
    /// Numbers that come out.
    pub outputs: usize,
    /// The activation between the layers.
    pub act_fn: Activation,
    /// The activation of what comes out.
    pub post_act_fn: Activation,
    /// Numbers of a condition that is added to what goes in, where the embedding has one.
    pub cond_proj_dim: Option<usize>,
}

/// Two linear layers.
#[derive(Debug, Clone)]
pub struct TimestepEmbedding {
    cond_proj: Option<Linear>,
    linear_1: Linear,
    linear_2: Linear,
    act_fn: Activation,
    post_act_fn: Activation,
}

impl TimestepEmbedding {
    /// The layers of a checkpoint's tensors.
    #[must_use]
    pub fn new(options: TimestepEmbeddingOptions, mut parameters: Parameters) -> Self {
        let TimestepEmbeddingOptions { inputs, outputs, act_fn, post_act_fn, cond_proj_dim } = options;
        let cond_proj = |dim| Linear::without_bias(parameters.within("cond_proj"), dim, inputs);
        Self {
            cond_proj: cond_proj_dim.map(cond_proj),
            linear_1: Linear::new(parameters.within("linear_1"), inputs, outputs),
            linear_2: Linear::new(parameters.within("linear_2"), outputs, outputs),
            act_fn,
            post_act_fn,
        }
    }

    /// How the weights are kept.
    #[must_use]
    pub fn format(&self) -> Format {
        self.linear_1.format()
    }

    /// `x [rows, inputs]` to `[rows, outputs]`, with a condition `[rows, cond_proj_dim]` or without.
    ///
    /// # Panics
    /// When there is a condition and the embedding has no use for it.
    #[must_use]
    pub fn forward(&self, x: Tensor<2>, condition: Option<&Tensor<2>>) -> Tensor<2> {
        let x = match (&self.cond_proj, condition) {
            (Some(cond_proj), Some(condition)) => cond_proj.forward_add(condition, x),
            (_, None) => x,
            (None, Some(_)) => panic!("TimestepEmbedding: a condition"),
        };
        self.linear_2.forward(&self.linear_1.forward(&x, self.act_fn), self.post_act_fn)
    }
}
