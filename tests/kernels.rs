//! Kernels on the CPU or, with the feature `wgpu`, on this machine's GPU. In the browser, `tests/web` runs the same on both
//! devices.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{device, kernels};
use pollster::block_on;

#[test]
fn linear_is_its_twin_in_every_layout_and_format() {
    block_on(kernels::assert_linear_is_its_twin(&device()));
}

#[test]
fn a_weight_that_is_turned_over_is_read_as_it_looks() {
    block_on(kernels::assert_a_turned_weight_is_read_as_it_looks(&device()));
}

#[test]
fn gather_takes_rows_of_every_format() {
    block_on(kernels::assert_gather_takes_rows(&device()));
}

#[test]
fn recorded_launches_read_what_is_there_then() {
    block_on(kernels::assert_recorded_launches_read_what_is_there(&device()));
}

#[test]
fn layer_norm_is_its_twin() {
    block_on(kernels::assert_layer_norm_is_its_twin(&device()));
}

#[test]
fn attention_is_its_twin_at_once_and_token_by_token() {
    block_on(kernels::assert_attention_is_its_twin(&device()));
}

#[test]
fn cross_attention_is_its_twin() {
    block_on(kernels::assert_cross_attention_is_its_twin(&device()));
}

#[test]
fn conv2d_is_its_twin_with_every_kernel_and_stride() {
    block_on(kernels::assert_conv2d_is_its_twin(&device()));
}

#[test]
fn group_norm_is_its_twin() {
    block_on(kernels::assert_group_norm_is_its_twin(&device()));
}
