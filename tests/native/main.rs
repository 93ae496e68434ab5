//! The native tests, a module a subject. They are one binary because each one links Burn: `cargo test --test native gan::`
//! runs those of a subject.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/mod.rs"]
mod common;

mod diffusion;
mod gan;
mod gpt2;
mod image_to_image;
mod kernels;
mod nn;
mod options;
mod schedulers;
mod text;
mod unet;
mod weights;
