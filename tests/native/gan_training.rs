//! The training of a GAN: agreement with PyTorch, the same run again, what is saved and opened, what is refused.

use burn::tensor::Device;
use hearth::error::Error;
use hearth::gan::train::{SAMPLES, Training};
use hearth::options::Options;
use hearth::weights::Reader;
use pollster::block_on;
use serde_json::{Map, Value, json};

use crate::common::gan_training::{TRAINED, Tensors};
use crate::common::{devices, draw, options_of};

/// Two kinds of pictures of 5 × 5: a bright left half, and a bright right half.
fn halves(count: usize) -> (Vec<u8>, Vec<u8>) {
    let labels: Vec<u8> = (0..count).map(|index| u8::from(index % 2 == 1)).collect();
    let pixels = labels
        .iter()
        .flat_map(|label| (0..25).map(move |pixel| if (pixel % 5 < 3) == (*label == 0) { 255 } else { 0 }));
    (pixels.collect(), labels)
}

fn training_of_halves(options: Options) -> Training {
    let mut training =
        Training::new(TRAINED[0].config, &Device::flex()).expect("a model that can be trained");
    let (pixels, labels) = halves(50);
    training.set_data(pixels, Some(labels), [5, 5]).expect("pictures of its size");
    training.start(options.with("batch_size", json!(16)), 1).expect("options that there are");
    training
}

#[test]
fn every_loss_and_optimizer_learns_as_in_pytorch() {
    for device in devices() {
        for trained in &TRAINED {
            block_on(trained.assert_learns_as_pytorch(&device));
        }
    }
}

#[test]
fn it_learns_to_draw_what_it_is_shown() {
    let mut training = training_of_halves(
        Options::new()
            .with("learning_rate", json!(0.001))
            .with("betas", json!([0.5, 0.999]))
            .with("seed", json!(3)),
    );
    let reports = block_on(training.advance(2000)).expect("2000 steps");
    assert_eq!((reports.len(), training.step_index()), (2000, 2000));
    let (pixels, verdicts) = block_on(training.samples()).expect("pictures");
    assert_eq!((pixels.len(), verdicts.len()), (SAMPLES * 25, SAMPLES));
    let left = |picture: &[f32]| {
        picture
            .iter()
            .enumerate()
            .map(|(pixel, value)| if pixel % 5 < 3 { *value } else { -value })
            .sum::<f32>()
    };
    for (index, picture) in pixels.chunks_exact(25).enumerate().filter(|(index, _)| index % 3 < 2) {
        let is_left = left(picture) > 0.0;
        assert_eq!(is_left, index % 3 == 0, "picture {index} is of the other class: {picture:?}");
    }
}

#[test]
fn a_seed_makes_the_same_run_again_however_many_steps_are_made_at_once() {
    let run = |pieces: &[usize]| {
        let mut training = training_of_halves(Options::new().with("seed", json!(5)));
        let reports = pieces
            .iter()
            .flat_map(|steps| block_on(training.advance(*steps)).expect("steps"))
            .collect::<Vec<_>>();
        (reports, block_on(training.save()).expect("a file"))
    };
    let (reports, file) = run(&[7]);
    assert_eq!((&reports, &file), (&run(&[3, 4]).0, &run(&[1, 1, 5]).1));
    let mut another = training_of_halves(Options::new().with("seed", json!(6)));
    assert_ne!(block_on(another.advance(7)).expect("steps"), reports);
}

#[test]
fn what_is_saved_goes_on_as_if_it_had_not_stopped() {
    let options = || {
        Options::new()
            .with("seed", json!(9))
            .with("loss", json!("hinge"))
            .with("betas", json!([0.5, 0.99]))
            .with("mismatched_labels", json!(0.25))
    };
    let mut whole = training_of_halves(options());
    block_on(whole.advance(5)).expect("steps");
    let saved = block_on(whole.save()).expect("a file");
    let expected = block_on(whole.advance(5)).expect("steps");

    let mut other = training_of_halves(Options::new().with("seed", json!(1)));
    other.open(&saved, 77).expect("a file of the same shape");
    assert_eq!(other.options(), whole.options());
    assert_eq!(other.step_index(), 5);
    assert_eq!(block_on(other.advance(5)).expect("steps"), expected);
    assert_eq!(block_on(other.save()).expect("a file"), block_on(whole.save()).expect("a file"));
}

