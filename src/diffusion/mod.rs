//! Diffusion: from noise to a picture, step by step.

pub mod schedulers;
pub mod unet;
