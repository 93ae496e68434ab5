//! Pictures of prompts on the CPU: agreement with diffusers, and options.

use burn::tensor::Device;
use hearth::diffusion::unet::Config;
use hearth::diffusion::{MAX_BATCH_SIZE, Pictures, Pipeline, Progress, Run};
use hearth::error::{Error, Result};
use hearth::options::Options;
use hearth::schedulers::SchedulerKind;
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::diffusion::{draw, finish};
use crate::common::text_to_image::{Folder, Tolerance, folders, lcm, mean_difference, sd1, sd2, tiny, turbo};
use crate::common::{self, assert_close};

const PROMPT: &str = "a fox in the snow at night";

pub fn load(folder: &Folder) -> Pipeline {
    folder.load(Storage::CPU, &Device::flex()).expect("the fixture loads")
}

/// Three steps of DDIM with a prompt from seed 1, unless the options say otherwise.
#[allow(clippy::needless_pass_by_value)] // a call reads better with what it makes
pub fn few(value: Value) -> Options {
    let defaults = [
        ("prompt", json!(PROMPT)),
        ("num_inference_steps", json!(3)),
        ("scheduler", json!("DDIMScheduler")),
        ("seed", json!(1)),
    ];
    let given = common::options_of(value.as_object().expect("options are an object"));
    defaults
        .into_iter()
        .fold(given, |mut all, (name, value)| if all.has(name) { all } else { all.with(name, value) })
}

fn drawn(pipeline: &Pipeline, value: Value) -> Pictures {
    block_on(draw(pipeline, few(value)))
}

fn steps_of(pipeline: &Pipeline, value: Value) -> (Vec<Progress>, Pictures) {
    block_on(finish(pipeline.start(few(value), 0).expect("the options are valid")))
}

