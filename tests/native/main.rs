//! The native tests, a module a subject: `cargo test --test native gan::` runs those of one. They are one binary, because
//! every test binary links Burn again.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/mod.rs"]
mod common;

mod checkpoints;
mod clip;
mod diffusion;
mod digits;
mod folders;
mod gan;
mod gan_training;
mod gpt2;
mod gpt2_folders;
mod image_to_image;
mod kernels;
mod memory;
mod mutations;
mod nn;
mod options;
mod schedulers;
mod story;
mod story_scenes;
mod story_tales;
mod text;
mod text_folders;
mod text_image_edit;
mod text_to_image;
mod tokenizers;
mod unet;
mod unet_text;
mod vae;
mod weights;
