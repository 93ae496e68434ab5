//! The autoencoders on the CPU: agreement with diffusers, bands, checkpoints and configurations.

use burn::tensor::{Device, Tensor};
use hearth::error::Error;
use hearth::vae::{Autoencoder, Config, Loading};
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::kernels::Numbers;
use crate::common::vae::VAES;
use crate::common::{Fixture, assert_close, devices, random_file, read};

fn fixture(name: &str) -> &'static Fixture {
    VAES.iter().find(|fixture| fixture.name == format!("vae/{name}")).expect("the fixture exists")
}

fn config_of(name: &str) -> Value {
    serde_json::from_str(fixture(name).config).expect("the config is JSON")
}

fn load(name: &str) -> Autoencoder {
    fixture(name).load_vae(Storage::CPU, &Device::flex(), 4096).expect("the fixture loads")
}

fn refusal(config: &Value) -> Error {
    Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).expect_err("the config is refused")
}

#[test]
fn every_fixture_agrees_with_diffusers() {
    for fixture in &VAES {
        block_on(fixture.assert_autoencodes_as_diffusers(&Device::flex(), u64::MAX, 1e-5));
    }
}