/// The message of a call that must be refused.
pub fn refused(run: Result<Run>) -> String {
    match run {
        Err(Error::InvalidOption(message)) => message,
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

/// The fixtures, and the folders below the directory that the variable `HELD_OUT` names: what
/// `fixtures_text_to_image.py --held-out` writes there.
pub fn all_folders() -> Vec<Folder> {
    let held_out = std::env::var_os("HELD_OUT").map(|root| Folder::all_below(root.as_ref()));
    folders().into_iter().chain(held_out.into_iter().flatten()).collect()
}

#[test]
fn every_prompt_is_embedded_as_by_transformers() {
    for folder in all_folders() {
        block_on(folder.assert_embeds_as_transformers(&Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn every_call_is_diffusers_own() {
    for folder in all_folders() {
        block_on(folder.assert_draws_as_diffusers(false, &Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn halves_beside_the_plain_weights_draw_what_diffusers_draws_with_them() {
    for folder in all_folders().into_iter().filter(|folder| folder.name.ends_with("sd2")) {
        block_on(folder.assert_variant_draws_as_diffusers("fp16", &Device::flex(), Tolerance::CPU));
    }
}

#[test]
fn a_folder_says_what_its_pictures_are_like() {
    for (folder, size, multiple, guidance_scale) in [
        (sd1(), 16, 4, 7.5),
        (sd2(), 32, 16, 7.5),
        (turbo(), 16, 4, 7.5),
        (lcm(), 16, 4, 8.5),
        (tiny(), 32, 8, 7.5),
    ] {
        let pipeline = load(&folder);
        assert_eq!(pipeline.picture_size(), [size; 2], "{}", folder.name);
        assert_eq!((pipeline.size_multiple(), pipeline.picture_channels()), (multiple, 3), "{}", folder.name);
        assert_eq!(pipeline.max_prompt_tokens(), Some(77), "{}", folder.name);
        assert!((pipeline.guidance_scale() - guidance_scale).abs() < 1e-9, "{}", folder.name);
    }
}

#[test]
fn every_option_changes_the_pictures() {
    let pipeline = load(&sd1());
    let plain = drawn(&pipeline, json!({})).pixels;
    for (name, value) in [
        ("prompt", json!("two birds over the old house")),
        ("negative_prompt", json!("blurry, low quality")),
        ("num_inference_steps", json!(4)),
        ("guidance_scale", json!(3)),
        ("guidance_rescale", json!(0.7)),
        ("clip_skip", json!(1)),
        ("clip_skip", json!(2)),
        ("eta", json!(0.5)),
        ("seed", json!(2)),
    ] {
        let pixels = drawn(&pipeline, json!({ name: value.clone() })).pixels;
        let apart = mean_difference(&pixels, &plain);
        assert!(apart > 1.0, "{name} {value}: only {apart} of 255 apart");
    }
    for class in SchedulerKind::ALL.map(SchedulerKind::name) {
        let pixels = drawn(&pipeline, json!({ "scheduler": class })).pixels;
        assert_eq!(pixels == plain, class == "DDIMScheduler", "{class}");
    }
    let latents: Vec<f32> = (0..256_u16).map(|index| f32::from(index % 7) / 3.0 - 1.0).collect();
    let given = block_on(draw(&pipeline, few(json!({})).with("latents", latents.clone())));
    assert_ne!(given.pixels, plain);
    assert_eq!(given.latents, latents);
    assert_eq!(drawn(&pipeline, json!({ "clip_skip": 0, "guidance_rescale": 0, "eta": 0 })).pixels, plain);
    assert_eq!(drawn(&pipeline, json!({ "negative_prompt": "", "guidance_scale": 7.5 })).pixels, plain);
}

#[test]
fn a_size_is_the_callers_or_the_folders_own() {
    let pipeline = load(&sd1());
    let of = |value: Value| {
        let run = pipeline.start(few(value), 0).expect("the options are valid");
        let (size, sample_size) = (run.size(), run.sample_size());
        (size, sample_size, block_on(finish(run)).1)
    };
    for (value, size) in [
        (json!({}), [16, 16]),
        (json!({ "height": 24 }), [24, 16]),
        (json!({ "width": 8 }), [16, 8]),
        (json!({ "height": 4, "width": 20 }), [4, 20]),
    ] {
        let (asked, sample_size, pictures) = of(value);
        assert_eq!((asked, sample_size), (size, size.map(|size| size / 2)));
        assert_eq!(pictures.pixels.len(), 3 * size[0] * size[1]);
        assert_eq!(pictures.samples.len(), pictures.pixels.len() / 3);
        assert_eq!(pictures.latents.len(), pictures.samples.len());
    }
}

#[test]
fn pictures_of_a_list_are_those_of_its_prompts_alone() {
    let pipeline = load(&sd1());
    let prompts = [PROMPT, "two birds over the old house"];
    let negative = ["blurry", ""];
    let all = drawn(
        &pipeline,
        json!({ "prompt": prompts, "num_images_per_prompt": 2, "negative_prompt": negative }),
    );
    let (pixels, latents) = (all.pixels.len() / 4, all.latents.len() / 4);
    for picture in 0..4 {
        let alone = few(json!({ "prompt": prompts[picture / 2], "negative_prompt": negative[picture / 2] }))
            .with("latents", all.latents[picture * latents..][..latents].to_vec());
        let alone = block_on(draw(&pipeline, alone));
        assert_close("alone", "pixels", &alone.pixels, &all.pixels[picture * pixels..][..pixels], 1e-4);
    }
    let first = drawn(&pipeline, json!({ "negative_prompt": "blurry" }));
    assert_close("first", "pixels", &first.pixels, &all.pixels[..pixels], 1e-4);
    let one_for_all = drawn(&pipeline, json!({ "prompt": prompts, "negative_prompt": "blurry" }));
    let each = drawn(&pipeline, json!({ "prompt": prompts, "negative_prompt": ["blurry", "blurry"] }));
    assert_eq!(one_for_all, each);
    assert_eq!(drawn(&pipeline, json!({ "prompt": [PROMPT] })), drawn(&pipeline, json!({})));
}

#[test]
fn a_batch_goes_in_parts_where_there_is_no_room_for_all_of_it() {
    let call = json!({
        "prompt": [PROMPT, "a boat"],
        "negative_prompt": ["blurry", ""],
        "num_images_per_prompt": 2,
        "output_attentions": true
    });
    let (folder, whole) = (sd1(), load(&sd1()));
    let config = Config::from_json(folder.text("unet/config.json")).expect("the fixture's");
    let row = 4 * config.largest_tensor(1, [8, 8]).max(77 * 64);
    let (steps, pictures) = steps_of(&whole, call.clone());
    // With guidance there are eight rows: one part has some that are guided and some that guide.
    for rows in [3, 5] {
        let storage = Storage { max_binding: rows * row, ..Storage::CPU };
        let parts = folder.load(storage, &Device::flex()).expect("a row fits");
        let (steps_of_parts, of_parts) = steps_of(&parts, call.clone());
        assert_close("in parts", "pixels", &of_parts.pixels, &pictures.pixels, 1e-4);
        for (got, expected) in steps_of_parts.iter().zip(&steps) {
            let [got, expected] = [got, expected].map(|step| step.attentions.as_deref().expect("asked for"));
            assert_close("in parts", "attentions", got, expected, 1e-5);
        }
        assert_eq!(steps_of_parts.len(), steps.len());
    }
}

#[test]
fn more_pictures_than_there_is_memory_for_are_refused() {
    let pipeline = load(&sd1());
    let start = |value: Value| pipeline.start(few(value), 0);
    let large = |count: u32, attentions: bool| {
        start(json!({
            "height": 2048, "width": 2048, "num_images_per_prompt": count, "output_attentions": attentions
        }))
    };
    let message = refused(large(11, false));
    assert!(message.contains("num_images_per_prompt") && message.contains("11 pictures"), "{message}");
    // Maps of 1024 × 1024 for 77 tokens are larger than pictures.
    assert!(large(2, false).is_ok());
    assert!(refused(large(2, true)).contains("2 pictures of 2048 × 2048"));
}

#[test]
fn looking_at_a_call_does_not_change_its_pictures() {
    let pipeline = load(&sd1());
    let plain = drawn(&pipeline, json!({ "preview": "none" }));
    let both = json!(["sample", "pred_original_sample"]);
    for (options, previews, sees) in [
        (json!({}), 1, false),
        (json!({ "preview": "none" }), 0, false),
        (json!({ "preview": both }), 2, false),
        (json!({ "output_attentions": true }), 1, true),
        (json!({ "output_attentions": false, "preview": "sample" }), 1, false),
        (json!({ "output_attentions": true, "preview": "none" }), 0, true),
    ] {
        let (steps, pictures) = steps_of(&pipeline, options.clone());
        assert_close("looked at", "pixels", &pictures.pixels, &plain.pixels, 1e-5);
        for step in steps {
            assert_eq!((step.previews.len(), step.attentions.is_some()), (previews, sees), "{options}");
            for (_, pixels) in step.previews {
                assert_eq!(pixels.len(), plain.pixels.len());
                assert!(pixels.iter().all(|color| color.abs() <= 1.0), "a preview is a picture");
            }
        }
    }
}

#[test]
fn attentions_are_parts_of_what_each_pixel_attends_to() {
    let pipeline = load(&sd1());
    let prompts = json!([PROMPT, "a boat"]);
    let options = few(json!({ "prompt": prompts, "num_images_per_prompt": 2, "output_attentions": true }));
    let run = pipeline.start(options, 0).expect("the options are valid");
    let words = run.words();
    assert_eq!(words, [PROMPT.split(' ').collect::<Vec<_>>(), vec!["a", "boat"]]);
    let (steps, _) = block_on(finish(run));
    for step in steps {
        let attentions = step.attentions.expect("they were asked for");
        assert_eq!(attentions.len(), 2 * (7 + 2) * 64);
        let (of_first, of_second) = attentions.split_at(2 * 7 * 64);
        for (maps, words) in [(of_first, 7), (of_second, 2)] {
            for picture in maps.chunks_exact(words * 64) {
                let sums = (0..64).map(|pixel| picture.iter().skip(pixel).step_by(64).sum::<f32>());
                assert!(
                    sums.clone().all(|sum| sum > 0.0 && sum < 1.0),
                    "the rest goes to what begins and fills it"
                );
            }
        }
    }
}

#[test]
fn a_prompt_that_is_cut_says_so_and_what_is_cut_has_no_effect() {
    let pipeline = load(&sd1());
    let long = |end: &str| format!("{}{end}", "the fox and a boat ".repeat(12));
    let run =
        |prompt: Value| pipeline.start(few(json!({ "prompt": prompt })), 0).expect("the options are valid");
    let cut = run(json!([PROMPT, long("at night"), long("in the morning")]));
    let truncated = cut.truncated();
    assert_eq!(truncated.len(), 3);
    assert_eq!(truncated[0], None);
    assert!(truncated[1].as_ref().is_some_and(|text| text.ends_with("boat at night")), "{truncated:?}");
    assert!(cut.words()[1].len() < 60, "words that are cut off attend to nothing");
    let of = |prompt: String| block_on(finish(run(json!(prompt)))).1.pixels;
    assert_eq!(of(long("at night")), of(long("in the morning")));
    assert_ne!(of(long("at night")), of(PROMPT.to_owned()));
}

#[test]
fn a_seed_gives_the_same_pictures_again() {
    let pipeline = load(&sd1());
    for options in
        [json!({}), json!({ "scheduler": "EulerAncestralDiscreteScheduler", "num_images_per_prompt": 2 })]
    {
        assert_eq!(drawn(&pipeline, options.clone()), drawn(&pipeline, options));
    }
    let run = pipeline.start(Options::new().with("prompt", json!(PROMPT)), 2026).expect("no more is needed");
    assert_eq!(run.seed(), 2026, "without one the random seed is taken");
}

#[test]
fn guidance_is_what_a_model_was_made_for() {
    let (sd1, lcm) = (load(&sd1()), load(&lcm()));
    let unguided = drawn(&sd1, json!({ "guidance_scale": 1 }));
    assert_eq!(drawn(&sd1, json!({ "guidance_scale": 0 })), unguided, "up to 1 there is none");
    assert_ne!(drawn(&sd1, json!({ "guidance_scale": 1.5 })).pixels, unguided.pixels);
    // A consistency model is told the scale, and 1 too means something.
    let of = |scale: f64| drawn(&lcm, json!({ "guidance_scale": scale, "scheduler": "LCMScheduler" })).pixels;
    assert_ne!(of(1.0), of(8.5));
    assert_ne!(of(1.0), of(0.0));
    let message = refused(lcm.start(few(json!({ "negative_prompt": "blurry" })), 0));
    assert!(message.contains("negative_prompt"), "{message}");
    let message = refused(lcm.start(few(json!({ "guidance_rescale": 0.5 })), 0));
    assert!(message.contains("guidance_rescale"), "{message}");
}

#[test]
fn a_folder_can_have_guidance_of_its_own() {
    let of_folder = turbo().with_field("model_index.json", "guidance_scale", json!(0));
    let pipeline = load(&of_folder);
    assert!(pipeline.guidance_scale() < 1.0);
    assert_eq!(drawn(&pipeline, json!({})), drawn(&load(&turbo()), json!({ "guidance_scale": 0 })));
}

#[test]
fn a_folder_can_have_steps_and_rescaled_guidance_of_its_own() {
    let of_folder = sd1().with_field("model_index.json", "num_inference_steps", json!(3)).with_field(
        "model_index.json",
        "guidance_rescale",
        json!(0.7),
    );
    let pipeline = load(&of_folder);
    assert_eq!(pipeline.num_inference_steps(), 3);
    let draw = |pipeline: &Pipeline, value: Value| {
        let given = common::options_of(value.as_object().expect("options are an object"));
        block_on(draw(pipeline, given.with("prompt", json!(PROMPT)).with("seed", json!(1))))
    };
    let named = json!({ "num_inference_steps": 3, "guidance_rescale": 0.7 });
    assert_eq!(draw(&pipeline, json!({})), draw(&load(&sd1()), named));
    // Without guidance there is nothing to rescale.
    let unguided = json!({ "guidance_scale": 1 });
    let named = json!({ "num_inference_steps": 3, "guidance_scale": 1 });
    assert_eq!(draw(&pipeline, unguided), draw(&load(&sd1()), named));
}

#[test]
fn a_bad_option_is_refused_by_name() {
    let pipeline = load(&sd1());
    for (name, value) in [
        ("prompt", json!(3)),
        ("prompt", json!([])),
        ("prompt", json!([PROMPT, 3])),
        ("prompt", json!({ "text": PROMPT })),
        ("prompt", json!(vec![PROMPT; MAX_BATCH_SIZE + 1])),
        ("negative_prompt", json!(true)),
        ("negative_prompt", json!(["a", "b"])),
        ("num_images_per_prompt", json!(0)),
        ("num_images_per_prompt", json!(MAX_BATCH_SIZE + 1)),
        ("num_images_per_prompt", json!(1.5)),
        ("guidance_scale", json!(-1)),
        ("guidance_scale", json!(101)),
        ("guidance_scale", json!("7")),
        ("guidance_rescale", json!(-0.1)),
        ("guidance_rescale", json!(1.1)),
        ("clip_skip", json!(-1)),
        ("clip_skip", json!(3)),
        ("clip_skip", json!(0.5)),
        ("height", json!(0)),
        ("height", json!(18)),
        ("height", json!(4096)),
        ("width", json!(-8)),
        ("width", json!("16")),
        ("width", json!(1e300)),
        ("num_inference_steps", json!(0)),
        ("num_inference_steps", json!(1001)),
        ("scheduler", json!("ddim")),
        ("eta", json!(1.1)),
        ("seed", json!(-1)),
        ("preview", json!("latents")),
        ("output_attentions", json!(1)),
        ("latents", json!([1, 2])),
        ("batch_size", json!(2)),
        ("class_labels", json!(2)),
        ("strength", json!(0.5)),
        ("mask_image", json!("a.png")),
        ("sede", json!(1)),
    ] {
        let message = refused(pipeline.start(few(json!({ name: value.clone() })), 0));
        assert!(message.contains(name), "{name} {value}: {message}");
    }
    let message = refused(pipeline.start(Options::new(), 0));
    assert!(message.contains("prompt is missing"), "{message}");
    let message = refused(pipeline.start(few(json!({ "height": 4096, "width": 4096 })), 0));
    assert!(message.contains("4096") && message.contains("2048"), "{message}");
    for length in [0, 255, 257] {
        let message = refused(pipeline.start(few(json!({})).with("latents", vec![0.0; length]), 0));
        assert!(message.contains("latents") && message.contains("256"), "{message}");
    }
    assert!(refused(pipeline.start(few(json!({})).with("latents", vec![f32::NAN; 256]), 0)).contains("NaN"));
    let message = refused(
        pipeline.start(few(json!({ "num_images_per_prompt": 3 })).with("latents", vec![0.0; 512]), 0),
    );
    assert!(message.contains("latents") && message.contains("num_images_per_prompt"), "{message}");
}

#[test]
fn what_would_have_no_effect_is_refused() {
    let pipeline = load(&sd1());
    for (options, name) in [
        (json!({ "negative_prompt": "blurry", "guidance_scale": 1 }), "negative_prompt"),
        (json!({ "negative_prompt": "blurry", "guidance_scale": 0 }), "negative_prompt"),
        (json!({ "guidance_rescale": 0.7, "guidance_scale": 1 }), "guidance_rescale"),
        (json!({ "eta": 0.5, "scheduler": "EulerDiscreteScheduler" }), "eta"),
    ] {
        let message = refused(pipeline.start(few(options), 0));
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
fn a_text_encoder_can_leave_and_come_back() {
    let (folder, pipeline) = (sd1(), load(&sd1()));
    let before = drawn(&pipeline, json!({ "negative_prompt": "blurry" }));
    pipeline.offload_text_encoder();
    let known = json!({ "negative_prompt": "blurry" });
    assert!(!pipeline.lacks_text_encoder(&few(known.clone())), "its texts are known");
    assert_eq!(drawn(&pipeline, known), before);
    let other = json!({ "prompt": "a boat" });
    assert!(pipeline.lacks_text_encoder(&few(other.clone())));
    let mut loading = pipeline.text_encoder_loading().expect("it was known").expect("there is one");
    folder.feed("text_encoder/model.safetensors", &mut loading.checkpoint).expect("the weights fit");
    pipeline.attach(loading.finish().expect("nothing is missing"));
    assert!(!pipeline.lacks_text_encoder(&few(other.clone())));
    assert_eq!(drawn(&pipeline, other.clone()), drawn(&load(&folder), other));
}

#[test]
fn dtype_says_how_weights_are_kept_and_changes_the_pictures_a_little() {
    let with = |dtype: &str| {
        let storage = Storage::CPU.with_dtype(dtype).expect("there is such a dtype");
        let pipeline = sd1().load(storage, &Device::flex()).expect("the fixture loads");
        assert_eq!(pipeline.dtype(), if dtype == "auto" { "f32" } else { dtype });
        drawn(&pipeline, json!({ "guidance_scale": 2 })).pixels
    };
    let exact = with("f32");
    assert_eq!(with("auto"), exact);
    for (dtype, most) in [("f16", 0.5), ("q8", 12.0)] {
        let apart = mean_difference(&with(dtype), &exact);
        assert!(apart > 0.0 && apart < most, "{dtype}: {apart} of 255");
    }
}

/// The folder with infinity for a weight.
fn broken(path: &str, weight: &str) -> Pipeline {
    let folder = sd1();
    let mut bytes = folder.bytes(path).to_vec();
    let data = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let header: Value = serde_json::from_slice(&bytes[8..data]).unwrap();
    let offsets = &header[weight]["data_offsets"];
    let [start, end] = [0, 1].map(|side| data + usize::try_from(offsets[side].as_u64().unwrap()).unwrap());
    for number in bytes[start..end].chunks_exact_mut(4) {
        number.copy_from_slice(&f32::MAX.to_le_bytes());
    }
    let mut loading = folder.prepare(Storage::CPU, &Device::flex()).expect("the folder is known");
    for (part, file) in [
        ("unet", "unet/diffusion_pytorch_model.safetensors"),
        ("vae", "vae/diffusion_pytorch_model.safetensors"),
        ("text_encoder", "text_encoder/model.safetensors"),
    ] {
        let checkpoint = loading.checkpoint(part).expect("it has weights");
        let mut reader = Reader::new(None);
        reader.push(if file == path { &bytes } else { folder.bytes(file) }, checkpoint).expect("they fit");
        reader.finish().expect("the file is whole");
    }
    loading.finish().expect("nothing is missing")
}

#[test]
fn what_is_not_a_number_in_any_network_ends_the_run() {
    for (path, weight) in [
        ("unet/diffusion_pytorch_model.safetensors", "conv_out.weight"),
        ("vae/diffusion_pytorch_model.safetensors", "decoder.conv_in.weight"),
        ("text_encoder/model.safetensors", "text_model.encoder.layers.0.mlp.fc2.weight"),
    ] {
        let pipeline = broken(path, weight);
        let error = match pipeline.start(few(json!({ "preview": "none" })), 0) {
            Err(error) => error,
            Ok(mut run) => loop {
                match block_on(run.step()) {
                    Err(error) => break error,
                    Ok(event) => assert!(event.is_some(), "{path}: the run ends with pictures"),
                }
            },
        };
        assert_eq!(error.code(), "weights-invalid", "{path}: {error}");
    }
}
