use burn::tensor::Device;
use pollster::block_on;

use crate::common::text_to_image::{Tolerance, folders};

#[test]
fn every_edit_is_diffusers_own() {
    for folder in folders() {
        block_on(folder.assert_draws_as_diffusers(true, &Device::flex(), Tolerance::CPU));
    }
}
