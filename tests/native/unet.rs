//! The U-Net on the CPU: agreement with diffusers, checkpoints and configurations.

use burn::tensor::Device;
use hearth::diffusion::unet::{ClassLabels, Conditioning, Config, Loading, UNet};
use hearth::error::Error;
use hearth::kernels::Format;
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::unet::UNETS;
use crate::common::{Fixture, assert_close, read};

pub fn fixture(name: &str) -> &'static Fixture {
    UNETS.iter().find(|fixture| fixture.name == format!("diffusion/unet/{name}")).expect("the fixture exists")
}

pub fn load(name: &str) -> UNet {
    fixture(name).load_unet(Storage::CPU, &Device::flex(), 4096).expect("the fixture loads")
}

pub fn config_of(name: &str) -> Value {
    serde_json::from_str(fixture(name).config).expect("the config is JSON")
}

/// The shapes of a published checkpoint.
fn ddpm(channels: &Value, down: &[&str], up: &[&str]) -> Value {
    json!({
        "_class_name": "UNet2DModel", "_diffusers_version": "0.0.4", "act_fn": "silu", "attention_head_dim": null,
        "block_out_channels": channels, "center_input_sample": false, "down_block_types": down,
        "downsample_padding": 0, "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3, "layers_per_block": 2,
        "mid_block_scale_factor": 1, "norm_eps": 1e-6, "norm_num_groups": 32, "out_channels": 3,
        "sample_size": 32, "time_embedding_type": "positional", "up_block_types": up
    })
}

pub fn refusal(config: &Value) -> Error {
    Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).expect_err("the config is refused")
}

#[test]
fn every_fixture_agrees_with_diffusers() {
    for fixture in &UNETS {
        block_on(fixture.assert_agrees_with_diffusers(&Device::flex(), 1e-5));
    }
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let device = Device::flex();
    for name in ["plain", "published", "scale-shift", "fourier"] {
        let (model, expected) = (load(name), fixture(name).expected_output());
        let sample = expected.sample(&model, &device);
        let each = expected.output.chunks(expected.output.len() / expected.timesteps.len());
        for (row, (&timestep, output)) in expected.timesteps.iter().zip(each).enumerate() {
            let alone =
                model.forward(sample.clone().narrow(0, row, 1), &[timestep], &Conditioning::default());
            assert_close(name, "outputs of a row", &block_on(read(alone)), output, 1e-5);
        }
    }
}

#[test]
fn timesteps_and_classes_change_the_output() {
    let (device, model) = (Device::flex(), load("classes"));
    let sample = fixture("classes").expected_output().sample(&model, &device).narrow(0, 0, 1);
    let of = |timestep: f64, label: u32| {
        let labels = [label];
        let conditioning = Conditioning::classes(Some(ClassLabels::Indices(&labels)));
        block_on(read(model.forward(sample.clone(), &[timestep], &conditioning)))
    };
    let first = of(10.0, 1);
    assert_eq!(of(10.0, 1), first);
    for other in [of(11.0, 1), of(10.25, 1), of(10.0, 2)] {
        assert!(other.iter().zip(&first).any(|(a, b)| (a - b).abs() > 1e-5));
    }
}

#[test]
fn every_option_changes_the_output() {
    let device = Device::flex();
    for (name, field, value) in [
        ("published", "flip_sin_to_cos", json!(true)),
        ("published", "freq_shift", json!(0)),
        ("published", "downsample_padding", json!(1)),
        ("published", "act_fn", json!("gelu")),
        ("published", "act_fn", json!("relu")),
        ("published", "attention_head_dim", json!(2)),
        ("published", "norm_eps", json!(0.1)),
        ("published", "norm_num_groups", json!(1)),
        ("published", "center_input_sample", json!(true)),
        ("published", "mid_block_scale_factor", json!(1.4)),
        ("scale-shift-normed", "attn_norm_num_groups", json!(2)),
    ] {
        let expected = fixture(name).expected_output();
        let mut config = config_of(name);
        config[field] = value;
        let mut loading = Loading::new(&config.to_string(), Storage::CPU, &device).unwrap();
        fixture(name).feed(&mut loading.checkpoint, 4096).unwrap();
        let model = loading.finish().unwrap();
        let output =
            model.forward(expected.sample(&model, &device), &expected.timesteps, &Conditioning::default());
        let output = block_on(read(output));
        let worst = output.iter().zip(&expected.output).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst > 1e-3, "{field}: {worst}");
    }
}

