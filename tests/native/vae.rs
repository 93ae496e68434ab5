//! The autoencoders on the CPU: agreement with diffusers, bands, checkpoints and configurations.

use burn::tensor::{Device, Tensor};
use hearth::error::Error;
use hearth::vae::{Autoencoder, Config, Loading};
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::kernels::Numbers;
use crate::common::vae::VAES;
use crate::common::{Fixture, assert_close, devices, read};

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

/// As an adapter with small bindings computes them. The fixtures' pictures are of two to six rows of latents.
#[test]
fn every_fixture_agrees_with_diffusers_in_bands() {
    for fixture in &VAES {
        for max_binding in [2500, 4000, 6500] {
            block_on(fixture.assert_autoencodes_as_diffusers(&Device::flex(), max_binding, 1e-5));
        }
    }
}

#[test]
fn nothing_shows_where_bands_meet() {
    for device in devices() {
        let mut numbers = Numbers::new(&device);
        for name in ["kl", "kl-older", "kl-no-attention", "kl-grey", "tiny", "tiny-grey"] {
            let load = |max_binding| {
                let storage = Storage { max_binding, ..Storage::CPU };
                fixture(name).load_vae(storage, &device, 4096).expect("the fixture loads")
            };
            let whole = load(u64::MAX);
            let (scale, latent_channels) = (whole.scale_factor(), whole.latent_channels());
            let (height, width) = (11, 6); // no number of bands divides it
            let pictures =
                numbers.tensor([2, whole.picture_channels(), height * scale, width * scale]).tanh();
            let latents = numbers.tensor([2, latent_channels, height, width]);
            let [encoded, decoded] = [whole.encode(pictures.clone(), None), whole.decode(latents.clone())]
                .map(|x| block_on(read(x)));
            // From bands of a single row of latents to a few.
            let least = 4 * whole.config().largest_tensor([height * scale, width * scale]);
            for max_binding in [least, 2 * least, 5 * least / 2] {
                let banded = load(max_binding);
                let what = format!("latents with bindings of {max_binding} bytes");
                let got = block_on(read(banded.encode(pictures.clone(), None)));
                assert_close(name, &what, &got, &encoded, 2e-5);
                let what = format!("pictures with bindings of {max_binding} bytes");
                assert_close(name, &what, &block_on(read(banded.decode(latents.clone()))), &decoded, 2e-5);
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let device = Device::flex();
    for fixture in &VAES {
        let (model, expected) =
            (fixture.load_vae(Storage::CPU, &device, 4096).unwrap(), fixture.expected_pictures());
        let latents = expected.latents(&model, &device);
        let each = expected.decoded.chunks(expected.decoded.len() / latents.dims()[0]);
        for (row, decoded) in each.enumerate() {
            let alone = model.decode(latents.clone().narrow(0, row, 1));
            assert_close(fixture.name, "pictures of a row", &block_on(read(alone)), decoded, 1e-5);
        }
    }
}

#[test]
fn every_option_changes_the_pictures() {
    let device = Device::flex();
    for (name, field, value) in [
        ("kl", "act_fn", json!("relu")),
        ("kl", "norm_num_groups", json!(1)),
        ("kl", "scaling_factor", json!(0.5)),
        ("kl", "shift_factor", json!(0.1)),
        ("kl-older", "scaling_factor", json!(0.18)),
        ("tiny", "act_fn", json!("gelu")),
        ("tiny", "scaling_factor", json!(0.5)),
        ("tiny", "shift_factor", json!(-0.1)),
    ] {
        let expected = fixture(name).expected_pictures();
        let mut config = config_of(name);
        config[field] = value;
        let model = load_as(name, &config);
        let decoded = block_on(read(model.decode(expected.latents(&model, &device))));
        let worst = decoded.iter().zip(&expected.decoded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst > 1e-3, "{field}: {worst}");
    }
}

fn load_as(name: &str, config: &Value) -> Autoencoder {
    let mut loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
    fixture(name).feed(&mut loading.checkpoint, 4096).unwrap();
    loading.finish().unwrap()
}

/// `StableDiffusionPipeline` does not read it.
#[test]
fn a_pipeline_may_pass_over_the_shift() {
    let of = |config: &Value, is_read: bool| {
        let mut loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
        if !is_read {
            loading = loading.without_shift_factor();
        }
        fixture("kl-shifted").feed(&mut loading.checkpoint, 4096).unwrap();
        let model = loading.finish().unwrap();
        let latents = fixture("kl-shifted").expected_pictures().latents(&model, &Device::flex());
        block_on(read(model.decode(latents)))
    };
    let shifted = config_of("kl-shifted");
    let mut without = shifted.clone();
    without["shift_factor"] = json!(null);
    assert_eq!(of(&shifted, false), of(&without, true));
    assert_ne!(of(&shifted, true), of(&without, true));
}

#[test]
fn packed_weights_change_little() {
    let device = Device::flex();
    for fixture in &VAES {
        for (dtype, tolerance) in [("f16", 1e-2), ("q8", 0.2)] {
            let storage = Storage::CPU.with_dtype(dtype).unwrap();
            let model = fixture.load_vae(storage, &device, 4096).unwrap();
            let expected = fixture.expected_pictures();
            let decoded = block_on(read(model.decode(expected.latents(&model, &device))));
            assert_ne!(decoded, expected.decoded);
            assert_close(fixture.name, dtype, &decoded, &expected.decoded, tolerance);
        }
    }
}

#[test]
fn sizes_follow_from_the_number_of_blocks() {
    for (name, scale) in [("kl", 4), ("kl-older", 8), ("tiny", 8), ("tiny-grey", 2)] {
        assert_eq!(load(name).scale_factor(), scale, "{name}");
    }
    let model = load("kl-older");
    let decoded = model.decode(Tensor::ones([1, 4, 1, 3], &Device::flex()));
    assert_eq!(decoded.dims(), [1, 3, 8, 24]);
    assert_eq!(model.encode(decoded, None).dims(), [1, 4, 1, 3]);
}

/// The form of Stable Diffusion's file, four sizes and 32 groups.
fn stable_diffusion() -> Value {
    json!({
        "_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu",
        "block_out_channels": [128, 256, 512, 512], "down_block_types": vec!["DownEncoderBlock2D"; 4],
        "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 3,
        "sample_size": 512, "up_block_types": vec!["UpDecoderBlock2D"; 4]
    })
}

#[test]
fn published_configurations_ask_for_as_many_parameters_as_diffusers_has() {
    let mut without_quant_convs = stable_diffusion();
    for (field, value) in [
        ("latent_channels", json!(16)),
        ("use_quant_conv", json!(false)),
        ("use_post_quant_conv", json!(false)),
        ("shift_factor", json!(0.1159)),
        ("scaling_factor", json!(0.3611)),
        ("latents_mean", json!(null)),
        ("latents_std", json!(null)),
        ("force_upcast", json!(true)),
        ("mid_block_add_attention", json!(true)),
    ] {
        without_quant_convs[field] = value;
    }
    // What `training/vae.py` trains for models/picturebook.
    let picturebook = json!({
        "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [24, 32, 64, 112, 128],
        "down_block_types": vec!["DownEncoderBlock2D"; 5], "up_block_types": vec!["UpDecoderBlock2D"; 5], "force_upcast": true,
        "in_channels": 3, "out_channels": 3, "latent_channels": 16, "latents_mean": null, "latents_std": null,
        "layers_per_block": 1, "mid_block_add_attention": false, "norm_num_groups": 8, "sample_size": 256,
        "scaling_factor": 1.0, "shift_factor": null, "use_post_quant_conv": true, "use_quant_conv": true
    });
    // The last two are what diffusers makes of a config that says nothing.
    for (config, parameters) in [
        (stable_diffusion(), 83_653_863),
        (without_quant_convs, 83_819_683),
        (picturebook, 3_604_843),
        (json!({}), 563_175),
        (json!({ "_class_name": "AutoencoderTiny" }), 2_445_063),
    ] {
        let loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
        assert_eq!(loading.checkpoint.num_weights(), parameters, "{config}");
        assert_eq!(loading.config().warning, None);
    }
    let config = Config::from_json(&stable_diffusion().to_string()).unwrap();
    assert_eq!((config.scaling_factor, config.shift_factor, config.scale_factor()), (0.18215, 0.0, 8));
}

#[test]
fn unsupported_configurations_are_refused_by_field_and_value() {
    let cases = [
        ("kl", "_class_name", json!("AsymmetricAutoencoderKL"), "AutoencoderKL, AutoencoderTiny work"),
        ("kl", "_class_name", json!("AutoencoderDC"), "AutoencoderTiny"),
        ("kl", "_class_name", json!("VQModel"), "AutoencoderTiny"),
        ("kl", "_class_name", json!("AutoencoderKLTemporalDecoder"), "AutoencoderTiny"),
        ("kl", "out_channels", json!(4), "in_channels, 3"),
        ("kl", "down_block_types", json!(["DownEncoderBlock2D"]), "asks for 3"),
        ("kl", "down_block_types", json!(["AttnDownEncoderBlock2D"]), "DownEncoderBlock2D works"),
        ("kl", "up_block_types", json!(["UpDecoderBlock2D", "UpBlock2D"]), "UpDecoderBlock2D works"),
        ("kl", "block_out_channels", json!([4, 7, 8]), "norm_num_groups 2"),
        ("kl", "block_out_channels", json!([]), "1 to 16"),
        ("kl", "act_fn", json!("mish"), "silu, swish, gelu, relu"),
        ("kl", "scaling_factor", json!(0), "divided by"),
        ("kl", "scaling_factor", json!(null), "number"),
        ("kl", "shift_factor", json!("0"), "number or null"),
        ("kl", "use_quant_conv", json!(1), "true or false"),
        ("kl", "norm_num_groups", json!(null), "whole number"),
        ("tiny", "upsampling_scaling_factor", json!(4), "2 to 2"),
        ("tiny", "upsample_fn", json!("bilinear"), "nearest"),
        ("tiny", "encoder_block_out_channels", json!([6, 6, 6, 8]), "4 times the same"),
        ("tiny", "decoder_block_out_channels", json!([6, 6]), "4 times the same"),
        ("tiny", "num_encoder_blocks", json!([1, 2]), "asks for 4"),
        ("tiny", "num_decoder_blocks", json!([0, 1]), "whole numbers"),
        ("tiny", "act_fn", json!("mish"), "silu, swish, gelu, relu"),
    ];
    for (name, field, value, part) in cases {
        let mut config = config_of(name);
        config[field] = value.clone();
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        for part in ["vae/config.json", field, &value.to_string(), part] {
            assert!(error.message().contains(part), "{field}: {error}");
        }
    }
    for text in ["", "<!doctype html>", "[]"] {
        assert_eq!(Config::from_json(text).unwrap_err().code(), "unsupported-model");
    }
}

/// As diffusers does.
#[test]
fn fields_that_are_not_known_are_passed_over_and_named() {
    for fixture in &VAES {
        assert_eq!(Config::from_json(fixture.config).unwrap().warning, None, "{}", fixture.name);
    }
    let mut config = config_of("kl");
    config["latents_mean"] = json!([0.1, 0.2, 0.3]);
    config["tile_size"] = json!(64);
    let warning = Config::from_json(&config.to_string()).unwrap().warning.expect("there is something to say");
    assert!(warning.starts_with("vae/config.json: ") && warning.contains("AutoencoderKL"), "{warning}");
    assert!(warning.contains("\"latents_mean\", \"tile_size\""), "{warning}");
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    for (name, field, value) in [
        ("kl", "in_channels", json!(0)),
        ("kl", "latent_channels", json!(u64::MAX)),
        ("kl", "layers_per_block", json!(1_000_000_000)),
        ("kl", "block_out_channels", json!([4, 6, 1_u64 << 40])),
        ("kl", "norm_num_groups", json!(0)),
        ("tiny", "num_decoder_blocks", json!([1, 1, 1, 1_000_000])),
        ("tiny", "num_decoder_blocks", json!(vec![1; 40])),
        ("tiny", "latent_channels", json!(-1)),
    ] {
        let mut config = config_of(name);
        config[field] = value;
        assert_eq!(refusal(&config).code(), "unsupported-model", "{field}");
    }
    // Each size is allowed, but together they are too large for any memory.
    let mut config = config_of("kl");
    config["block_out_channels"] = json!([1 << 18, 1 << 19, 1 << 20]);
    assert!(refusal(&config).message().contains("parameters"));
}

#[test]
fn sizes_that_a_device_has_no_room_for_are_refused_with_the_numbers() {
    let config = Config::from_json(&stable_diffusion().to_string()).unwrap();
    let phone = Storage::gpu(128 << 20);
    for size in [[512, 512], [768, 768], [512, 1024], [1024, 1024], [8, 8]] {
        assert_eq!(config.check_size(size, phone), Ok(()), "{size:?}");
    }
    let error = config.check_size([4096, 4096], Storage::gpu(1 << 30)).unwrap_err();
    assert_eq!(error.code(), "unsupported-model");
    // 256 channels at the full size, and twice 128: those are held at once.
    let held = 4_u64 * 4096 * 4096 * 512;
    for part in ["4096 × 4096", &held.to_string(), &(8_u64 << 30).to_string()] {
        assert!(error.message().contains(part), "{error}");
    }
    // The middle is not in bands: 512 channels.
    let error = config.check_size([512, 512], Storage::gpu(1 << 20)).unwrap_err();
    for part in [(4 * 64 * 64 * 512).to_string(), (1 << 20).to_string()] {
        assert!(error.message().contains(&part), "{error}");
    }
    assert!(config.check_size([usize::MAX, usize::MAX], Storage::CPU).is_err());
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_the_tensors_name() {
    for (config, checkpoint, part) in [
        ("kl", "kl-no-attention", "mid_block.attentions.0"),
        ("kl-no-attention", "kl", "mid_block.attentions.0"),
        ("kl", "kl-grey", "decoder.conv_out.bias"),
        ("kl-shifted", "kl", "quant_conv"),
        ("tiny", "kl", "decoder"),
        ("tiny-grey", "tiny", "decoder.layers"),
    ] {
        let mut loading =
            Loading::new(fixture(config).config, Storage::CPU, &Device::flex()).expect("it is known");
        let mut reader = Reader::new(None);
        let pushed = reader.push(fixture(checkpoint).files[0].1, &mut loading.checkpoint);
        let done = pushed.and_then(|()| reader.finish()).and_then(|()| loading.finish().map(|_| ()));
        let error = done.unwrap_err();
        assert_eq!(error.code(), "weights-mismatch");
        assert!(error.message().contains(part), "{config} of {checkpoint}: {error}");
    }
}
