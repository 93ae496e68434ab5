//! Where a run begins, and what a picture that the call was given demands of it.

use burn::tensor::Tensor;

use super::ilvr::SuperResolution;
use super::noise::StepNoise;
use super::overlay::Overlay;
use super::repaint::Inpainting;
use super::visit::Visit;
use crate::schedulers::Schedule;

/// Where a run begins, and the steps that it takes.
#[derive(Debug)]
pub struct Start {
    /// `[count, channels, height, width]`, as noisy as it must be before the first step.
    pub sample: Tensor<4>,
    pub visits: Vec<Visit>,
    pub constraint: Constraint,
    pub overlay: Option<Overlay>,
}

impl Start {
    /// A run that is free to change the sample.
    pub fn new(sample: Tensor<4>, visits: Vec<Visit>) -> Self {
        Self { sample, visits, constraint: Constraint::None, overlay: None }
    }
}

/// What a picture that the call was given demands of the sample after each step.
#[derive(Debug)]
pub enum Constraint {
    /// Nothing.
    None,
    /// A part of the sample is the picture's.
    Inpainting(Box<Inpainting>),
    /// The low frequencies of the sample are the picture's.
    SuperResolution(Box<SuperResolution>),
}

impl Constraint {
    /// The sample as the picture demands it, noisy as before step `next`; `None` where it is free.
    pub fn apply(
        &self,
        schedule: &Schedule,
        sample: &Tensor<4>,
        next: usize,
        noise: &mut StepNoise,
    ) -> Option<Tensor<4>> {
        match self {
            Self::None => None,
            Self::Inpainting(inpainting) => Some(inpainting.put_back(schedule, sample, next, noise)),
            Self::SuperResolution(resolution) => resolution.follow(schedule, sample, next, noise),
        }
    }

    /// Whether the solver is told that its sample was changed. diffusers' inpainting in latents does not tell it.
    pub fn is_told(&self) -> bool {
        !matches!(self, Self::Inpainting(inpainting) if inpainting.fixed_noise.is_some())
    }
}
