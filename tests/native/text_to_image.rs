use burn::tensor::Device;
use pollster::block_on;

use crate::common::text_to_image::{Tolerance, folders, sd2};

#[test]
fn every_prompt_is_embedded_as_by_transformers() {
    for folder in folders() {
        block_on(folder.assert_embeds_as_transformers(&Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn every_call_is_diffusers_own() {
    for folder in folders() {
        block_on(folder.assert_draws_as_diffusers(false, &Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn halves_beside_the_plain_weights_draw_what_diffusers_draws_with_them() {
    block_on(sd2().assert_variant_draws_as_diffusers("fp16", &Device::flex(), Tolerance::CPU));
}
