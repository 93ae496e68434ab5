//! CLIP in the browser, on both devices.

use burn::tensor::Device;
use hearth::kernels::Format;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::common::clip::{TEXT_ENCODERS, tokenizers};
use crate::webgpu;

#[wasm_bindgen_test]
fn every_prompt_becomes_the_tokens_of_transformers() {
    for tokenizer in tokenizers() {
        tokenizer.assert_agrees_with_transformers();
    }
}

#[wasm_bindgen_test]
async fn every_text_encoder_agrees_with_transformers_on_the_cpu() {
    for fixture in &TEXT_ENCODERS {
        fixture.assert_embeds_as_transformers(&Device::flex(), 1e-4).await;
    }
}

#[wasm_bindgen_test]
async fn every_text_encoder_agrees_with_transformers_on_webgpu() {
    for device in webgpu().await {
        for fixture in &TEXT_ENCODERS {
            fixture.assert_embeds_as_transformers(&device, 1e-3).await;
        }
    }
}

#[wasm_bindgen_test]
async fn packed_text_encoders_embed_nearly_as_transformers_on_webgpu() {
    for device in webgpu().await {
        for fixture in &TEXT_ENCODERS {
            for (format, tolerance) in [(Format::F16, 1e-2), (Format::Q8, 0.2)] {
                fixture.assert_embeds_with_packed_weights(format, &device, tolerance).await;
            }
        }
    }
}
