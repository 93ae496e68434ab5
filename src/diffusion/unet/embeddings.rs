//! What a U-Net is told besides the noisy sample: the timestep, and perhaps a class.
//!
//! Reference: diffusers' `models/embeddings.py`.
//!
//! ```text
//! timesteps [rows] ► time_proj ► [rows, width] ► linear_1 ► SiLU ► linear_2 ► [rows, time_embed_dim]
//!
//! positional:  angle = timestep · 10000^(-i / (width/2 - freq_shift))         i from 0 to width/2
//! Fourier:     angle = ln(timestep) · weight[i] · 2π
//! both:        the sines of all angles, then the cosines, or the other way round
//! ```
//!
//! Angles go up to thousands, where an `f32` is as much as 1e-4 off: they are rounded just as diffusers rounds them, so
//! that the sines are those that a model was trained with.

use burn::tensor::{Device, Tensor, TensorData};

use super::config::Config;
use super::kinds::{ClassEmbedding, TimeEmbedding};
use crate::kernels::{Activation, Indices, Layout, Weight, gather};
use crate::nn::Linear;
use crate::weights::Parameters;

/// What conditions each row of a batch, besides its timestep.
#[derive(Debug, Clone)]
pub enum ClassLabels<'a> {
    /// Classes, or the numbers that a model with `class_embed_type` `timestep` takes.
    Indices(&'a [u32]),
    /// Embeddings `[rows, time_embed_dim]`, for `class_embed_type` `identity`.
    Embeddings(&'a Tensor<2>),
}

impl<'a> From<&'a [u32]> for ClassLabels<'a> {
    fn from(indices: &'a [u32]) -> Self {
        Self::Indices(indices)
    }
}

/// Timesteps as sines and cosines.
#[derive(Debug, Clone)]
pub(super) enum TimeProjection {
    Positional { width: usize, flip_sin_to_cos: bool, freq_shift: f64 },
    Fourier { weight: Box<Tensor<1>> },
}

impl TimeProjection {
    pub fn new(config: &Config, mut parameters: Parameters) -> Self {
        let width = config.block_out_channels[0];
        match config.time_embedding {
            TimeEmbedding::Positional { flip_sin_to_cos, freq_shift } => {
                Self::Positional { width, flip_sin_to_cos, freq_shift }
            }
            TimeEmbedding::Fourier => Self::Fourier { weight: Box::new(parameters.vector("weight", width)) },
        }
    }

    /// Numbers that a timestep becomes.
    pub fn outputs(config: &Config) -> usize {
        match config.time_embedding {
            TimeEmbedding::Positional { .. } => config.block_out_channels[0],
            TimeEmbedding::Fourier => 2 * config.block_out_channels[0],
        }
    }

    /// `[rows, outputs]`
    pub fn forward(&self, timesteps: &[f64], device: &Device) -> Tensor<2> {
        let rows = timesteps.len();
        match self {
            &Self::Positional { width, flip_sin_to_cos, freq_shift } => {
                let mut values = Vec::with_capacity(rows * width);
                for &timestep in timesteps {
                    values.extend(positional(timestep, width, flip_sin_to_cos, freq_shift));
                }
                Tensor::from_data(TensorData::new(values, [rows, width]), device)
            }
            Self::Fourier { weight } => {
                let logarithms: Vec<f32> = timesteps.iter().map(|&timestep| logarithm(timestep)).collect();
                let logarithms = Tensor::<2>::from_data(TensorData::new(logarithms, [rows, 1]), device);
                let angles = logarithms * weight.as_ref().clone().unsqueeze() * 2.0 * std::f32::consts::PI;
                let angles = within_a_turn(angles);
                Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1)
            }
        }
    }
}

