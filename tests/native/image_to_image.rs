//! Pictures made of pictures on the CPU: variations, inpainting, super-resolution, and noise that is added.

use burn::tensor::Device;
use hearth::diffusion::{Pictures, Pipeline, Progress, Source};
use hearth::error::Error;
use hearth::options::Options;
use hearth::picture::from_rgba;
use hearth::schedulers::SchedulerKind;
use hearth::weights::Storage;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::diffusion::{CLASSES, Folder, RGB, finish};
use crate::common::{self, assert_close};

/// A fixture's pipeline with its picture.
struct Studio {
    pipeline: Pipeline,
    picture: Vec<u8>,
    channels: usize,
}

impl Studio {
    fn of(folder: &Folder) -> Self {
        let pipeline = folder.load(Storage::CPU, &Device::flex()).expect("the fixture loads");
        let channels = pipeline.picture_channels();
        Self { pipeline, picture: folder.expected().picture, channels }
    }

    fn run(&self, mask: Option<&[u8]>, options: Options) -> (Vec<Progress>, Pictures) {
        let source = Source { picture: &self.picture, mask, ..Source::default() };
        block_on(finish(self.pipeline.start_from(source, options, 0).expect("the options are valid")))
    }

    fn pixels(&self, mask: Option<&[u8]>, value: Value) -> Vec<f32> {
        self.run(mask, few(value)).1.pixels
    }

    /// The message of a call that must be refused.
    fn refused(&self, mask: Option<&[u8]>, value: Value) -> String {
        let source = Source { picture: &self.picture, mask, ..Source::default() };
        match self.pipeline.start_from(source, few(value), 0) {
            Err(Error::InvalidOption(message)) => message,
            other => panic!("expected invalid-option, got {other:?}"),
        }
    }

    /// `[channels, height, width]`
    fn original(&self) -> Vec<f32> {
        from_rgba(&self.picture, self.channels)
    }
}

/// Five steps of DDIM from seed 1, unless the options say otherwise.
#[allow(clippy::needless_pass_by_value)] // a call reads better with what it makes
fn few(value: Value) -> Options {
    let defaults =
        [("num_inference_steps", json!(5)), ("scheduler", json!("DDIMScheduler")), ("seed", json!(1))];
    let given = common::options_of(value.as_object().expect("options are an object"));
    defaults
        .into_iter()
        .fold(given, |mut all, (name, value)| if all.has(name) { all } else { all.with(name, value) })
}

/// A mask of 4 × 8, light where `paint` says so.
fn mask(paint: impl Fn(usize) -> bool) -> Vec<u8> {
    (0..32).flat_map(|index| [if paint(index) { 200 } else { 90 }; 3].into_iter().chain([255])).collect()
}

/// The right half.
fn half() -> Vec<u8> {
    mask(|index| index % 8 >= 4)
}

#[test]
fn a_variation_is_nearer_to_the_picture_the_smaller_its_strength() {
    let studio = Studio::of(&RGB);
    let original = studio.original();
    let far = |strength: f64| {
        let pixels = studio.pixels(None, json!({ "strength": strength, "num_inference_steps": 50 }));
        pixels.iter().zip(&original).map(|(a, b)| (a - b).abs()).sum::<f32>()
    };
    let distances = [0.02, 0.2, 0.6].map(far);
    assert!(distances.is_sorted(), "{distances:?}");
}

