//! The engine in a real browser, on WebGPU and on the CPU of the same file: `npm test` runs this in Chromium.

#![cfg(target_arch = "wasm32")]

#[path = "../common/mod.rs"]
mod common;

mod clip;
mod text_to_image;

use std::cell::RefCell;

use burn::tensor::Device;
use common::diffusion::{CLASSES, RGB};
use common::digits::DIGIT_VAES;
use common::gan_training::TRAINED;
use common::unet::UNETS;
use common::vae::VAES;
use common::{GANS, GPT2S, assert_close, draw, kernels};
use hearth::kernels::Format;
use hearth::options::Options;
use serde_json::json;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

thread_local! {
    static WEBGPU: RefCell<Option<[Device; 2]>> = const { RefCell::new(None) };
}

/// WebGPU in this worker, with the shaders of a GPU and with those of a software adapter. Tests run one after the other,
/// so none asks while another opens it.
async fn webgpu() -> [Device; 2] {
    if let Some(devices) = WEBGPU.with_borrow(Clone::clone) {
        return devices;
    }
    hearth::web::run_constructors(); // the test runner calls no start function
    let (device, setup) =
        Device::wgpu_options().init_with_setup_async().await.expect("this browser has WebGPU");
    let devices = common::with_each_adapter(device, setup);
    WEBGPU.set(Some(devices.clone()));
    devices
}

#[wasm_bindgen_test]
async fn every_gan_agrees_with_pytorch_on_the_cpu() {
    for fixture in &GANS {
        fixture.assert_agrees_with_pytorch(&Device::flex(), 2e-6).await;
    }
}

#[wasm_bindgen_test]
async fn every_gan_agrees_with_pytorch_on_webgpu() {
    for device in webgpu().await {
        for fixture in &GANS {
            fixture.assert_agrees_with_pytorch(&device, 1e-5).await;
        }
    }
}

#[wasm_bindgen_test]
async fn a_gan_learns_as_in_pytorch_on_the_cpu() {
    for trained in &TRAINED {
        trained.assert_learns_as_pytorch(&Device::flex()).await;
    }
}