/// Source: diffusers' `get_timestep_embedding`, step by step in its precision.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // it is the point
fn positional(timestep: f64, width: usize, flip_sin_to_cos: bool, freq_shift: f64) -> Vec<f32> {
    let half = width / 2;
    let angle = |index: usize| {
        let exponent = -(libm::log(10_000.0) as f32) * index as f32 / (half as f64 - freq_shift) as f32;
        f64::from(timestep as f32 * libm::exp(f64::from(exponent)) as f32)
    };
    let sines = (0..half).map(|index| libm::sin(angle(index)) as f32);
    let cosines = (0..half).map(|index| libm::cos(angle(index)) as f32);
    let mut values: Vec<f32> =
        if flip_sin_to_cos { cosines.chain(sines).collect() } else { sines.chain(cosines).collect() };
    values.resize(width, 0.0); // an odd width has a zero at its end
    values
}

#[allow(clippy::cast_possible_truncation)] // as diffusers has it
fn logarithm(timestep: f64) -> f32 {
    libm::log(f64::from(timestep as f32)) as f32
}

/// The same angles from -π to π, because a GPU's sine need not be good beyond. 2π is taken off in three parts, the first
/// two so short that their multiples are exact.
fn within_a_turn(angles: Tensor<2>) -> Tensor<2> {
    let turns = (angles.clone() / std::f32::consts::TAU).round();
    angles - turns.clone() * 6.28125 - turns.clone() * 1.935_005_2e-3 - turns * 3.019_916e-7
}

/// Two linear layers with a SiLU between them.
#[derive(Debug, Clone)]
pub(super) struct TimestepEmbedding {
    linear_1: Linear,
    linear_2: Linear,
}

impl TimestepEmbedding {
    pub fn new(config: &Config, mut parameters: Parameters) -> Self {
        let (inputs, outputs) = (TimeProjection::outputs(config), config.time_embed_dim);
        Self {
            linear_1: Linear::new(parameters.within("linear_1"), inputs, outputs),
            linear_2: Linear::new(parameters.within("linear_2"), outputs, outputs),
        }
    }

    /// `x [rows, inputs]` to `[rows, time_embed_dim]`
    pub fn forward(&self, x: &Tensor<2>) -> Tensor<2> {
        self.linear_2.forward(&self.hidden(x), Activation::Identity)
    }

    /// The same added to `sum [rows, time_embed_dim]`.
    fn forward_add(&self, x: &Tensor<2>, sum: Tensor<2>) -> Tensor<2> {
        self.linear_2.forward_add(&self.hidden(x), sum)
    }

    fn hidden(&self, x: &Tensor<2>) -> Tensor<2> {
        self.linear_1.forward(x, Activation::Silu)
    }
}

/// What adds a class to a timestep's embedding.
#[derive(Debug, Clone)]
pub(super) enum ClassCondition {
    None,
    Table(Box<Weight>),
    Timestep(Box<TimestepEmbedding>),
    Identity,
}

impl ClassCondition {
    pub fn new(config: &Config, mut parameters: Parameters) -> Self {
        match config.class_embedding {
            ClassEmbedding::None => Self::None,
            ClassEmbedding::Table(classes) => {
                let shape = [classes, config.time_embed_dim];
                Self::Table(Box::new(parameters.weight("weight", shape, Layout::OutIn)))
            }
            ClassEmbedding::Timestep => Self::Timestep(Box::new(TimestepEmbedding::new(config, parameters))),
            ClassEmbedding::Identity => Self::Identity,
        }
    }

    /// `emb [rows, time_embed_dim]` with what the labels stand for.
    pub fn forward(
        &self,
        emb: Tensor<2>,
        labels: Option<ClassLabels>,
        projection: &TimeProjection,
    ) -> Tensor<2> {
        match (self, labels) {
            (Self::None, None) => emb,
            (Self::Table(table), Some(ClassLabels::Indices(labels))) => {
                let rows = labels.iter().map(|&label| label as usize).collect();
                gather(table, &Indices::new(rows, &emb.device()), Some(&emb))
            }
            (Self::Timestep(embedding), Some(ClassLabels::Indices(labels))) => {
                let labels: Vec<_> = labels.iter().map(|&label| f64::from(label)).collect();
                embedding.forward_add(&projection.forward(&labels, &emb.device()), emb)
            }
            (Self::Identity, Some(ClassLabels::Embeddings(embeddings))) => emb + embeddings.clone(),
            _ => panic!("UNet2DModel: the class labels are not those of its config.json"),
        }
    }
}
