//! Pictures changed as a prompt says, on the CPU: agreement with diffusers' img2img and inpainting, options, what is refused.

use burn::tensor::Device;
use hearth::diffusion::{Pictures, Pipeline, Progress, Source};
use hearth::options::Options;
use hearth::picture::from_rgba;
use hearth::schedulers::SchedulerKind;
use pollster::block_on;
use serde_json::{Value, json};

use super::text_to_image::{all_folders, few, load, refused};
use crate::common::assert_close;
use crate::common::diffusion::{draw, finish};
use crate::common::text_to_image::{Folder, Tolerance, lcm, mean_difference, sd1, tiny};

/// A folder's pipeline with a picture.
struct Studio {
    pipeline: Pipeline,
    picture: Vec<u8>,
}

impl Studio {
    fn of(folder: &Folder) -> Self {
        let expected = folder.expected();
        let picture = (0..expected.calls.len()).find_map(|call| expected.picture(call));
        Self { pipeline: load(folder), picture: picture.expect("a call has a picture").to_vec() }
    }

    fn run(&self, mask: Option<&[u8]>, options: Options) -> (Vec<Progress>, Pictures) {
        let source = Source { picture: &self.picture, mask, ..Source::default() };
        block_on(finish(self.pipeline.start_from(source, options, 0).expect("the options are valid")))
    }

    fn pixels(&self, mask: Option<&[u8]>, value: Value) -> Vec<f32> {
        self.run(mask, few(value)).1.pixels
    }

    fn timesteps(&self, mask: Option<&[u8]>, value: Value) -> Vec<f64> {
        self.run(mask, few(value)).0.iter().map(|step| step.timestep).collect()
    }

    /// The message of a call that must be refused.
    fn refused(&self, mask: Option<&[u8]>, value: Value) -> String {
        let source = Source { picture: &self.picture, mask, ..Source::default() };
        refused(self.pipeline.start_from(source, few(value), 0))
    }
}

/// A mask of 16 × 16, light where `paint` says so of a row and a column.
fn mask(paint: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let light = |index: usize| if paint(index / 16, index % 16) { 200 } else { 90 };
    (0..256).flat_map(|index| [light(index); 3].into_iter().chain([255])).collect()
}