#[wasm_bindgen_test]
async fn a_gan_learns_as_in_pytorch_on_webgpu() {
    for device in webgpu().await {
        for trained in &TRAINED {
            trained.assert_learns_as_pytorch(&device).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_vae_of_digits_agrees_with_pytorch_on_the_cpu() {
    for fixture in &DIGIT_VAES {
        fixture.assert_maps_as_pytorch(&Device::flex(), 1e-5).await;
    }
}

#[wasm_bindgen_test]
async fn every_vae_of_digits_agrees_with_pytorch_on_webgpu() {
    for device in webgpu().await {
        for fixture in &DIGIT_VAES {
            fixture.assert_maps_as_pytorch(&device, 1e-5).await;
        }
    }
}

#[wasm_bindgen_test]
async fn a_seed_gives_the_same_digits_on_both_devices() {
    let options = || Options::new().with("seed", json!(2026)).with("batch_size", json!(70));
    let fixture = &GANS[0];
    let cpu = draw(&fixture.load(&Device::flex(), 4096).expect("it loads"), options()).await;
    for device in webgpu().await {
        let gpu = draw(&fixture.load(&device, 4096).expect("it loads"), options()).await;
        assert_eq!(cpu.latents, gpu.latents);
        assert_eq!(cpu.class_labels, gpu.class_labels);
        assert_close(fixture.name, "pixels", &cpu.pixels, &gpu.pixels, 1e-5);
    }
}

#[wasm_bindgen_test]
async fn a_second_run_after_an_unrelated_one_equals_the_first() {
    for device in webgpu().await {
        let pipeline = GANS[0].load(&device, 4096).expect("it loads");
        let of = |seed: u64| draw(&pipeline, Options::new().with("seed", json!(seed)));
        let first = of(1).await;
        of(2).await;
        assert_eq!(of(1).await, first);
    }
}

#[wasm_bindgen_test]
async fn the_random_numbers_are_those_of_a_native_build() {
    let pipeline = GANS[1].load(&Device::flex(), 4096).expect("it loads");
    let digits = draw(&pipeline, Options::new().with("seed", json!(2026))).await;
    // The golden numbers of src/rng.rs.
    assert_eq!(digits.latents[..4], [0.364_797_95, -0.200_949_65, -1.380_932_6, -1.038_443_3]);
}

#[wasm_bindgen_test]
async fn every_gpt2_agrees_with_transformers_on_the_cpu() {
    for fixture in &GPT2S {
        fixture.assert_agrees_with_transformers(&Device::flex(), 1e-4).await;
    }
}

#[wasm_bindgen_test]
async fn every_gpt2_agrees_with_transformers_on_webgpu() {
    for device in webgpu().await {
        for fixture in &GPT2S {
            fixture.assert_agrees_with_transformers(&device, 1e-3).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_kernel_is_its_twin_on_the_cpu() {
    every_kernel_is_its_twin(&Device::flex()).await;
}

#[wasm_bindgen_test]
async fn kernels_are_their_twins_with_fused_multiply_adds() {
    assert!(
        hearth::web::link_fused_module(),
        "this browser has relaxed SIMD, or is older than all that are tested"
    );
    every_kernel_is_its_twin(&Device::flex()).await;
}

#[wasm_bindgen_test]
async fn every_kernel_is_its_twin_on_webgpu() {
    for device in webgpu().await {
        every_kernel_is_its_twin(&device).await;
    }
}

async fn every_kernel_is_its_twin(device: &Device) {
    kernels::assert_linear_is_its_twin(device).await;
    kernels::assert_conv2d_is_its_twin(device).await;
    kernels::assert_a_turned_weight_is_read_as_it_looks(device).await;
    kernels::assert_gather_takes_rows(device).await;
    kernels::assert_layer_norm_is_its_twin(device).await;
    kernels::assert_recorded_launches_read_what_is_there(device).await;
    kernels::assert_copies_are_the_same_bits(device).await;
    kernels::assert_attention_is_its_twin(device).await;
    kernels::assert_cross_attention_is_its_twin(device).await;
    kernels::assert_geglu_is_its_twin(device).await;
    kernels::assert_activation_gradient_is_its_twin(device).await;
    kernels::assert_adam_is_its_twin(device).await;
    kernels::assert_group_norm_is_its_twin(device).await;
    kernels::assert_group_moments_are_their_twin(device).await;
}

#[wasm_bindgen_test]
async fn the_same_tokens_come_as_from_transformers_on_the_cpu() {
    common::assert_writes_as_transformers(&Device::flex()).await;
}

#[wasm_bindgen_test]
async fn the_same_tokens_come_as_from_transformers_on_webgpu() {
    for device in webgpu().await {
        common::assert_writes_as_transformers(&device).await;
    }
}

#[wasm_bindgen_test]
async fn every_unet_agrees_with_diffusers_on_the_cpu() {
    for fixture in &UNETS {
        Box::pin(fixture.assert_agrees_with_diffusers(&Device::flex(), 1e-4)).await;
    }
}

#[wasm_bindgen_test]
async fn every_unet_agrees_with_diffusers_on_webgpu() {
    for device in webgpu().await {
        for fixture in &UNETS {
            Box::pin(fixture.assert_agrees_with_diffusers(&device, 1e-3)).await;
        }
    }
}

#[wasm_bindgen_test]
async fn packed_unets_compute_what_their_numbers_stand_for_on_the_cpu() {
    every_packed_unet(&Device::flex()).await;
}

#[wasm_bindgen_test]
async fn packed_unets_compute_what_their_numbers_stand_for_on_webgpu() {
    for device in webgpu().await {
        every_packed_unet(&device).await;
    }
}

async fn every_packed_unet(device: &Device) {
    for fixture in &UNETS {
        for (format, of_diffusers) in [(Format::F16, 1e-2), (Format::Q8, 0.2)] {
            Box::pin(fixture.assert_computes_with_packed_weights(format, device, 1e-3, of_diffusers)).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_diffusion_call_is_diffusers_own_on_the_cpu() {
    for folder in [CLASSES, RGB] {
        Box::pin(folder.assert_draws_as_diffusers(&Device::flex(), 1e-4)).await;
    }
}

#[wasm_bindgen_test]
async fn every_diffusion_call_is_diffusers_own_on_webgpu() {
    for device in webgpu().await {
        for folder in [CLASSES, RGB] {
            Box::pin(folder.assert_draws_as_diffusers(&device, 1e-3)).await;
        }
    }
}

#[wasm_bindgen_test]
async fn recorded_steps_are_those_made_anew_on_webgpu() {
    for device in webgpu().await {
        Box::pin(common::diffusion::assert_recording_changes_no_fixture(&device)).await;
    }
}

/// Bindings of this many bytes put the fixtures' pictures in bands.
const BINDINGS: [u64; 2] = [u64::MAX, 2500];

#[wasm_bindgen_test]
async fn every_autoencoder_agrees_with_diffusers_on_the_cpu() {
    for fixture in &VAES {
        for max_binding in BINDINGS {
            Box::pin(fixture.assert_autoencodes_as_diffusers(&Device::flex(), max_binding, 1e-4)).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_autoencoder_agrees_with_diffusers_on_webgpu() {
    for device in webgpu().await {
        for fixture in &VAES {
            for max_binding in BINDINGS {
                Box::pin(fixture.assert_autoencodes_as_diffusers(&device, max_binding, 1e-3)).await;
            }
        }
    }
}