#[test]
fn strength_and_timestep_say_where_to_start() {
    let studio = Studio::of(&RGB);
    let start =
        |value: Value| studio.run(None, few(value)).0.iter().map(|step| step.timestep).collect::<Vec<_>>();
    assert_eq!(start(json!({})), [600.0, 400.0, 200.0, 0.0], "0.8 of five steps");
    assert_eq!(start(json!({ "strength": 1 })), [800.0, 600.0, 400.0, 200.0, 0.0]);
    assert_eq!(start(json!({ "strength": 0.39 })), [0.0]);
    assert_eq!(start(json!({ "timestep": 999 })), [800.0, 600.0, 400.0, 200.0, 0.0]);
    assert_eq!(start(json!({ "timestep": 599 })), [400.0, 200.0, 0.0]);
    assert_eq!(start(json!({ "timestep": 0 })), [0.0]);
    assert_eq!(
        studio.pixels(None, json!({ "timestep": 600 })),
        studio.pixels(None, json!({ "strength": 0.8 }))
    );
    assert!(studio.refused(None, json!({ "strength": 0.19 })).contains("0.2 or more"));
    let trailing =
        json!({ "timestep": 10, "num_inference_steps": 2, "scheduler": "DPMSolverMultistepScheduler" });
    assert!(studio.refused(None, trailing).contains("timestep is 10"));
    for (name, value) in [
        ("strength", json!(0)),
        ("strength", json!(1.01)),
        ("timestep", json!(1000)),
        ("timestep", json!(0.5)),
    ] {
        let message = studio.refused(None, json!({ name: value }));
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
#[allow(clippy::cast_possible_truncation)] // as precise as pixels are
fn the_noise_of_a_variation_is_what_add_noise_adds() {
    for folder in [RGB, CLASSES] {
        let studio = Studio::of(&folder);
        let (_, pictures) = studio.run(None, few(json!({ "seed": 9, "batch_size": 2 })));
        for (how, alpha) in [("timestep", None), ("t", Some(0.7))] {
            let value = if how == "t" { json!(0.3) } else { json!(600) };
            let noisy = Options::new().with(how, value).with("seed", json!(9));
            let noisy = block_on(studio.pipeline.add_noise(&studio.picture, noisy, 0)).unwrap();
            let alpha = alpha.unwrap_or_else(|| studio.pipeline.scheduler().alphas_cumprod()[600]);
            assert!((noisy.alpha - alpha).abs() < 1e-12 && noisy.seed == 9);
            let mixed: Vec<f32> = studio
                .original()
                .iter()
                .zip(&pictures.latents)
                .map(|(pixel, noise)| {
                    (alpha.sqrt() * f64::from(*pixel) + (1.0 - alpha).sqrt() * f64::from(*noise)) as f32
                })
                .collect();
            assert_close(folder.name, "pixels", &noisy.pixels, &mixed, 1e-6);
        }
    }
}

#[test]
fn add_noise_takes_exactly_one_amount() {
    let studio = Studio::of(&RGB);
    let add = |value: Value| {
        let options = common::options_of(value.as_object().unwrap());
        block_on(studio.pipeline.add_noise(&studio.picture, options, 2026))
    };
    assert_close("rgb", "pixels", &add(json!({ "t": 0 })).unwrap().pixels, &studio.original(), 1e-6);
    assert_eq!(add(json!({ "t": 1 })).unwrap().seed, 2026);
    for bad in [
        json!({}),
        json!({ "t": 0.5, "timestep": 3 }),
        json!({ "t": 1.5 }),
        json!({ "timestep": 1000 }),
        json!({ "timestep": -1 }),
        json!({ "timestep": 1.5 }),
        json!({ "t": 0.5, "strength": 0.5 }),
    ] {
        assert_eq!(add(bad.clone()).unwrap_err().code(), "invalid-option", "{bad}");
    }
}

#[test]
#[allow(clippy::float_cmp)] // exactly is meant
fn what_a_mask_keeps_is_exactly_the_picture_with_every_scheduler() {
    for folder in [RGB, CLASSES] {
        let studio = Studio::of(&folder);
        let (original, area) = (studio.original(), studio.original().len() / studio.channels);
        let mask: Vec<u8> = (0..area).flat_map(|index| [if index % 3 == 0 { 128 } else { 127 }; 4]).collect();
        for class in SchedulerKind::ALL.map(SchedulerKind::name) {
            let jumps = if class == "PNDMScheduler" { 1 } else { 2 };
            let call = json!({ "scheduler": class, "jump_n_sample": jumps, "batch_size": 2 });
            let pixels = studio.pixels(Some(&mask), call);
            for picture in pixels.chunks_exact(original.len()) {
                for (index, (pixel, expected)) in picture.iter().zip(&original).enumerate() {
                    assert!(
                        pixel == expected || index % area % 3 == 0,
                        "{class} at {index}: {pixel}, not {expected}"
                    );
                }
                assert_ne!(picture, original, "{class}");
            }
        }
    }
}

#[test]
fn jumps_take_steps_back_and_change_the_picture() {
    let studio = Studio::of(&RGB);
    let half = half();
    let steps = |value: Value| studio.run(Some(&half), few(value)).0.len();
    assert_eq!(steps(json!({ "jump_n_sample": 1 })), 5);
    assert_eq!(steps(json!({ "jump_length": 1, "jump_n_sample": 2 })), 5 + 4);
    assert_eq!(steps(json!({ "jump_length": 2, "jump_n_sample": 3 })), 5 + 2 * 2 * 2);
    assert_eq!(steps(json!({})), 5 + 4 * 9, "ten times, four steps at once");
    assert_eq!(steps(json!({ "num_inference_steps": 1 })), 1);
    let timesteps: Vec<f64> = studio
        .run(Some(&half), few(json!({ "jump_length": 3, "jump_n_sample": 2 })))
        .0
        .iter()
        .map(|step| step.timestep)
        .collect();
    assert_eq!(timesteps, [800.0, 600.0, 400.0, 200.0, 0.0, 400.0, 200.0, 0.0]);
    let of = |value: Value| studio.pixels(Some(&half), value);
    let once = of(json!({ "jump_n_sample": 1 }));
    assert_ne!(of(json!({ "jump_n_sample": 2 })), once);
    assert_ne!(of(json!({ "jump_n_sample": 2 })), of(json!({ "jump_n_sample": 2, "jump_length": 1 })));
    for (bad, name) in [
        (json!({ "jump_length": 0 }), "jump_length"),
        (json!({ "jump_length": 5 }), "jump_length"),
        (json!({ "jump_length": 2, "jump_n_sample": 1 }), "jump_n_sample is 1"),
        (json!({ "jump_length": 1, "num_inference_steps": 1 }), "jump_length"),
        (json!({ "jump_n_sample": 0 }), "jump_n_sample"),
        (json!({ "jump_n_sample": 101 }), "jump_n_sample"),
        (json!({ "scheduler": "PNDMScheduler" }), "PNDMScheduler"),
    ] {
        let message = studio.refused(Some(&half), bad);
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_dark_mask_is_refused_and_a_light_one_paints_all() {
    let studio = Studio::of(&RGB);
    assert!(studio.refused(Some(&mask(|_| false)), json!({})).contains("nothing to paint"));
    let painted = studio.pixels(Some(&mask(|_| true)), json!({ "jump_n_sample": 1 }));
    let drawn = studio.pipeline.start(few(json!({})), 0).unwrap();
    assert_eq!(painted, block_on(finish(drawn)).1.pixels, "the picture has no part in it");
    assert!(studio.refused(Some(&[0; 12]), json!({})).contains("mask_image"));
    let source = Source { picture: &[0; 5], ..Source::default() };
    assert_eq!(studio.pipeline.start_from(source, few(json!({})), 0).unwrap_err().code(), "invalid-option");
}

/// The mean of each square of a picture `[3, 4, 8]`.
#[allow(clippy::cast_precision_loss)] // 4 or 16
fn small(pixels: &[f32], factor: usize) -> Vec<f32> {
    let mut sums = vec![0.0; pixels.len() / (factor * factor)];
    for (index, pixel) in pixels.iter().enumerate() {
        let (plane, y, x) = (index / 32, index / 8 % 4, index % 8);
        let width = 8 / factor;
        sums[plane * width * (4 / factor) + y / factor * width + x / factor] +=
            pixel / (factor * factor) as f32;
    }
    sums
}

#[test]
fn a_larger_picture_made_small_is_the_small_one_with_every_scheduler() {
    let studio = Studio::of(&RGB);
    let original = studio.original();
    for class in SchedulerKind::ALL.map(SchedulerKind::name) {
        for factor in [2, 4] {
            let pixels = studio.pixels(
                None,
                json!({ "scheduler": class, "downsampling_factor": factor, "control_guidance_end": 1 }),
            );
            assert_close(class, "means", &small(&pixels, factor), &small(&original, factor), 1e-5);
            assert_ne!(pixels, original);
        }
    }
    let of = |value: Value| studio.pixels(None, value);
    let followed = of(json!({ "downsampling_factor": 2 }));
    assert_eq!(followed, of(json!({ "downsampling_factor": 2, "control_guidance_end": 0.8 })));
    assert_ne!(followed, of(json!({ "downsampling_factor": 2, "control_guidance_end": 1 })));
    let one = json!({ "downsampling_factor": 2, "num_inference_steps": 1 });
    assert_close("one step", "means", &small(&of(one), 2), &small(&original, 2), 1e-5);
    assert_ne!(followed, of(json!({ "downsampling_factor": 4 })));
    assert_ne!(followed, of(json!({ "downsampling_factor": 2, "control_guidance_end": 0.6 })));
    assert_eq!(
        of(json!({ "downsampling_factor": 2, "control_guidance_end": 0.6 })),
        of(json!({ "downsampling_factor": 2, "control_guidance_end": 0.79 })),
        "three steps of five"
    );
    for (bad, name) in [
        (json!({ "downsampling_factor": 1 }), "it must be 2, 4 for pictures of 4 × 8"),
        (json!({ "downsampling_factor": 3 }), "downsampling_factor"),
        (json!({ "downsampling_factor": 8 }), "downsampling_factor"),
        (json!({ "downsampling_factor": "2" }), "downsampling_factor"),
        (json!({ "downsampling_factor": 2, "control_guidance_end": 0 }), "control_guidance_end"),
        (json!({ "downsampling_factor": 2, "control_guidance_end": 0.1 }), "leaves none"),
    ] {
        let message = studio.refused(None, bad);
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn options_of_two_ways_at_once_are_refused_and_both_are_named() {
    let studio = Studio::of(&RGB);
    let half = half();
    for (masked, options, names) in [
        (true, json!({ "downsampling_factor": 2 }), ["mask_image", "downsampling_factor"]),
        (true, json!({ "strength": 0.5 }), ["mask_image", "strength"]),
        (true, json!({ "timestep": 5 }), ["mask_image", "timestep"]),
        (true, json!({ "control_guidance_end": 0.5 }), ["mask_image", "control_guidance_end"]),
        (false, json!({ "strength": 0.5, "timestep": 5 }), ["strength", "timestep"]),
        (false, json!({ "downsampling_factor": 2, "strength": 0.5 }), ["downsampling_factor", "strength"]),
        (
            false,
            json!({ "downsampling_factor": 2, "jump_length": 2 }),
            ["downsampling_factor", "jump_length"],
        ),
        (false, json!({ "jump_n_sample": 2 }), ["jump_n_sample", "mask_image"]),
        (false, json!({ "control_guidance_end": 0.5 }), ["control_guidance_end", "downsampling_factor"]),
        (false, json!({ "sede": 5 }), ["sede", "strength"]),
    ] {
        let message = studio.refused(masked.then_some(&half), options);
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
    }
}

#[test]
fn every_option_changes_the_variation() {
    let studio = Studio::of(&CLASSES);
    let plain = studio.pixels(None, json!({ "class_labels": 3 }));
    for (name, value) in [
        ("seed", json!(2)),
        ("num_inference_steps", json!(7)),
        ("eta", json!(0.5)),
        ("class_labels", json!(4)),
        ("guidance_scale", json!(2)),
        ("strength", json!(0.6)),
        ("timestep", json!(300)),
        ("scheduler", json!("EulerDiscreteScheduler")),
    ] {
        let mut options = json!({ "class_labels": 3 });
        options[name] = value;
        assert_ne!(studio.pixels(None, options), plain, "{name}");
    }
    let given = few(json!({ "class_labels": 3 })).with("latents", vec![0.25; 64]);
    assert_ne!(studio.run(None, given).1.pixels, plain);
}
