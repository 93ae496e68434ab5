//! The GAN's pipeline on the CPU: agreement with PyTorch, options, steps.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use hearth::error::Error;
use hearth::gan::model::{Config, Gan, key_map};
use hearth::gan::{DIGITS_PER_STEP, Loading, Pipeline};
use hearth::options::Options;
use hearth::weights::{Checkpoint, Reader, Sink};
use pollster::block_on;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::{Fixture, GANS, assert_close, devices, draw, read};

fn fixture(name: &str) -> &'static Fixture {
    GANS.iter().find(|fixture| fixture.name == format!("gan/{name}")).expect("the fixture exists")
}

fn conditional() -> Pipeline {
    fixture("conditional").load(&Device::flex(), 4096).expect("the fixture loads")
}

fn unconditional() -> Pipeline {
    fixture("unconditional").load(&Device::flex(), 4096).expect("the fixture loads")
}

/// The message of a call that must be refused.
fn refused(pipeline: &Pipeline, options: Options) -> String {
    match pipeline.start(options, 0) {
        Err(Error::InvalidOption(message)) => message,
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

#[test]
fn every_fixture_agrees_with_pytorch() {
    for fixture in &GANS {
        block_on(fixture.assert_agrees_with_pytorch(&Device::flex(), 2e-6));
    }
}

#[test]
fn the_sizes_of_the_pieces_do_not_matter() {
    let pictures: Vec<_> = [1, 3, 7, 1 << 20]
        .map(|chunk| {
            let pipeline = fixture("half").load(&Device::flex(), chunk).expect("the fixture loads");
            block_on(draw(&pipeline, Options::new().with("seed", json!(1)))).pixels
        })
        .into();
    assert!(pictures.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_seed_gives_the_same_digits_again_also_after_other_calls() {
    let pipeline = conditional();
    let options = || Options::new().with("seed", json!(7)).with("batch_size", json!(9));
    let first = block_on(draw(&pipeline, options()));
    block_on(draw(&pipeline, Options::new().with("seed", json!(8))));
    assert_eq!(block_on(draw(&pipeline, options())), first);
}

#[test]
fn another_seed_gives_other_digits() {
    let pipeline = conditional();
    let with_seed = |seed| block_on(draw(&pipeline, Options::new().with("seed", json!(seed)))).pixels;
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn the_first_digits_of_a_long_grid_are_those_of_a_short_one() {
    let pipeline = conditional();
    let of = |count: usize| {
        block_on(draw(&pipeline, Options::new().with("seed", json!(3)).with("batch_size", json!(count))))
    };
    let (short, long) = (of(5), of(DIGITS_PER_STEP + 5));
    assert_eq!(long.scores.len(), DIGITS_PER_STEP + 5);
    assert_eq!(short.class_labels.unwrap()[..], long.class_labels.unwrap()[..5]);
    assert_eq!(short.latents, long.latents[..short.latents.len()]);
    assert_close("conditional", "pixels", &short.pixels, &long.pixels[..short.pixels.len()], 1e-6);
}

#[test]
fn a_step_makes_no_more_than_its_share() {
    let mut run = conditional().start(Options::new().with("batch_size", json!(130)), 0).unwrap();
    let mut counts = Vec::new();
    while let Some(step) = block_on(run.step()).unwrap() {
        counts.push(step.scores.len());
    }
    assert_eq!(counts, [64, 64, 2]);
    assert_eq!(run.count(), 130);
}

#[test]
fn without_a_seed_the_random_one_is_used_and_reported() {
    let run = conditional().start(Options::new(), 4242).unwrap();
    assert_eq!(run.seed(), 4242);
}

#[test]
fn asking_for_a_class_changes_the_picture_but_not_the_noise() {
    let pipeline = conditional();
    let of = |label: u32| {
        block_on(draw(&pipeline, Options::new().with("seed", json!(1)).with("class_labels", json!(label))))
    };
    let (one, two) = (of(1), of(2));
    assert_eq!(one.latents, two.latents);
    assert_ne!(one.pixels, two.pixels);
    assert_eq!(one.class_labels, Some(vec![1]));
}

#[test]
fn one_label_serves_a_whole_batch_and_several_make_one() {
    let pipeline = conditional();
    let of = |options| block_on(draw(&pipeline, options)).class_labels.unwrap();
    let options = Options::new().with("class_labels", json!([3])).with("batch_size", json!(3));
    assert_eq!(of(options), [3, 3, 3]);
    assert_eq!(of(Options::new().with("class_labels", json!([2, 0, 2]))), [2, 0, 2]);
}

#[test]
fn labels_that_nobody_asked_for_are_spread_evenly() {
    let options = Options::new().with("seed", json!(5)).with("batch_size", json!(4000));
    let labels = block_on(draw(&conditional(), options)).class_labels.unwrap();
    for class in 0..4 {
        let count = labels.iter().filter(|&&label| label == class).count();
        assert!((900..1100).contains(&count), "class {class} came {count} times in 4000");
    }
}

#[test]
fn a_one_hot_mixture_is_the_class() {
    let pipeline = conditional();
    let noise = || Options::new().with("seed", json!(9));
    let labelled = block_on(draw(&pipeline, noise().with("class_labels", json!(2))));
    let mixed = block_on(draw(&pipeline, noise().with("class_weights", vec![0.0, 0.0, 1.0, 0.0])));
    assert_eq!(labelled.pixels, mixed.pixels);
    assert_eq!(mixed.class_labels, None);
}

#[test]
fn truncation_keeps_the_noise_small() {
    let options = Options::new().with("truncation", json!(0.25)).with("batch_size", json!(50));
    let digits = block_on(draw(&conditional(), options));
    assert!(digits.latents.iter().all(|x| x.abs() <= 0.5));
    assert!(digits.latents.iter().any(|x| x.abs() > 0.3));
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let pipeline = conditional();
    let cases: [(&str, Value); 9] = [
        ("batch_size", json!(0)),
        ("batch_size", json!(4097)),
        ("batch_size", json!("many")),
        ("seed", json!(-1)),
        ("seed", json!(9_007_199_254_740_992_u64)),
        ("class_labels", json!(4)),
        ("class_labels", json!([0, -1])),
        ("truncation", json!(0)),
        ("truncation", json!(1.5)),
    ];
    for (name, value) in cases {
        let message = refused(&pipeline, Options::new().with(name, value.clone()));
        assert!(message.starts_with(name), "{name} = {value}: {message}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let pipeline = conditional();
    let latents = || Options::new().with("latents", vec![0.5; 14]);
    assert!(refused(&pipeline, latents().with("truncation", json!(0.5))).contains("truncation"));
    assert!(refused(&pipeline, latents().with("batch_size", json!(3))).contains("latents is for 2"));
    assert!(
        refused(&pipeline, latents().with("class_labels", json!([1, 2, 3])))
            .contains("class_labels is for 3")
    );
    let weights = Options::new().with("class_weights", vec![0.25; 4]);
    assert!(refused(&pipeline, weights.with("class_labels", json!(1))).contains("both"));
    assert!(refused(&pipeline, Options::new().with("class_weights", vec![0.25; 5])).contains("4 for each"));
    assert!(refused(&pipeline, Options::new().with("latents", vec![0.0; 8])).contains("7 for each"));
    assert!(refused(&pipeline, Options::new().with("latents", Vec::new())).contains("7 for each"));
    assert!(refused(&pipeline, Options::new().with("latents", vec![f32::INFINITY; 7])).contains("inf"));
    assert!(refused(&pipeline, Options::new().with("class_labels", json!([]))).contains("0 pictures"));
    assert!(
        refused(&pipeline, Options::new().with("latents", vec![0.0; 7 * 4097])).contains("4097 pictures")
    );
}

#[test]
fn a_model_without_classes_refuses_them() {
    for (name, value) in [("class_labels", json!(1)), ("sede", json!(1))] {
        let message = refused(&unconditional(), Options::new().with(name, value));
        assert!(message.starts_with(&format!("there is no option {name}")), "{message}");
    }
    assert_eq!(block_on(draw(&unconditional(), Options::new())).class_labels, None);
}

#[test]
fn absurd_configurations_are_refused_before_anything_is_allocated() {
    let config: Value = serde_json::from_str(fixture("conditional").config).unwrap();
    let cases = [
        ("model_type", json!("gpt2")),
        ("image_size", json!(0)),
        ("image_size", json!(4_000_000_000_u64)),
        ("num_channels", json!(2)),
        ("latent_dim", json!(-1)),
        ("latent_dim", json!("100")),
        ("generator_hidden_sizes", json!([16_384, 16_384, 16_384])),
        ("generator_hidden_sizes", json!(vec![1; 100])),
        ("negative_slope", json!(null)),
        ("num_classes", json!(0)),
        ("num_classes", json!(u64::MAX)),
    ];
    for (field, value) in cases {
        let mut wrong = config.clone();
        wrong[field] = value.clone();
        let error = Loading::new(&wrong.to_string(), &Device::flex()).unwrap_err();
        assert_eq!(error.code(), "unsupported-model", "{field} = {value}: {error}");
    }
    for text in ["", "<!doctype html>", "[]", "{}"] {
        assert_eq!(Loading::new(text, &Device::flex()).unwrap_err().code(), "unsupported-model");
    }
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    let config: Value = serde_json::from_str(fixture("conditional").config).unwrap();
    for field in [
        "model_type",
        "image_size",
        "num_channels",
        "latent_dim",
        "generator_hidden_sizes",
        "discriminator_hidden_sizes",
    ] {
        let mut without = config.clone();
        without.as_object_mut().unwrap().remove(field);
        let error = Loading::new(&without.to_string(), &Device::flex()).unwrap_err();
        assert!(error.message().starts_with(&format!("config.json: {field} is missing; ")), "{error}");
    }
    for list in [json!(9), json!(null)] {
        let mut wrong = config.clone();
        wrong["generator_hidden_sizes"] = list;
        let error = Loading::new(&wrong.to_string(), &Device::flex()).unwrap_err();
        assert!(error.message().contains("a list of sizes from 1 to 16384 works"), "{error}");
    }
}

/// What the fixture's one file becomes, pushed into a model after `change`.
fn load_changed(change: impl Fn(&mut Value, &mut Vec<u8>)) -> Error {
    let fixture = fixture("conditional");
    let (_, bytes) = fixture.files[0];
    let header_len = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + header_len]).unwrap();
    let mut data = bytes[8 + header_len..].to_vec();
    change(&mut header, &mut data);
    let json = header.to_string();
    let file = [&(json.len() as u64).to_le_bytes(), json.as_bytes(), &data].concat();
    let mut loading = Loading::new(fixture.config, &Device::flex()).unwrap();
    let mut reader = Reader::new(None);
    let pushed = reader.push(&file, &mut loading.checkpoint).and_then(|()| reader.finish());
    pushed.and_then(|()| loading.finish().map(|_| ())).unwrap_err()
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_by_the_tensors_name() {
    let missing = load_changed(|header, data| {
        // The last tensor of the file goes, with its bytes.
        let last = last_tensor(header);
        let begin = header[&last]["data_offsets"][0].as_u64().unwrap();
        data.truncate(usize::try_from(begin).unwrap());
        header.as_object_mut().unwrap().remove(&last);
    });
    assert_eq!(missing.code(), "weights-mismatch");
    assert!(missing.message().contains("has no tensor"), "{missing}");

    let extra = load_changed(|header, data| {
        let end = data.len();
        header["generator.main.8.weight"] =
            json!({"dtype": "F32", "shape": [1], "data_offsets": [end, end + 4]});
        data.extend([0; 4]);
    });
    assert_eq!(extra.code(), "weights-mismatch");
    assert!(extra.message().contains("generator.main.8.weight"), "{extra}");

    let transposed = load_changed(|header, _| header["generator.main.0.weight"]["shape"] = json!([10, 9]));
    assert_eq!(transposed.code(), "weights-mismatch");
    assert!(transposed.message().contains("[10, 9]"), "{transposed}");

    let integers = load_changed(|header, _| header["generator.main.0.weight"]["dtype"] = json!("I32"));
    assert_eq!(integers.code(), "weights-mismatch");
    assert!(integers.message().contains("I32"), "{integers}");
}

#[test]
fn weights_that_are_not_numbers_are_refused_by_the_tensors_name() {
    let error = load_changed(|header, data| {
        let end = header[&last_tensor(header)]["data_offsets"][1].as_u64().unwrap();
        let end = usize::try_from(end).unwrap();
        data[end - 4..end].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert_eq!(error.code(), "weights-invalid");
    assert!(error.message().contains("NaN"), "{error}");
}

#[test]
fn weights_that_overflow_are_an_error_and_not_a_grey_picture() {
    let fixture = fixture("unconditional");
    let mut loading = Loading::new(fixture.config, &Device::flex()).unwrap();
    let mut reader = Reader::new(None);
    let (_, bytes) = fixture.files[0];
    let header_len = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    reader.push(&bytes[..8 + header_len], &mut loading.checkpoint).unwrap();
    let huge: Vec<u8> = bytes[8 + header_len..].chunks(4).flat_map(|_| 1e38_f32.to_le_bytes()).collect();
    reader.push(&huge, &mut loading.checkpoint).unwrap();
    reader.finish().unwrap();
    let mut run = loading.finish().unwrap().start(Options::new().with("latents", vec![1e3; 7]), 0).unwrap();
    // tanh turns infinity into 1, and infinity minus infinity into NaN: either way it is no picture.
    match block_on(run.step()) {
        Err(error) => assert_eq!(error.code(), "weights-invalid"),
        Ok(digits) => assert!(digits.unwrap().pixels.iter().all(|x| x.is_finite())),
    }
}

#[test]
fn two_shards_cannot_both_hold_a_tensor() {
    let fixture = fixture("sharded");
    let mut loading = Loading::new(fixture.config, &Device::flex()).unwrap();
    let (_, bytes) = fixture.files[0];
    let all: Vec<String> = loading.checkpoint.wanted().map(|(name, _)| name.to_owned()).collect();
    loading.checkpoint.expect_all(all.iter().map(String::as_str)).unwrap();
    let mut first = Reader::new(None);
    first.push(bytes, &mut loading.checkpoint).unwrap();
    first.finish().unwrap();
    let error = Reader::new(None).push(bytes, &mut loading.checkpoint).unwrap_err();
    assert_eq!(error.code(), "weights-mismatch");
    assert!(error.message().contains("two shards"), "{error}");
}

fn last_tensor(header: &Value) -> String {
    let tensors = header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
    tensors.max_by_key(|(_, info)| info["data_offsets"][1].as_u64()).unwrap().0.clone()
}

/// The loader is a [`Sink`]; this keeps the trait in the public API.
#[test]
fn a_checkpoint_lists_what_it_wants() {
    fn is_sink(_: &impl Sink) {}
    let loading = Loading::new(fixture("conditional").config, &Device::flex()).unwrap();
    is_sink(&loading.checkpoint);
    let wanted: Vec<_> = loading.checkpoint.wanted().collect();
    assert!(wanted.contains(&("generator.class_embedding.weight", &[4, 3][..])));
    assert!(wanted.contains(&("generator.main.2.weight", &[13, 9][..])));
    assert_eq!(wanted.len(), 2 * (1 + 2 * 4));
}

/// What PyTorch computed for one step of training of `gan/conditional`; the gradients are in a file of their own.
#[derive(Deserialize)]
struct ExpectedGradients {
    latents: Vec<f32>,
    class_labels: Vec<u32>,
    real: Vec<f32>,
    real_class_labels: Vec<u32>,
    discriminator_loss: f32,
    generator_loss: f32,
}

/// Both networks of `gan/conditional` with the numbers of a file of safetensors.
fn networks(file: &[u8], config: &Config, device: &Device) -> Gan {
    let empty = || Gan::new(config, device);
    let mut checkpoint = Checkpoint::new(&empty(), key_map, device);
    let mut reader = Reader::new(None);
    reader.push(file, &mut checkpoint).unwrap();
    reader.finish().unwrap();
    checkpoint.into_module(empty()).unwrap()
}

/// The numbers of each parameter of a module, or the gradient of each, with its path.
struct Collected<'a> {
    gradients: Option<&'a Gradients>,
    path: Vec<String>,
    numbers: Vec<(String, Vec<f32>)>,
}

impl Collected<'_> {
    fn of(module: &impl Module, gradients: Option<&Gradients>) -> Vec<(String, Vec<f32>)> {
        let mut collected = Collected { gradients, path: Vec::new(), numbers: Vec::new() };
        module.visit(&mut collected);
        collected.numbers
    }
}

impl ModuleVisitor for Collected<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (path, value) = (self.path.join("."), param.val());
        let value = match self.gradients {
            Some(gradients) => value.grad(gradients).unwrap_or_else(|| panic!("{path} has no gradient")),
            None => value,
        };
        self.numbers.push((path, block_on(read(value))));
    }
}

fn assert_gradients(what: &str, module: &impl Module, loss: &Tensor<1>, expected: &impl Module) {
    let got = Collected::of(module, Some(&loss.backward()));
    let expected = Collected::of(expected, None);
    assert_eq!(got.len(), expected.len());
    for ((path, got), (_, expected)) in got.iter().zip(&expected) {
        assert_close(what, path, got, expected, 2e-6);
    }
}

#[test]
fn both_networks_are_differentiated_through_the_forward_that_ships() {
    let fixture = fixture("conditional");
    let config = Config::from_json(fixture.config).unwrap();
    let text = include_str!("../fixtures/gan-gradients/expected.json");
    let expected: ExpectedGradients = serde_json::from_str(text).unwrap();
    let gradients = include_bytes!("../fixtures/gan-gradients/gradients.safetensors");
    for device in devices() {
        let expected_gradients = networks(gradients, &config, &device);
        // Loaded as a network that only draws, and then trained.
        let Gan { generator, discriminator } =
            networks(fixture.files[0].1, &config, &device).set_require_grad(true).train();
        let matrix = |values: &[f32], width: usize| {
            let shape = [values.len() / width, width];
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device.clone().autodiff())
        };
        let one_hot = |labels: &[u32]| {
            let rows = labels.iter().flat_map(|&label| (0..4).map(move |class| f32::from(class == label)));
            Some(matrix(&rows.collect::<Vec<_>>(), 4))
        };
        let (labels, real_labels) = (one_hot(&expected.class_labels), one_hot(&expected.real_class_labels));
        let real = matrix(&expected.real, config.pixels());
        let fake = || generator.forward(matrix(&expected.latents, config.latent_dim), labels.clone());
        // Binary cross-entropy, of logits.
        let passes_for =
            |is_real: bool, logits: Tensor<2>| softplus(if is_real { -logits } else { logits }, 1.0).mean();

        let loss = passes_for(true, discriminator.logits(real, real_labels))
            + passes_for(false, discriminator.logits(fake().detach(), labels.clone()));
        assert_close(
            "discriminator",
            "losses",
            &block_on(read(loss.clone())),
            &[expected.discriminator_loss],
            2e-6,
        );
        assert_gradients("discriminator", &discriminator, &loss, &expected_gradients.discriminator);

        let loss = passes_for(true, discriminator.logits(fake(), labels.clone()));
        assert_close("generator", "losses", &block_on(read(loss.clone())), &[expected.generator_loss], 2e-6);
        assert_gradients("generator", &generator, &loss, &expected_gradients.generator);

        // The same loss, of scores.
        let loss = -discriminator.forward(fake(), labels.clone()).log().mean();
        assert_gradients("generator, by scores", &generator, &loss, &expected_gradients.generator);
    }
}
