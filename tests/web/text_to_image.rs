//! Pictures of prompts in a browser, on the CPU and on WebGPU: the calls that diffusers' are compared with.

use burn::tensor::Device;
use wasm_bindgen_test::wasm_bindgen_test;

use super::webgpu;
use crate::common::text_to_image::{Tolerance, folders, sd2};

/// Checks `(first, every)` of the calls.
async fn assert_calls(which: (usize, usize), device: &Device, tolerance: Tolerance) {
    for folder in folders() {
        for edits in [false, true] {
            Box::pin(folder.assert_some_draw_as_diffusers(edits, which, device, tolerance)).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_picture_of_a_prompt_is_diffusers_own_on_the_cpu() {
    assert_calls((0, 1), &Device::flex(), Tolerance::CPU).await;
}

/// Not every one: the schedulers, with which most calls differ, are the same on all devices, and a processor that plays a
/// GPU takes seconds for each picture.
#[wasm_bindgen_test]
async fn pictures_of_prompts_are_diffusers_own_on_webgpu() {
    for (first, device) in webgpu().await.into_iter().enumerate() {
        assert_calls((first, 4), &device, Tolerance::WEBGPU).await;
        let variant = sd2();
        Box::pin(variant.assert_variant_draws_as_diffusers("fp16", &device, Tolerance::WEBGPU)).await;
    }
}
