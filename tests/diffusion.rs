//! The diffusion pipeline on the CPU: agreement with diffusers, options, pictures of pictures, what is refused.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use burn::tensor::Device;
use common::diffusion::{CLASSES, Folder, RGB};
use hearth::weights::Storage;
use pollster::block_on;

#[test]
fn every_call_is_diffusers_own() {
    for folder in [CLASSES, RGB] {
        block_on(folder.assert_draws_as_diffusers(&Device::flex(), 1e-4));
    }
}
