//! What a U-Net goes by besides the noisy sample: the timestep, and perhaps a class.
//!
//! Reference: diffusers' `models/embeddings.py`.
//!
//! ```text
//! timesteps [rows] ► time_proj ► [rows, outputs] ► time_embedding ► + what the class stands for ► [rows, time_embed_dim]
//!
//! positional:  the sines and cosines of fixed frequencies, `nn::Timesteps`
//! Fourier:     angle = ln(timestep) · weight[i] · 2π; the sines of all angles, then the cosines
//! ```
//!
//! Pipelines refuse a Fourier projection, and class embeddings other than a table. They are here because the network is the whole
//! of diffusers': its fixtures cover every kind.

use burn::tensor::{Device, Tensor, TensorData};

use super::config::Config;
use super::kinds::{ClassEmbedding, TimeEmbedding};
use crate::kernels::{Activation, Indices, Layout, Weight, gather};
use crate::nn::{TimestepEmbedding, TimestepEmbeddingOptions, Timesteps};
use crate::weights::Parameters;

/// What conditions each row of a batch, besides its timestep.
#[derive(Debug, Clone, Copy)]
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
    Positional(Timesteps),
    Fourier { weight: Box<Tensor<1>> },
}

impl TimeProjection {
    pub fn new(config: &Config, mut parameters: Parameters) -> Self {
        let width = config.block_out_channels[0];
        match config.time_embedding {
            TimeEmbedding::Positional { flip_sin_to_cos, freq_shift } => {
                let downscale_freq_shift = freq_shift;
                Self::Positional(Timesteps { num_channels: width, flip_sin_to_cos, downscale_freq_shift })
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
        match self {
            Self::Positional(projection) => projection.forward(timesteps, device),
            Self::Fourier { weight } => {
                let logarithms: Vec<f32> = timesteps.iter().map(|&timestep| logarithm(timestep)).collect();
                let logarithms =
                    Tensor::<2>::from_data(TensorData::new(logarithms, [timesteps.len(), 1]), device);
                let angles = logarithms * weight.as_ref().clone().unsqueeze() * 2.0 * std::f32::consts::PI;
                let angles = within_a_turn(angles);
                Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1)
            }
        }
    }
}

/// What embeds the numbers that a timestep becomes.
pub(super) fn timestep_embedding(config: &Config) -> TimestepEmbeddingOptions {
    TimestepEmbeddingOptions {
        inputs: TimeProjection::outputs(config),
        outputs: config.time_embed_dim,
        act_fn: config.outer_act_fn,
        post_act_fn: config.timestep_post_act,
        cond_proj_dim: config.time_cond_proj_dim,
    }
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
            ClassEmbedding::Timestep => {
                let options = timestep_embedding(config);
                let plain = TimestepEmbeddingOptions {
                    post_act_fn: Activation::Identity,
                    cond_proj_dim: None,
                    ..options
                };
                Self::Timestep(Box::new(TimestepEmbedding::new(plain, parameters)))
            }
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
                emb.clone() + embedding.forward(projection.forward(&labels, &emb.device()), None)
            }
            (Self::Identity, Some(ClassLabels::Embeddings(embeddings))) => emb + embeddings.clone(),
            _ => panic!("UNet: the class labels are not those of its config.json"),
        }
    }
}
