//! Hearth: generative models that run on a web page, on the visitor's own GPU.
//!
//! A model is a network written with Burn ([`gan::model`]), a pipeline that turns options into steps
//! ([`gan`]), and weights that stream in as safetensors ([`weights`]). `web` is the only module that
//! knows of JavaScript; everything else runs and is tested natively as well.

mod batch;
pub mod clip;
pub mod config;
pub mod diffusion;
pub mod error;
pub mod gan;
pub mod gpt2;
pub mod kernels;
pub mod nn;
pub mod options;
pub mod picture;
pub mod readback;
pub mod rng;
pub mod schedulers;
pub mod story;
pub mod tokenizer;
pub mod vae;
pub mod warnings;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod weights;