#[test]
fn other_sizes_than_the_sample_size_work() {
    let model = load("published");
    let sample = burn::tensor::Tensor::<4>::ones([1, 3, 4, 18], &Device::flex());
    let output = model.forward(sample, &[5.0], &Conditioning::default());
    assert_eq!(output.dims(), [1, 3, 4, 18]);
}

#[test]
fn packed_weights_compute_what_the_numbers_that_they_stand_for_do() {
    for fixture in &UNETS {
        for (format, tolerance, of_diffusers) in [(Format::F16, 1e-5, 1e-2), (Format::Q8, 1e-3, 0.2)] {
            let device = Device::flex();
            block_on(fixture.assert_computes_with_packed_weights(format, &device, tolerance, of_diffusers));
        }
    }
}

#[test]
fn halves_of_a_file_are_kept_where_the_device_reads_them_well() {
    let gpu = Storage { reads_halves: true, ..Storage::CPU };
    for (name, storage, dtype, format) in [
        ("half", Storage::CPU, "auto", Format::F32),
        ("half", gpu, "auto", Format::F16),
        ("plain", gpu, "auto", Format::F32),
        ("half", gpu, "f32", Format::F32),
        ("plain", Storage::CPU, "q8", Format::Q8),
    ] {
        let storage = storage.with_dtype(dtype).unwrap();
        let model = fixture(name).load_unet(storage, &Device::flex(), 4096).unwrap();
        assert_eq!(model.format(), format, "{name}, {dtype}");
    }
}

#[test]
fn published_configurations_ask_for_as_many_parameters_as_diffusers_has() {
    let (down, attention_down) = ("DownBlock2D", "AttnDownBlock2D");
    let (up, attention_up) = ("UpBlock2D", "AttnUpBlock2D");
    let cifar10 =
        ddpm(&json!([128, 256, 256, 256]), &[down, attention_down, down, down], &[up, up, attention_up, up]);
    let cat = ddpm(
        &json!([128, 128, 256, 256, 512, 512]),
        &[down, down, down, down, attention_down, down],
        &[up, attention_up, up, up, up, up],
    );
    // The last is what diffusers makes of a config that says nothing.
    for (config, parameters) in [(cifar10, 35_746_307), (cat, 113_673_219), (json!({}), 274_056_163)] {
        let loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
        let count: usize =
            loading.checkpoint.wanted().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        assert_eq!(count, parameters, "{config}");
    }
}

