//! The U-Net that attends to a text, on the CPU: what a `UNet2DConditionModel` has beside a `UNet2DModel`. That it agrees with
//! diffusers, in every format and on both devices, is tested with the others.

use burn::tensor::{Device, Tensor};
use hearth::diffusion::unet::{Attention, Conditioning, Config, Loading, UNet};
use hearth::weights::Storage;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::unet::{ExpectedOutput, UNETS};
use crate::common::{Fixture, assert_close, read};
use crate::unet::{config_of, fixture, load, refusal};

/// The fixtures whose pixels attend to a text.
fn texts() -> impl Iterator<Item = &'static Fixture> {
    UNETS.iter().filter(|fixture| fixture.name.contains("/text"))
}

/// The fixture's weights in a model whose configuration has other values.
fn load_changed(name: &str, changes: &[(&str, Value)]) -> UNet {
    let mut config = config_of(name);
    for (field, value) in changes {
        config[*field] = value.clone();
    }
    let mut loading =
        Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).expect("it is allowed");
    fixture(name).feed(&mut loading.checkpoint, 4096).expect("the weights fit");
    loading.finish().expect("all weights have come")
}

fn output(model: &UNet, expected: &ExpectedOutput) -> Vec<f32> {
    let device = Device::flex();
    let given = expected.conditioning(model, &device);
    block_on(read(model.forward(expected.sample(model, &device), &expected.timesteps, &given.borrowed())))
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn published_configurations_ask_for_as_many_parameters_as_diffusers_has() {
    let three = json!(["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"]);
    let three_up = json!(["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]);
    let cases = [
        ("a config that says nothing", json!({}), 872_300_484),
        ("stable-diffusion-v1-5", json!({ "cross_attention_dim": 768, "sample_size": 64 }), 859_520_964),
        (
            "stable-diffusion-2-1, sd-turbo",
            json!({ "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": true }),
            865_910_724,
        ),
        (
            "LCM_Dreamshaper_v7",
            json!({ "cross_attention_dim": 768, "time_cond_proj_dim": 256, "sample_size": 96 }),
            859_602_884,
        ),
        ("bk-sdm-base", json!({ "cross_attention_dim": 768, "layers_per_block": 1 }), 579_384_964),
        (
            "bk-sdm-small",
            json!({ "cross_attention_dim": 768, "layers_per_block": 1, "mid_block_type": null }),
            482_346_884,
        ),
        (
            "bk-sdm-tiny",
            json!({
                "cross_attention_dim": 768, "layers_per_block": 1, "mid_block_type": null,
                "block_out_channels": [320, 640, 1280], "down_block_types": three, "up_block_types": three_up,
            }),
            323_384_964,
        ),
    ];
    for (name, mut config, parameters) in cases {
        config["_class_name"] = json!("UNet2DConditionModel");
        let loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
        assert_eq!(loading.checkpoint.num_weights(), parameters, "{name}");
        assert_eq!(loading.config().warning, None, "{name}");
    }
}

#[test]
fn the_number_of_heads_is_called_their_size() {
    let heads = |name: &str| {
        let config = Config::from_json(fixture(name).config).unwrap();
        config.down_blocks.iter().map(|block| block.attention).collect::<Vec<_>>()
    };
    let [Attention::Transformer(first), Attention::Transformer(second), Attention::None] =
        heads("text-linear")[..]
    else {
        panic!("two blocks attend to a text");
    };
    assert_eq!([first.heads, second.heads], [2, 3]);
    let [Attention::Pixels(first), Attention::Transformer(second)] = heads("text-pixels")[..] else {
        panic!("a block attends to itself, and another to a text as well");
    };
    // Where pixels attend to each other only, it is what its name says.
    assert_eq!((first.head_dim, second.heads), (Some(4), 3));
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let device = Device::flex();
    for name in ["text", "text-linear", "text-guided", "text-only-cross", "text-classes"] {
        let (model, expected) = (load(name), fixture(name).expected_output());
        let (sample, rows) = (expected.sample(&model, &device), expected.timesteps.len());
        let given = expected.conditioning(&model, &device);
        for (row, output) in expected.output.chunks(expected.output.len() / rows).enumerate() {
            let (sample, given) = (sample.clone().narrow(0, row, 1), given.row(row, rows));
            let alone = model.forward(sample, &expected.timesteps[row..=row], &given.borrowed());
            assert_close(name, "outputs of a row", &block_on(read(alone)), output, 1e-5);
        }
    }
}

#[test]
fn every_option_changes_the_output() {
    for (name, field, value) in [
        ("text", "attention_head_dim", json!(1)),
        ("text", "attention_head_dim", json!([3, 2])),
        ("text", "mid_block_scale_factor", json!(1.4)),
        ("text", "act_fn", json!("gelu")),
        ("text", "time_embedding_act_fn", json!("silu")),
        ("text", "timestep_post_act", json!("relu")),
        ("text", "center_input_sample", json!(true)),
        ("text-distilled", "norm_eps", json!(0.1)),
        ("text-classes", "flip_sin_to_cos", json!(true)),
        ("text-classes", "freq_shift", json!(0)),
        ("text-classes", "downsample_padding", json!(1)),
        ("text-classes", "act_fn", json!("relu")),
        ("text-pixels", "attention_head_dim", json!([2, 3])),
    ] {
        let expected = fixture(name).expected_output();
        let output = output(&load_changed(name, &[(field, value)]), &expected);
        let worst = farthest(&output, &expected.output);
        assert!(worst > 1e-3, "{name} with another {field}: {worst}");
    }
}

#[test]
fn what_has_no_effect_is_read_and_changes_nothing() {
    let changes = [
        ("upcast_attention", json!(true)),
        ("resnet_skip_time_act", json!(true)),
        ("resnet_out_scale_factor", json!(2.0)),
        ("mid_block_only_cross_attention", json!(true)),
        ("cross_attention_norm", json!("layer_norm")),
        ("addition_embed_type_num_heads", json!(8)),
        ("projection_class_embeddings_input_dim", json!(5)),
        ("dropout", json!(0.5)),
        // A list of equal numbers is the number.
        ("cross_attention_dim", json!([6, 6])),
        ("attention_head_dim", json!([2, 2])),
        ("layers_per_block", json!([2, 2])),
        ("transformer_layers_per_block", json!([1, 1])),
        ("only_cross_attention", json!([false, false])),
    ];
    let (model, expected) = (load_changed("text", &changes), fixture("text").expected_output());
    assert_eq!(model.config(), &Config::from_json(fixture("text").config).unwrap());
    assert_close("text", "outputs", &output(&model, &expected), &expected.output, 1e-5);
}

#[test]
fn the_text_and_what_is_embedded_with_the_timestep_change_the_output() {
    let (device, model) = (Device::flex(), load("text-guided"));
    let expected = fixture("text-guided").expected_output();
    let given = expected.conditioning(&model, &device);
    let of = |conditioning: &Conditioning| {
        let sample = expected.sample(&model, &device);
        let checked = model.config().check_call(sample.dims(), &expected.timesteps, conditioning);
        assert_eq!(checked, Ok(()));
        block_on(read(model.forward(sample, &expected.timesteps, conditioning)))
    };
    let given = given.borrowed();
    let other = given.encoder_hidden_states.map(|text| text.clone() * 0.5);
    let scale = given.timestep_cond.map(|cond| cond.clone() * 2.0);
    for changed in [
        Conditioning { encoder_hidden_states: other.as_ref(), ..given },
        Conditioning { timestep_cond: scale.as_ref(), ..given },
        // As diffusers has it, the embedding does without.
        Conditioning { timestep_cond: None, ..given },
    ] {
        assert!(farthest(&of(&changed), &expected.output) > 1e-3);
    }
}

#[test]
fn every_pixels_attention_to_the_tokens_is_one_in_all() {
    let device = Device::flex();
    for fixture in texts() {
        let model = fixture.load_unet(Storage::CPU, &device, 4096).unwrap();
        let expected = fixture.expected_output();
        let given = expected.conditioning(&model, &device);
        let sample = expected.sample(&model, &device);
        let [rows, _, height, width] = sample.dims();
        let (_, maps) = model.forward_with_attentions(sample, &expected.timesteps, &given.borrowed());
        assert_eq!(
            [maps.dims()[0], maps.dims()[2], maps.dims()[3]],
            [rows, height, width],
            "{}",
            fixture.name
        );
        let sums = block_on(read(maps.sum_dim(1)));
        assert_close(fixture.name, "attention to all tokens", &sums, &vec![1.0; sums.len()], 1e-5);
    }
}

#[test]
fn unsupported_configurations_are_refused_by_field_and_value() {
    let cases = [
        ("addition_embed_type", json!("text_time"), "Stable Diffusion XL"),
        ("addition_embed_type", json!("image"), "Stable Diffusion 1 and 2"),
        ("num_attention_heads", json!(8), "null works"),
        ("encoder_hid_dim", json!(1024), "null works"),
        ("encoder_hid_dim_type", json!("text_proj"), "null works"),
        ("reverse_transformer_layers_per_block", json!([[1], [1]]), "null works"),
        ("attention_type", json!("gated"), "default works"),
        ("dual_cross_attention", json!(true), "false works"),
        ("class_embeddings_concat", json!(true), "false works"),
        ("class_embed_type", json!("projection"), "null, timestep, identity"),
        ("class_embed_type", json!("simple_projection"), "null, timestep, identity"),
        ("time_embedding_type", json!("fourier"), "positional works"),
        (
            "mid_block_type",
            json!("UNetMidBlock2DSimpleCrossAttn"),
            "UNetMidBlock2DCrossAttn, UNetMidBlock2D, null",
        ),
        ("down_block_types", json!(["SimpleCrossAttnDownBlock2D", "DownBlock2D"]), "CrossAttnDownBlock2D"),
        ("down_block_types", json!(["ResnetDownsampleBlock2D", "DownBlock2D"]), "CrossAttnDownBlock2D"),
        ("down_block_types", json!(["CrossAttnDownBlock2D"]), "asks for 2"),
        ("up_block_types", json!(["UpBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"]), "asks for 2"),
        ("act_fn", json!("mish"), "silu, swish, gelu, relu"),
        ("time_embedding_act_fn", json!("mish"), "null, silu, swish, gelu, relu"),
        ("timestep_post_act", json!("mish"), "null, silu, swish, gelu, relu"),
        ("attention_head_dim", json!(null), "a list of 2"),
        ("attention_head_dim", json!(7), "1 to the block's 6"),
        ("attention_head_dim", json!([2, 3, 4]), "a list of 2"),
        ("attention_head_dim", json!(0), "whole numbers from 1"),
        ("cross_attention_dim", json!(null), "a list of 2"),
        ("cross_attention_dim", json!([6, 8]), "one number for all"),
        ("layers_per_block", json!([1, 1_000_000]), "up to 64"),
        ("layers_per_block", json!([2, 2, 2]), "a list of 2"),
        ("transformer_layers_per_block", json!(17), "up to 16"),
        ("transformer_layers_per_block", json!([[1, 1], [1, 1]]), "whole numbers"),
        ("only_cross_attention", json!([true]), "a list of 2"),
        ("only_cross_attention", json!("yes"), "true or false"),
        ("use_linear_projection", json!(null), "true or false"),
        ("conv_in_kernel", json!(2), "odd number"),
        ("conv_out_kernel", json!(0), "1 to 15"),
        ("time_cond_proj_dim", json!(0), "whole number"),
        ("norm_num_groups", json!(null), "whole number"),
        ("block_out_channels", json!([]), "1 to 16"),
    ];
    for (field, value, part) in cases {
        let mut config = config_of("text");
        config[field] = value.clone();
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        for part in [field, &value.to_string(), part] {
            assert!(error.message().contains(part), "{field}: {error}");
        }
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over_and_named() {
    let mut config = config_of("text");
    config["add_attention"] = json!(true);
    config["num_train_timesteps"] = json!(1000);
    let warning = Config::from_json(&config.to_string()).unwrap().warning.expect("there is something to say");
    for part in ["unet/config.json: ", "UNet2DConditionModel", "\"add_attention\", \"num_train_timesteps\""] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[test]
fn a_call_that_does_not_fit_is_refused() {
    let device = Device::flex();
    let tensor = |shape: [usize; 2]| Tensor::<2>::zeros(shape, &device);
    let (fits, wide, three) = (tensor([4, 6]), tensor([4, 7]), tensor([3, 6]));
    let (cond, short) = (tensor([2, 10]), tensor([1, 10]));
    let none = Conditioning::default();
    let text = Conditioning { encoder_hidden_states: Some(&fits), ..none };
    let cases = [
        ("text", none, "needs one"),
        (
            "text",
            Conditioning { encoder_hidden_states: Some(&wide), ..none },
            "[4, 7]; for 2 rows it must be [2 · tokens, 6]",
        ),
        ("text", Conditioning { encoder_hidden_states: Some(&three), ..none }, "[3, 6]"),
        ("text", Conditioning { timestep_cond: Some(&cond), ..text }, "timestep_cond, and"),
        ("text-guided", Conditioning { timestep_cond: Some(&short), ..text }, "[1, 10]; it must be [2, 10]"),
        ("text-classes", text, "no class labels"),
    ];
    for (name, conditioning, part) in cases {
        let config = Config::from_json(fixture(name).config).unwrap();
        let shape = [2, config.in_channels, 8, 8];
        let error = config.check_call(shape, &[1.0, 2.0], &conditioning).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.message().contains(part), "{name}: {error}");
    }
    let plain = Config::from_json(fixture("plain").config).unwrap();
    let error = plain.check_call([2, 3, 8, 8], &[1.0, 2.0], &text).unwrap_err();
    assert!(error.message().contains("no use for one"), "{error}");
}

#[test]
fn other_sizes_and_texts_of_any_length_work() {
    let (device, model) = (Device::flex(), load("text"));
    for tokens in [1, 7, 77, 154] {
        let text = Tensor::<2>::ones([tokens, 6], &device);
        let conditioning = Conditioning { encoder_hidden_states: Some(&text), ..Conditioning::default() };
        let sample = Tensor::<4>::ones([1, 4, 6, 10], &device);
        let (output, maps) = model.forward_with_attentions(sample, &[5.0], &conditioning);
        assert_eq!((output.dims(), maps.dims()), ([1, 4, 6, 10], [1, tokens, 6, 10]));
    }
}
