//! Kernels on the CPU or, with the feature `wgpu`, on this machine's GPU. In the browser, `tests/web` runs the same on both
//! devices.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use burn::tensor::Device;
use common::{devices, kernels};
use pollster::block_on;

#[allow(clippy::needless_pass_by_value)] // a closure is written where it is passed
fn on_each_device(test: impl AsyncFn(&Device)) {
    for device in devices() {
        block_on(test(&device));
    }
}

#[test]
fn linear_is_its_twin_in_every_layout_and_format() {
    on_each_device(async |device| kernels::assert_linear_is_its_twin(device).await);
}

#[test]
fn a_weight_that_is_turned_over_is_read_as_it_looks() {
    on_each_device(async |device| kernels::assert_a_turned_weight_is_read_as_it_looks(device).await);
}

#[test]
fn gather_takes_rows_of_every_format() {
    on_each_device(async |device| kernels::assert_gather_takes_rows(device).await);
}

#[test]
fn recorded_launches_read_what_is_there_then() {
    on_each_device(async |device| kernels::assert_recorded_launches_read_what_is_there(device).await);
}

#[test]
fn layer_norm_is_its_twin() {
    on_each_device(async |device| kernels::assert_layer_norm_is_its_twin(device).await);
}

#[test]
fn attention_is_its_twin_at_once_and_token_by_token() {
    on_each_device(async |device| kernels::assert_attention_is_its_twin(device).await);
}

#[test]
fn cross_attention_is_its_twin() {
    on_each_device(async |device| kernels::assert_cross_attention_is_its_twin(device).await);
}

#[test]
fn conv2d_is_its_twin_with_every_kernel_and_stride() {
    on_each_device(async |device| kernels::assert_conv2d_is_its_twin(device).await);
}

#[test]
fn group_norm_is_its_twin() {
    on_each_device(async |device| kernels::assert_group_norm_is_its_twin(device).await);
}