#[test]
fn every_edit_is_diffusers_own() {
    for folder in all_folders() {
        block_on(folder.assert_draws_as_diffusers(true, &Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn strength_and_timestep_say_where_to_start() {
    let studio = Studio::of(&sd1());
    let of = |mut value: Value| {
        value["num_inference_steps"] = json!(5);
        studio.timesteps(None, value)
    };
    assert_eq!(of(json!({})), [601.0, 401.0, 201.0, 1.0], "0.8 of five steps");
    assert_eq!(of(json!({ "strength": 1 })), [801.0, 601.0, 401.0, 201.0, 1.0]);
    assert_eq!(of(json!({ "strength": 0.59 })), [201.0, 1.0]);
    assert_eq!(of(json!({ "timestep": 500 })), [401.0, 201.0, 1.0]);
    let light = mask(|_, column| column > 7);
    let inpainted = |value: Value| studio.timesteps(Some(&light), value);
    assert_eq!(
        inpainted(json!({ "num_inference_steps": 2 })),
        [501.0, 1.0],
        "all steps, if not asked for fewer"
    );
    assert_eq!(inpainted(json!({ "num_inference_steps": 2, "strength": 0.5 })), [1.0]);
    for (masked, value) in [(false, json!({ "strength": 0.19 })), (true, json!({ "strength": 0.19 }))] {
        let message = studio.refused(masked.then_some(&light), value);
        assert!(message.contains("strength is 0.19") && message.contains("leaves none"), "{message}");
    }
}

#[test]
fn a_consistency_model_takes_all_steps_over_less_noise() {
    let studio = Studio::of(&lcm());
    let of = |strength: f64| {
        studio.timesteps(
            None,
            json!({ "strength": strength, "num_inference_steps": 4, "scheduler": "LCMScheduler" }),
        )
    };
    assert_eq!(of(1.0), [999.0, 759.0, 499.0, 259.0]);
    assert_eq!(of(0.6), [599.0, 459.0, 299.0, 159.0]);
}

#[test]
fn a_variation_is_nearer_to_the_picture_the_smaller_its_strength() {
    // The small autoencoder draws nothing, so that all that differs is the noise.
    let studio = Studio::of(&tiny());
    let latents = |strength: f64| {
        let options = json!({ "strength": strength, "num_inference_steps": 50, "guidance_scale": 1 });
        studio.run(None, few(options)).1.samples
    };
    let original = latents(0.02);
    let distances = [0.1, 0.4, 0.8].map(|strength| mean_difference(&latents(strength), &original));
    assert!(distances[0] > 0.0 && distances.is_sorted(), "{distances:?}");
}

#[test]
fn every_option_changes_the_variation_and_the_inpainting() {
    let studio = Studio::of(&sd1());
    let light = mask(|row, column| row > 3 && column > 5);
    for mask in [None, Some(light.as_slice())] {
        let plain = studio.pixels(mask, json!({}));
        for (name, value) in [
            ("prompt", json!("two birds over the old house")),
            ("negative_prompt", json!("blurry, low quality")),
            ("num_inference_steps", json!(4)),
            ("guidance_scale", json!(3)),
            ("guidance_rescale", json!(0.7)),
            ("clip_skip", json!(1)),
            ("eta", json!(0.5)),
            ("seed", json!(2)),
            ("strength", json!(0.4)),
        ] {
            let apart = mean_difference(&studio.pixels(mask, json!({ name: value.clone() })), &plain);
            assert!(apart > 0.3, "{name} {value}: only {apart} of 255 apart");
        }
        for class in SchedulerKind::ALL.map(SchedulerKind::name) {
            let pixels = studio.pixels(mask, json!({ "scheduler": class }));
            assert_eq!(pixels == plain, class == "DDIMScheduler", "{class}");
        }
        assert_eq!(studio.pixels(mask, json!({})), plain, "a seed gives the same again");
        let given = studio.run(mask, few(json!({})).with("latents", vec![0.25; 256])).1;
        assert_ne!(given.pixels, plain);
        assert_eq!(given.latents, [0.25; 256]);
        let two = studio.pixels(mask, json!({ "num_images_per_prompt": 2 }));
        assert_close("first of two", "pixels", &two[..plain.len()], &plain, 1e-4);
        assert_ne!(two[..plain.len()], two[plain.len()..]);
    }
}

#[test]
fn what_is_kept_of_a_picture_is_exactly_the_pictures() {
    let studio = Studio::of(&sd1());
    let original = from_rgba(&studio.picture, 3);
    // Of single pixels, and not as latents lie.
    let paint = |row: usize, column: usize| (3..10).contains(&row) && !column.is_multiple_of(5);
    for options in [json!({}), json!({ "strength": 0.4 }), json!({ "num_images_per_prompt": 2 })] {
        let pixels = studio.pixels(Some(&mask(paint)), options);
        for picture in pixels.chunks_exact(original.len()) {
            let mut changed = 0;
            for (index, (got, was)) in picture.iter().zip(&original).enumerate() {
                if paint(index % 256 / 16, index % 16) {
                    changed += usize::from((got - was).abs() > 0.01);
                } else {
                    assert!((got - was).abs() < f32::EPSILON, "pixel {index} is kept");
                }
            }
            assert!(changed > 100, "the rest is painted");
        }
    }
}

#[test]
fn a_light_mask_paints_all_and_a_dark_one_is_refused() {
    let studio = Studio::of(&sd1());
    let painted = studio.pixels(Some(&mask(|_, _| true)), json!({}));
    let drawn = block_on(draw(&studio.pipeline, few(json!({})))).pixels;
    assert_close("all", "pixels", &painted, &drawn, 1e-5);
    let message = studio.refused(Some(&mask(|_, _| false)), json!({}));
    assert!(message.contains("mask_image"), "{message}");
    let message = studio.refused(Some(&[200; 12]), json!({}));
    assert!(message.contains("mask_image") && message.contains("16 × 16"), "{message}");
}

#[test]
fn the_picture_has_the_size_of_the_call() {
    let studio = Studio::of(&sd1());
    let tall = json!({ "height": 24 });
    let message = studio.refused(None, tall.clone());
    assert!(message.contains("24 × 16"), "{message}");
    let picture = [studio.picture.clone(), studio.picture[..512].to_vec()].concat();
    let source = Source { picture: &picture, ..Source::default() };
    let run = studio.pipeline.start_from(source, few(tall), 0).expect("it is of the size");
    assert_eq!(run.size(), [24, 16]);
    assert_eq!(block_on(finish(run)).1.pixels.len(), 3 * 24 * 16);
    let message = studio.refused(None, json!({ "height": 18 }));
    assert!(message.starts_with("height"), "{message}");
}

#[test]
fn the_latents_of_a_picture_are_drawn_and_the_noise_for_that_can_be_given() {
    let studio = Studio::of(&sd1());
    let of = |posterior_noise: Option<&[f32]>| {
        let source = Source { picture: &studio.picture, mask: None, posterior_noise };
        studio.pipeline.start_from(source, few(json!({ "strength": 0.4 })), 0)
    };
    let pixels = |noise: Option<&[f32]>| block_on(finish(of(noise).expect("the options are valid"))).1.pixels;
    assert_ne!(pixels(None), pixels(Some(&[0.0; 256])));
    assert_ne!(pixels(Some(&[0.5; 256])), pixels(Some(&[0.0; 256])));
    assert_eq!(pixels(None), pixels(None), "without any it follows from the seed");
    assert!(refused(of(Some(&[0.0; 255]))).contains("256"));
}

#[test]
fn options_of_models_of_pixels_are_refused_and_so_are_two_ways_at_once() {
    let studio = Studio::of(&sd1());
    let light = mask(|_, column| column > 7);
    for (masked, options, names) in [
        (true, json!({ "jump_length": 2 }), ["jump_length", "latents"]),
        (true, json!({ "jump_n_sample": 2 }), ["jump_n_sample", "latents"]),
        (false, json!({ "downsampling_factor": 2 }), ["downsampling_factor", "latents"]),
        (false, json!({ "control_guidance_end": 0.5 }), ["control_guidance_end", "latents"]),
        (true, json!({ "timestep": 500 }), ["mask_image", "timestep"]),
        (false, json!({ "strength": 0.5, "timestep": 500 }), ["strength", "timestep"]),
        (false, json!({ "sede": 5 }), ["sede", "strength"]),
        (false, json!({ "class_labels": 5 }), ["class_labels", "prompt"]),
        (false, json!({ "strength": 0 }), ["strength", "1"]),
        (false, json!({ "strength": 1.01 }), ["strength", "1"]),
        (true, json!({ "strength": "0.5" }), ["strength", "1"]),
        (false, json!({ "prompt": 5 }), ["prompt", "text"]),
        (true, json!({ "negative_prompt": "a", "guidance_scale": 1 }), ["negative_prompt", "guidance_scale"]),
    ] {
        let message = studio.refused(masked.then_some(&light), options);
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
    }
}