#[test]
fn unsupported_configurations_are_refused_by_field_and_value() {
    let cases = [
        ("_class_name", json!("SD3Transformer2DModel"), "UNet2DModel, UNet2DConditionModel"),
        ("down_block_types", json!(["DownBlock2D", "SkipDownBlock2D"]), "AttnDownBlock2D"),
        ("down_block_types", json!(["DownBlock2D"]), "asks for 2"),
        ("down_block_types", json!("DownBlock2D"), "AttnDownBlock2D"),
        ("up_block_types", json!(["CrossAttnUpBlock2D", "UpBlock2D"]), "AttnUpBlock2D"),
        ("up_block_types", json!(["UpBlock2D", "UpBlock2D", "UpBlock2D"]), "asks for 2"),
        ("mid_block_type", json!("UNetMidBlock2DCrossAttn"), "UNetMidBlock2D"),
        ("downsample_type", json!("fir"), "conv, resnet"),
        ("upsample_type", json!(2), "conv, resnet"),
        ("time_embedding_type", json!("learned"), "positional, fourier"),
        ("class_embed_type", json!("projection"), "timestep, identity"),
        ("resnet_time_scale_shift", json!("spatial"), "default, scale_shift"),
        ("act_fn", json!("mish"), "silu, swish, gelu, relu"),
        ("downsample_padding", json!(2), "0 to 1"),
        ("center_input_sample", json!("yes"), "true or false"),
        ("freq_shift", json!(2), "less than half"),
        ("norm_eps", json!(0), "between 0 and 1"),
        ("norm_eps", json!(null), "number"),
        ("mid_block_scale_factor", json!(0), "divided by"),
        ("norm_num_groups", json!(null), "whole number"),
        ("attn_norm_num_groups", json!(4), "divisor of the last block's 6"),
        ("attention_head_dim", json!(7), "1 to the block's 6"),
        ("block_out_channels", json!([4, 7]), "norm_num_groups 2"),
        ("block_out_channels", json!([]), "1 to 16"),
        ("sample_size", json!([8, 9]), "multiples of 2"),
        ("sample_size", json!([8, 8, 8]), "height and width"),
    ];
    for (field, value, part) in cases {
        let mut config = config_of("plain");
        config[field] = value.clone();
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        for part in [field, &value.to_string(), part] {
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
    for fixture in &UNETS {
        assert_eq!(Config::from_json(fixture.config).unwrap().warning, None, "{}", fixture.name);
    }
    let mut config = config_of("plain");
    for (field, value) in [("dropout", json!(0.1)), ("num_train_timesteps", json!(500)), ("_mine", json!(1))]
    {
        config[field] = value;
    }
    assert_eq!(Config::from_json(&config.to_string()).unwrap().warning, None);
    config["cross_attention_dim"] = json!(768);
    config["encoder_hid_dim"] = json!(null);
    let warned = Config::from_json(&config.to_string()).unwrap();
    let warning = warned.warning.clone().expect("there is something to say");
    assert!(warning.starts_with("unet/config.json: ") && warning.contains("UNet2DModel"), "{warning}");
    assert!(warning.contains("\"cross_attention_dim\", \"encoder_hid_dim\""), "{warning}");
    let plain = Config::from_json(fixture("plain").config).unwrap();
    assert_eq!(Config { warning: None, ..warned }, plain);
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let cases = [
        ("in_channels", json!(0)),
        ("out_channels", json!(u64::MAX)),
        ("layers_per_block", json!(1_000_000_000)),
        ("layers_per_block", json!(0)),
        ("layers_per_block", json!(-1)),
        ("block_out_channels", json!([4, 1_000_000])),
        ("block_out_channels", json!([4, 1_u64 << 40])),
        ("block_out_channels", json!(vec![4; 40])),
        ("time_embedding_dim", json!(0)),
        ("num_class_embeds", json!(1_u64 << 40)),
        ("sample_size", json!(0)),
        ("attention_head_dim", json!(0)),
        ("norm_num_groups", json!(0)),
    ];
    for (field, value) in cases {
        let mut config = config_of("plain");
        config[field] = value;
        assert_eq!(refusal(&config).code(), "unsupported-model", "{field}");
    }
    // Each size is allowed, but together they are too large for any memory.
    let mut config = config_of("plain");
    config["block_out_channels"] = json!([1 << 19, 1 << 20]);
    assert!(refusal(&config).message().contains("parameters"));
}

#[test]
fn what_the_device_cannot_hold_is_refused_with_the_sizes() {
    let storage = Storage { max_total: 1000, ..Storage::CPU };
    let load = |storage| Loading::new(fixture("plain").config, storage, &Device::flex());
    let error = load(storage).unwrap_err();
    assert!(error.message().contains("1000"), "{error}");
    assert!(load(storage.with_dtype("q8").unwrap()).is_err());
    // The largest kernels are of the first block on the way up, 6 · 12 · 9 numbers; on a GPU the outputs are filled up to 8.
    let bytes = |max_binding, dtype| {
        let storage = Storage { max_binding, ..Storage::CPU }.with_dtype(dtype).unwrap();
        fixture("plain").load_unet(storage, &Device::flex(), 4096)
    };
    let of_halves = 2 * 8 * 12 * 9;
    assert!(bytes(of_halves, "auto").is_ok(), "what is too large in f32 is kept in halves");
    assert!(bytes(of_halves / 2, "q8").is_ok());
    for (max_binding, dtype) in [(of_halves - 1, "auto"), (of_halves - 1, "f16"), (of_halves / 2 - 1, "q8")] {
        let error = bytes(max_binding, dtype).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().contains("up_blocks.0"), "{error}");
        assert!(error.message().contains(&max_binding.to_string()), "{error}");
    }
}

#[test]
fn the_largest_tensor_is_known_before_it_is_made() {
    let of =
        |name: &str, rows, size| Config::from_json(fixture(name).config).unwrap().largest_tensor(rows, size);
    // On the way up the full size joins 6 channels from below with 4 of a skip connection.
    assert_eq!(of("identity", 1, [8, 8]), 10 * 64);
    assert_eq!(of("identity", 3, [8, 12]), 3 * 10 * 96);
    // Attention among the pixels has no matrix of their scores.
    assert_eq!(of("plain", 1, [64, 64]), 10 * 64 * 64);
    // The values and gates of a transformer are each four times as wide as its six channels.
    assert_eq!(of("text", 2, [64, 96]), 2 * 48 * 64 * 96);
    assert_eq!(of("plain", usize::MAX, [1 << 40, 1 << 40]), u64::MAX);
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_the_tensors_name() {
    for (config, checkpoint, part) in [
        ("plain", "classes", "class_embedding.weight"),
        ("classes", "plain", "conv_in.weight"),
        ("plain", "scale-shift", "time_emb_proj.bias"),
        ("scale-shift", "published", "down_blocks.0.attentions.0"),
        ("timestep-classes", "plain", "mid_block"),
        ("scale-shift-normed", "scale-shift", "mid_block.attentions.0.group_norm"),
    ] {
        let mut loading = Loading::new(fixture(config).config, Storage::CPU, &Device::flex()).unwrap();
        let mut reader = Reader::new(None);
        let pushed = reader.push(fixture(checkpoint).files[0].1, &mut loading.checkpoint);
        let done = pushed.and_then(|()| reader.finish()).and_then(|()| loading.finish().map(|_| ()));
        let error = done.unwrap_err();
        assert_eq!(error.code(), "weights-mismatch");
        assert!(error.message().contains(part), "{config} of {checkpoint}: {error}");
    }
}

#[test]
fn a_call_that_does_not_fit_is_refused() {
    let check = |name: &str, shape, timesteps: &[f64], labels: Option<ClassLabels>| {
        let conditioning = Conditioning::classes(labels);
        Config::from_json(fixture(name).config).unwrap().check_call(shape, timesteps, &conditioning)
    };
    let embeddings = burn::tensor::Tensor::<2>::zeros([1, 9], &Device::flex());
    let (labels, of_rows) = (ClassLabels::Indices(&[1]), [1.0, 2.0]);
    let cases = [
        (check("plain", [2, 1, 8, 8], &of_rows, None), "1 channels; the model takes 3"),
        (check("plain", [2, 3, 8, 7], &of_rows, None), "multiples of 2"),
        (check("plain", [2, 3, 0, 8], &of_rows, None), "multiples of 2"),
        (check("plain", [1, 3, 8, 8], &of_rows, None), "one for each"),
        (check("plain", [0, 3, 8, 8], &[], None), "one for each"),
        (check("plain", [1, 3, 8, 8], &[f64::NAN], None), "finite"),
        (check("fourier", [1, 3, 8, 8], &[0.0], None), "above 0"),
        (check("plain", [1, 3, 8, 8], &[1.0], Some(labels)), "no classes"),
        (check("classes", [1, 1, 8, 8], &[1.0], None), "needs one"),
        (check("classes", [2, 1, 8, 8], &of_rows, Some(labels)), "1 class labels for 2 rows"),
        (check("classes", [1, 1, 8, 8], &[1.0], Some(ClassLabels::Indices(&[5]))), "classes 0 to 4"),
        (check("classes", [1, 1, 8, 8], &[1.0], Some(ClassLabels::Embeddings(&embeddings))), "takes numbers"),
        (check("identity", [1, 3, 8, 8], &[1.0], Some(labels)), "takes embeddings"),
        (check("identity", [1, 3, 8, 8], &[1.0], Some(ClassLabels::Embeddings(&embeddings))), "[1, 10]"),
    ];
    for (refused, part) in cases {
        let error = refused.unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.message().contains(part), "{error}");
    }
}
