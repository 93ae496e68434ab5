//! The digit VAE's pipeline on the CPU: agreement with PyTorch, options, pictures, configurations, and the folders that ship.

use burn::tensor::Device;
use hearth::error::{Error, Result};
use hearth::options::Options;
use hearth::picture;
use hearth::vae::digits::{DIGITS_PER_STEP, Loading, Pipeline, Posterior};
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::digits::{DIGIT_VAES, draw};
use crate::common::files::Files;
use crate::common::{Fixture, assert_close, devices};

fn fixture(name: &str) -> &'static Fixture {
    DIGIT_VAES.iter().find(|fixture| fixture.name == format!("vae-mnist/{name}")).expect("the fixture exists")
}

fn load(name: &str) -> Pipeline {
    fixture(name).load_digits(&Device::flex(), 4096).expect("the fixture loads")
}

fn config_of(name: &str) -> Value {
    serde_json::from_str(fixture(name).config).expect("the config is JSON")
}

fn load_as(name: &str, config: &Value) -> Result<Pipeline> {
    let mut loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex())?;
    fixture(name).feed(&mut loading.checkpoint, 4096)?;
    loading.finish()
}

fn refusal(config: &Value) -> Error {
    Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).expect_err("the config is refused")
}

/// The message of a call that must be refused.
fn refused(options: Options) -> String {
    match load("plane").start(options, 0) {
        Err(Error::InvalidOption(message)) => message,
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

fn seeded(seed: u64) -> Options {
    Options::new().with("seed", json!(seed))
}

// The networks ---------------------------------------------------------------------------------------------------------

#[test]
fn every_fixture_agrees_with_pytorch() {
    for device in devices() {
        for fixture in &DIGIT_VAES {
            block_on(fixture.assert_maps_as_pytorch(&device, 1e-5));
        }
    }
}

#[test]
fn the_activation_changes_what_is_computed_and_beta_does_not() {
    let of = |field: &str, value: Value| {
        let mut config = config_of("plane");
        config[field] = value;
        let pipeline = load_as("plane", &config).expect("it loads");
        let pictures = fixture("plane").expected_digits().rgba(&pipeline);
        let posterior = block_on(pipeline.encode(&pictures)).expect("it encodes");
        (posterior, block_on(draw(&pipeline, seeded(1))).pixels)
    };
    let plain = of("activation", json!("silu"));
    let relu = of("activation", json!("relu"));
    assert_ne!(plain.0, relu.0);
    assert_ne!(plain.1, relu.1);
    assert_eq!(plain, of("beta", json!(4)));
}

// Calls ----------------------------------------------------------------------------------------------------------------

#[test]
fn a_seed_gives_the_same_digits_again_and_another_seed_others() {
    let pipeline = load("plane");
    let of = |seed: u64| block_on(draw(&pipeline, seeded(seed).with("batch_size", json!(9))));
    let first = of(7);
    let other = of(8);
    assert_ne!(other.latents, first.latents);
    assert_ne!(other.pixels, first.pixels);
    assert_eq!(of(7), first);
}

#[test]
fn latents_of_a_seed_are_of_the_unit_normal() {
    let latents = block_on(draw(&load("five"), seeded(3).with("batch_size", json!(4000)))).latents;
    let count = 20_000.0;
    assert_eq!(latents.len(), 20_000);
    let mean = latents.iter().sum::<f32>() / count;
    let variance = latents.iter().map(|latent| latent * latent).sum::<f32>() / count;
    assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
}

#[test]
fn latents_that_are_given_are_those_that_are_decoded_and_reported() {
    let pipeline = load("plane");
    let drawn = block_on(draw(&pipeline, seeded(5).with("batch_size", json!(3))));
    let given = block_on(draw(&pipeline, Options::new().with("latents", drawn.latents.clone())));
    assert_eq!(given, drawn);
    let moved = drawn.latents.iter().map(|latent| latent + 0.5).collect::<Vec<_>>();
    assert_ne!(block_on(draw(&pipeline, Options::new().with("latents", moved))).pixels, drawn.pixels);
}

#[test]
fn the_first_digits_of_a_long_call_are_those_of_a_short_one() {
    let pipeline = load("plane");
    let of = |count: usize| block_on(draw(&pipeline, seeded(3).with("batch_size", json!(count))));
    let (short, long) = (of(5), of(DIGITS_PER_STEP + 5));
    assert_eq!(long.latents.len(), 2 * (DIGITS_PER_STEP + 5));
    assert_eq!(short.latents, long.latents[..short.latents.len()]);
    assert_close("plane", "pixels", &short.pixels, &long.pixels[..short.pixels.len()], 1e-6);
}

#[test]
fn a_step_makes_no_more_than_its_share() {
    let mut run = load("plane").start(Options::new().with("batch_size", json!(600)), 4242).unwrap();
    let mut counts = Vec::new();
    while let Some(step) = block_on(run.step()).unwrap() {
        assert_eq!(step.pixels.len() / 25, step.latents.len() / 2);
        counts.push(step.latents.len() / 2);
    }
    assert_eq!(counts, [256, 256, 88]);
    assert_eq!((run.count(), run.seed()), (600, 4242));
}

#[test]
fn options_that_are_unknown_out_of_range_or_contradictory_are_refused_by_name() {
    for (name, value) in [
        ("batch_size", json!(0)),
        ("batch_size", json!(4097)),
        ("batch_size", json!("many")),
        ("seed", json!(-1)),
        ("seed", json!(9_007_199_254_740_992_u64)),
        ("latents", json!([0.5, 0.5])),
    ] {
        let message = refused(Options::new().with(name, value.clone()));
        assert!(message.starts_with(name), "{name} = {value}: {message}");
    }
    for name in ["class_labels", "truncation", "sede"] {
        let message = refused(Options::new().with(name, json!(1)));
        assert!(message.starts_with(&format!("there is no option {name}")), "{message}");
    }
    let latents = |latents: Vec<f32>| Options::new().with("latents", latents);
    assert!(refused(latents(vec![0.5; 4]).with("batch_size", json!(3))).contains("latents is for 2"));
    assert!(refused(latents(vec![0.0; 3])).contains("3 numbers; it must have 2 for each"));
    assert!(refused(latents(Vec::new())).contains("2 for each"));
    assert!(refused(latents(vec![0.0; 2 * 4097])).contains("4097 pictures"));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(refused(latents(vec![0.0, bad])).contains("finite"));
    }
}

#[test]
fn pictures_that_are_not_whole_are_refused_and_the_next_ones_are_encoded() {
    let pipeline = load("plane");
    for len in [0, 1, 99, 101, 4 * 28 * 28] {
        let error = block_on(pipeline.encode(&vec![0; len])).unwrap_err();
        assert_eq!(error.code(), "invalid-option", "{len}");
        for part in [len.to_string().as_str(), "5 × 5", "100"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
    assert_eq!(block_on(pipeline.encode(&[0; 200])).unwrap().mean.len(), 4);
}

#[test]
fn pictures_are_encoded_in_order_however_many_there_are() {
    let pipeline = load("plane");
    let count = DIGITS_PER_STEP + 3;
    let shades: Vec<u8> = (0..count).flat_map(|index| [u8::try_from(index % 256).unwrap(); 100]).collect();
    let all = block_on(pipeline.encode(&shades)).unwrap();
    assert_eq!((all.mean.len(), all.logvar.len()), (2 * count, 2 * count));
    for index in [0, 1, DIGITS_PER_STEP - 1, DIGITS_PER_STEP, count - 1] {
        let alone = block_on(pipeline.encode(&shades[100 * index..100 * (index + 1)])).unwrap();
        let row = 2 * index..2 * (index + 1);
        assert_close("plane", "means", &all.mean[row.clone()], &alone.mean, 1e-6);
        assert_close("plane", "logvars", &all.logvar[row], &alone.logvar, 1e-6);
    }
}

#[test]
fn a_grey_model_takes_the_luminance_and_a_coloured_one_the_colours() {
    let of = |name: &str, red: [u8; 4]| {
        let pipeline = load(name);
        let size = pipeline.config().image_size;
        block_on(pipeline.encode(&red.repeat(size * size))).unwrap()
    };
    let (red, green, grey) = ([255, 0, 0, 255], [0, 255, 0, 255], [76, 76, 76, 255]);
    assert_eq!(of("plane", red), of("plane", grey));
    assert_ne!(of("plane", red), of("plane", green));
    assert_ne!(of("five-rgb", red), of("five-rgb", grey));
}

// Folders --------------------------------------------------------------------------------------------------------------

#[test]
fn unsupported_configurations_are_refused_by_field_and_value() {
    for (field, value, part) in [
        ("model_type", json!("gan"), "\"vae\""),
        ("pixel_range", json!([-1, 1]), "[0, 1] works"),
        ("pixel_range", json!(1), "[0, 1] works"),
        ("image_size", json!(0), "1 to 16384"),
        ("image_size", json!(4_000_000_000_u64), "1 to 16384"),
        ("image_size", json!([28, 28]), "1 to 16384"),
        ("num_channels", json!(2), "1 or 3"),
        ("latent_dim", json!(-1), "1 to 16384"),
        ("latent_dim", json!("2"), "1 to 16384"),
        ("encoder_hidden_sizes", json!(9), "a list of sizes"),
        ("encoder_hidden_sizes", json!([9, 0]), "a list of sizes"),
        ("decoder_hidden_sizes", json!(null), "a list of sizes"),
        ("decoder_hidden_sizes", json!([9.5]), "a list of sizes"),
        ("activation", json!("gelu"), "silu, relu work"),
        ("activation", json!(null), "silu, relu work"),
        ("beta", json!("1"), "a number"),
    ] {
        let mut config = config_of("plane");
        config[field] = value.clone();
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        for part in ["config.json", field, &value.to_string(), part] {
            assert!(error.message().contains(part), "{field} = {value}: {error}");
        }
    }
    for text in ["", "<!doctype html>", "[]", "{}"] {
        let error = Loading::new(text, Storage::CPU, &Device::flex()).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
    }
}

#[test]
fn a_required_field_that_is_missing_is_named_and_others_have_defaults() {
    let without = |field: &str| {
        let mut config = config_of("plane-relu");
        config.as_object_mut().unwrap().remove(field).expect("it was there");
        config
    };
    for field in [
        "model_type",
        "image_size",
        "num_channels",
        "latent_dim",
        "encoder_hidden_sizes",
        "decoder_hidden_sizes",
        "activation",
    ] {
        let error = refusal(&without(field));
        assert!(error.message().starts_with(&format!("config.json: {field} is missing; ")), "{error}");
    }
    assert!((load("plane-relu").config().beta - 0.25).abs() < f64::EPSILON);
    let default = load_as("plane-relu", &without("beta")).unwrap();
    assert!((default.config().beta - 1.0).abs() < f64::EPSILON);
    let unsaid = load_as("plane-relu", &without("pixel_range")).unwrap();
    assert_eq!(unsaid.config(), load("plane-relu").config());
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    for (field, value, part) in [
        ("encoder_hidden_sizes", json!([16_384, 16_384, 16_384]), "parameters"),
        ("decoder_hidden_sizes", json!([16_384, 16_384, 16_384]), "parameters"),
        ("image_size", json!(16_384), "parameters"),
        ("encoder_hidden_sizes", json!(vec![1; 60]), "63 hidden layers"),
    ] {
        let mut config = config_of("plane");
        config[field] = value;
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().contains(part), "{field}: {error}");
    }
}

#[test]
fn what_is_passed_over_in_a_folder_is_said() {
    assert!(load("plane").warnings().is_empty());
    let mut config = config_of("plane");
    config["dropout"] = json!(0.1);
    let pipeline = load_as("plane", &config).unwrap();
    let [warning] = pipeline.warnings() else { panic!("one warning: {:?}", pipeline.warnings()) };
    assert!(warning.starts_with("config.json: ") && warning.contains("\"dropout\""), "{warning}");
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_the_tensors_name() {
    for (config, checkpoint, part) in [
        ("plane", "five", "decoder.0.weight"),
        ("plane", "no-hidden", "decoder.0"),
        ("no-hidden", "plane", "decoder.0"),
        ("five-rgb", "five", "decoder."),
    ] {
        let mut loading = Loading::new(fixture(config).config, Storage::CPU, &Device::flex()).unwrap();
        let mut reader = Reader::new(None);
        let pushed = reader.push(fixture(checkpoint).files[0].1, &mut loading.checkpoint);
        let done = pushed.and_then(|()| reader.finish()).and_then(|()| loading.finish().map(|_| ()));
        let error = done.unwrap_err();
        assert_eq!(error.code(), "weights-mismatch", "{config} of {checkpoint}: {error}");
        assert!(error.message().contains(part), "{config} of {checkpoint}: {error}");
    }
    let unfed = Loading::new(fixture("plane").config, Storage::CPU, &Device::flex()).unwrap();
    assert_eq!(unfed.finish().unwrap_err().code(), "weights-mismatch");
}

#[test]
fn weights_that_overflow_are_an_error_and_not_a_grey_picture() {
    let fixture = fixture("plane");
    let bytes = fixture.files[0].1;
    let header_len = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let huge: Vec<u8> = bytes[header_len..].chunks(4).flat_map(|_| 3e38_f32.to_le_bytes()).collect();
    let folder = Files::default()
        .with("config.json", fixture.config)
        .with("model.safetensors", [&bytes[..header_len], &huge].concat());
    let pipeline = folder.digits().unwrap();
    let error = block_on(pipeline.encode(&[255; 100])).unwrap_err();
    assert_eq!(error.code(), "weights-invalid");
    // Infinity and minus infinity meet in the first layer.
    let mut run = pipeline.start(Options::new().with("latents", vec![1e3, -1e3]), 0).unwrap();
    assert_eq!(block_on(run.step()).unwrap_err().code(), "weights-invalid");
}

// The models that ship -------------------------------------------------------------------------------------------------

/// The folders of `models/vae-mnist`: latents and beta of each.
const SHIPPED: [(&str, usize, f64); 6] = [
    ("", 2, 1.0),
    ("latent-2-beta-0.25/", 2, 0.25),
    ("latent-2-beta-4/", 2, 4.0),
    ("latent-16-beta-0.25/", 16, 0.25),
    ("latent-16-beta-1/", 16, 1.0),
    ("latent-16-beta-4/", 16, 4.0),
];

fn shipped(folder: &str) -> Pipeline {
    let read = |name: &str| {
        let path = format!("{}/models/vae-mnist/{folder}{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let files = ["config.json", "model.safetensors"];
    files.iter().fold(Files::default(), |all, name| all.with(name, read(name))).digits().expect("it loads")
}

/// A digit of each class, 28 × 28 bytes each, from MNIST's test set.
fn digits_of_mnist() -> &'static [u8] {
    &include_bytes!("../fixtures/vae-mnist/digits.idx3-ubyte")[16..]
}

fn rgba(grey: &[u8]) -> Vec<u8> {
    grey.iter().flat_map(|&pixel| [pixel, pixel, pixel, 255]).collect()
}

#[test]
fn every_shipped_folder_says_what_it_is() {
    for (folder, latent_dim, beta) in SHIPPED {
        let pipeline = shipped(folder);
        let config = pipeline.config();
        assert_eq!(
            (config.image_size, config.num_channels, config.latent_dim),
            (28, 1, latent_dim),
            "{folder}"
        );
        assert!((config.beta - beta).abs() < f64::EPSILON, "{folder}");
        assert!(pipeline.warnings().is_empty(), "{folder}: {:?}", pipeline.warnings());
    }
}

#[test]
fn what_shipped_folders_draw_is_a_stroke_on_black() {
    for (folder, ..) in SHIPPED {
        let digits = block_on(draw(&shipped(folder), seeded(1).with("batch_size", json!(20))));
        for (index, pixels) in digits.pixels.chunks(28 * 28).enumerate() {
            let bytes = picture::rgba(pixels, 1, 28 * 28);
            let at = |row: usize, column: usize| bytes[4 * (28 * row + column)];
            let corners = [at(0, 0), at(0, 27), at(27, 0), at(27, 27)];
            assert!(corners.iter().all(|&pixel| pixel < 8), "{folder} {index}: corners {corners:?}");
            let light = (0..28 * 28).filter(|pixel| bytes[4 * pixel] > 127).count();
            assert!((1..300).contains(&light), "{folder} {index}: {light} light pixels");
        }
    }
}

/// With two latents the least likely digits look like others; with sixteen none does.
#[test]
fn a_reconstructed_digit_is_nearer_to_itself_than_to_the_others() {
    let digits = digits_of_mnist();
    for (folder, latent_dim, _) in SHIPPED {
        let pipeline = shipped(folder);
        let Posterior { mean, logvar } = block_on(pipeline.encode(&rgba(digits))).unwrap();
        assert!(logvar.iter().all(|logvar| (-12.0..1.0).contains(logvar)), "{folder}: {logvar:?}");
        let drawn = block_on(draw(&pipeline, Options::new().with("latents", mean)));
        let error = |pixels: &[f32], digit: &[u8]| {
            let number = |byte: &u8| f32::from(*byte) / 127.5 - 1.0;
            pixels.iter().zip(digit).map(|(pixel, byte)| (pixel - number(byte)).powi(2)).sum::<f32>()
        };
        let errors = drawn
            .pixels
            .chunks(784)
            .map(|pixels| digits.chunks(784).map(|digit| error(pixels, digit)).collect::<Vec<_>>());
        let own = errors.enumerate().filter(|(index, errors)| {
            errors.iter().enumerate().all(|(other, &error)| other == *index || error > errors[*index])
        });
        let least = if latent_dim == 2 { 8 } else { 10 };
        assert!(own.count() >= least, "{folder}: fewer than {least} of 10 digits");
    }
}
