//! Pictures of prompts in a browser, on the CPU and on WebGPU: the calls that diffusers' are compared with.

use burn::tensor::Device;
use wasm_bindgen_test::wasm_bindgen_test;

use super::webgpu;
use crate::common::text_to_image::{Tolerance, folders, sd2};

async fn assert_all(device: &Device, tolerance: Tolerance) {
    for folder in folders() {
        Box::pin(folder.assert_embeds_as_transformers(device, tolerance)).await;
        for edits in [false, true] {
            Box::pin(folder.assert_draws_as_diffusers(edits, device, tolerance)).await;
        }
    }
    Box::pin(sd2().assert_variant_draws_as_diffusers("fp16", device, tolerance)).await;
}

#[wasm_bindgen_test]
async fn every_picture_of_a_prompt_is_diffusers_own_on_the_cpu() {
    assert_all(&Device::flex(), Tolerance::CPU).await;
}

#[wasm_bindgen_test]
async fn every_picture_of_a_prompt_is_diffusers_own_on_webgpu() {
    for device in webgpu().await {
        assert_all(&device, Tolerance::WEBGPU).await;
    }
}
