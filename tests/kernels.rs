//! The kernels on the CPU, each against its twin of Burn's own operations.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use burn::tensor::Device;

#[test]
fn linear_is_its_twin_on_sizes_even_and_odd() {
    pollster::block_on(common::assert_linear_is_its_twin(&Device::flex()));
}