#[test]
fn what_is_saved_draws_the_same_pictures_in_the_pipeline() {
    let mut training = training_of_halves(Options::new().with("seed", json!(2)));
    block_on(training.advance(20)).expect("steps");
    let saved = block_on(training.save()).expect("a file");
    let mut loading =
        hearth::gan::Loading::new(TRAINED[0].config, &Device::flex()).expect("the configuration");
    let mut reader = Reader::new(None);
    reader.push(&saved, &mut loading.checkpoint).and_then(|()| reader.finish()).expect("the file");
    let pipeline = loading.finish().expect("all weights");
    let labels: Vec<u32> = [0, 1, 2].into_iter().cycle().take(SAMPLES).collect();
    // Both draw the noise of the seed.
    let drawn =
        block_on(draw(&pipeline, Options::new().with("seed", json!(2)).with("class_labels", json!(labels))));
    let (pixels, verdicts) = block_on(training.samples()).expect("pictures");
    for (drawn, sampled) in [(drawn.pixels, pixels), (drawn.scores, verdicts)] {
        assert!(drawn.iter().zip(&sampled).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

#[test]
fn options_can_be_changed_while_it_runs_and_each_changes_the_run() {
    let changes = [
        ("batch_size", json!(8)),
        ("learning_rate", json!(0.01)),
        ("betas", json!([0.5, 0.9])),
        ("discriminator_steps", json!(2)),
        ("label_smoothing", json!(0.2)),
        ("mismatched_labels", json!(0.5)),
        ("optimizer", json!("SGD")),
        ("loss", json!("wasserstein")),
    ];
    let run = |change: Option<&(&str, Value)>| {
        let mut training = training_of_halves(Options::new().with("seed", json!(4)));
        block_on(training.advance(3)).expect("steps");
        if let Some((name, value)) = change {
            training.change(Options::new().with(name, value.clone())).expect("an option");
            assert_eq!(training.options()[name], *value);
        }
        block_on(training.advance(3)).expect("steps");
        block_on(training.save()).map(|file| Tensors::of(&file).0).expect("a file")
    };
    let unchanged = run(None);
    for change in &changes {
        assert_ne!(run(Some(change)), unchanged, "{} changes nothing", change.0);
    }
}

#[test]
fn clipped_parameters_stay_within_their_limit() {
    let options = Options::new().with("loss", json!("wasserstein")).with("weight_clip", json!(0.03));
    let mut training = training_of_halves(options);
    block_on(training.advance(2)).expect("steps");
    let tensors = Tensors::of(&block_on(training.save()).expect("a file")).0;
    let discriminator = tensors.iter().filter(|(name, _)| name.starts_with("discriminator."));
    let largest =
        discriminator.flat_map(|(_, (_, values))| values).fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!((largest - 0.03).abs() < 1e-6, "{largest}");
}

#[test]
fn a_training_that_diverges_says_so_and_is_back_where_it_was_sound() {
    let options = Options::new()
        .with("optimizer", json!("SGD"))
        .with("loss", json!("wasserstein"))
        .with("weight_clip", json!(1));
    let mut training = training_of_halves(options.with("learning_rate", json!(1e-4)));
    block_on(training.advance(3)).expect("steps");
    block_on(training.advance(1)).expect("a step");
    // The hinge loss has no bound, and nothing is clipped.
    training
        .change(Options::new().with("loss", json!("hinge")).with("learning_rate", json!(1)))
        .expect("options");
    let error = (0..2000).find_map(|_| block_on(training.advance(1)).err()).expect("it diverges");
    assert!(
        matches!(&error, Error::TrainingDiverged(message) if message.contains("learning rate")),
        "{error}"
    );
    assert_eq!(error.code(), "training-diverged");
    let step = training.step_index();
    assert!(Tensors::of(&block_on(training.save()).expect("a file")).0.len() > 20, "what is saved is finite");
    training.change(Options::new().with("learning_rate", json!(1e-6))).expect("an option");
    block_on(training.advance(1)).expect("it goes on");
    assert_eq!(training.step_index(), step + 1);
}

#[test]
fn without_labels_the_model_has_no_classes() {
    let mut training = Training::new(TRAINED[0].config, &Device::flex()).expect("a model");
    training.set_data(halves(10).0, None, [5, 5]).expect("pictures");
    training.start(Options::new(), 0).expect("no options");
    assert_eq!(training.config().num_classes, 0);
    block_on(training.advance(2)).expect("steps");
    let names: Vec<String> = Tensors::of(&block_on(training.save()).expect("a file")).0.into_keys().collect();
    assert!(names.iter().all(|name| !name.contains("class_embedding")));
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let (pixels, labels) = halves(10);
    let cases = [
        (pixels.clone(), Some(labels.clone()), [4, 5], "5 × 4"),
        (pixels[1..].to_vec(), None, [5, 5], "no whole number"),
        (pixels[..25].to_vec(), Some(vec![0]), [5, 5], "1 pictures"),
        (Vec::new(), None, [5, 5], "0 pictures"),
        (pixels.clone(), Some(labels[1..].to_vec()), [5, 5], "9 labels for 10"),
        (pixels, Some(vec![3; 10]), [5, 5], "a label is 3"),
    ];
    for (pixels, labels, size, expected) in cases {
        let mut training = Training::new(TRAINED[0].config, &Device::flex()).expect("a model");
        match training.set_data(pixels, labels, size) {
            Err(Error::DataInvalid(message)) => assert!(message.contains(expected), "{message}"),
            other => panic!("expected data-invalid with {expected:?}, got {other:?}"),
        }
    }
}

#[test]
fn options_that_are_absurd_are_refused() {
    let cases = [
        ("batch_size", json!(0)),
        ("batch_size", json!(2000)),
        ("learning_rate", json!(0)),
        ("learning_rate", json!("fast")),
        ("betas", json!([0.9])),
        ("betas", json!([0.9, 1])),
        ("discriminator_steps", json!(0)),
        ("label_smoothing", json!(1.5)),
        ("mismatched_labels", json!(1)),
        ("optimizer", json!("adam")),
        ("loss", json!("mse")),
        ("weight_clip", json!(0)),
        ("epochs", json!(3)),
    ];
    let mut training = training_of_halves(Options::new());
    let before = training.options();
    for (name, value) in cases {
        let options = Map::from_iter([(name.to_owned(), value)]);
        match training.change(options_of(&options)) {
            Err(Error::InvalidOption(message)) => assert!(message.contains(name), "{message}"),
            other => panic!("expected invalid-option for {options:?}, got {other:?}"),
        }
    }
    assert_eq!(training.options(), before);
}

#[test]
fn files_that_do_not_fit_are_refused_and_change_nothing() {
    let mut training = training_of_halves(Options::new().with("seed", json!(8)));
    block_on(training.advance(2)).expect("steps");
    let saved = block_on(training.save()).expect("a file");
    let mut other = TRAINED[1].training(&Map::new(), &Device::flex());
    block_on(other.advance(1)).expect("a step");
    let foreign = block_on(other.save()).expect("a file");
    let codes = [
        (&foreign[..], "weights-mismatch"),
        (&saved[..saved.len() - 1], "weights-truncated"),
        (b"<!doctype html>", "weights-invalid"),
        (&[], "weights-truncated"),
    ];
    for (bytes, code) in codes {
        assert_eq!(training.open(bytes, 0).map_err(|error| error.code()), Err(code));
    }
    assert_eq!(block_on(training.save()).expect("a file"), saved);
}

#[test]
fn a_slope_below_zero_cannot_be_trained() {
    let config = TRAINED[1].config.replace("0.2", "-0.2");
    let error = Training::new(&config, &Device::flex()).expect_err("it is refused");
    assert_eq!(error.code(), "unsupported-model");
}
