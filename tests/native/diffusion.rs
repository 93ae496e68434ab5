//! The diffusion pipeline on the CPU: agreement with diffusers, options, steps, what is refused.

use burn::tensor::Device;
use hearth::diffusion::{Event, Loading, MAX_BATCH_SIZE, Pictures, Pipeline, PreviewKind};
use hearth::error::{Error, Result};
use hearth::options::Options;
use hearth::schedulers::SchedulerKind;
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::diffusion::{
    CLASSES, Folder, RGB, assert_recording_changes_no_fixture, draw, finish, prepare,
};
use crate::common::{self, assert_close};

fn load(folder: &Folder) -> Pipeline {
    folder.load(Storage::CPU, &Device::flex()).expect("the fixture loads")
}

#[allow(clippy::needless_pass_by_value)] // a call reads better with what it makes
fn options(value: Value) -> Options {
    common::options_of(value.as_object().expect("options are an object"))
}

/// Few steps, from seed 1.
fn few(value: Value) -> Options {
    options(value).with("num_inference_steps", json!(4)).with("seed", json!(1))
}

fn drawn(pipeline: &Pipeline, options: Options) -> Pictures {
    block_on(draw(pipeline, options))
}

/// The message of a call that must be refused.
fn refused(pipeline: &Pipeline, options: Options) -> String {
    match pipeline.start(options, 0) {
        Err(Error::InvalidOption(message)) => message,
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

#[test]
fn every_call_is_diffusers_own() {
    for folder in [CLASSES, RGB] {
        block_on(folder.assert_draws_as_diffusers(&Device::flex(), 1e-4));
    }
}

#[test]
fn a_seed_gives_the_same_pictures_again_and_another_one_others() {
    let pipeline = load(&RGB);
    let with_seed = |seed: u64| drawn(&pipeline, few(json!({})).with("seed", json!(seed)));
    assert_eq!(with_seed(7), with_seed(7));
    assert_ne!(with_seed(7).pixels, with_seed(8).pixels);
    let run = pipeline.start(Options::new(), 2026).expect("no options are needed");
    assert_eq!(run.seed(), 2026, "without one the random seed is taken");
}

#[test]
fn the_first_pictures_of_a_large_batch_are_those_of_a_small_one() {
    // With a scheduler that adds noise in each step.
    let pipeline = load(&CLASSES);
    let of = |count: usize| {
        drawn(
            &pipeline,
            few(json!({ "scheduler": "DDPMScheduler", "batch_size": count, "guidance_scale": 3 })),
        )
    };
    let (small, large) = (of(2), of(5));
    assert_eq!(small.latents, large.latents[..small.latents.len()]);
    assert_eq!(small.class_labels.unwrap()[..], large.class_labels.unwrap()[..2]);
    assert_close("classes", "pixels", &small.pixels, &large.pixels[..small.pixels.len()], 1e-5);
    assert_ne!(large.pixels[..64], large.pixels[64..128]);
}

#[test]
fn recorded_steps_are_those_made_anew() {
    for device in common::devices() {
        block_on(assert_recording_changes_no_fixture(&device));
    }
}

#[test]
fn every_option_changes_the_pictures() {
    let pipeline = load(&CLASSES);
    let base = || few(json!({ "class_labels": 3 }));
    let plain = drawn(&pipeline, base()).pixels;
    let changes = [
        ("seed", json!(2)),
        ("num_inference_steps", json!(5)),
        ("eta", json!(0.5)),
        ("class_labels", json!(4)),
        ("guidance_scale", json!(2)),
        ("batch_size", json!(2)),
    ];
    for (name, value) in changes {
        assert_ne!(drawn(&pipeline, base().with(name, value)).pixels, plain, "{name}");
    }
    for class in SchedulerKind::ALL.map(SchedulerKind::name) {
        let pixels = drawn(&pipeline, base().with("scheduler", json!(class))).pixels;
        assert_eq!(pixels == plain, class == "DDIMScheduler", "{class}");
    }
    let latents: Vec<f32> = (0..64_u8).map(|index| f32::from(index % 7) - 3.0).collect();
    let given = drawn(&pipeline, base().with("latents", latents.clone()));
    assert_ne!(given.pixels, plain);
    assert_eq!(given.latents, latents);
}

#[test]
fn dtype_says_how_weights_are_kept_and_changes_the_pictures_a_little() {
    let with = |dtype: &str| {
        let storage = Storage::CPU.with_dtype(dtype).unwrap();
        let pipeline = CLASSES.load(storage, &Device::flex()).expect("the fixture loads");
        assert_eq!(pipeline.dtype(), if dtype == "auto" { "f32" } else { dtype });
        drawn(&pipeline, few(json!({ "class_labels": [3, 8], "guidance_scale": 2 }))).pixels
    };
    let exact = with("f32");
    assert_eq!(with("auto"), exact);
    for (dtype, most) in [("f16", 0.01), ("q8", 0.08)] {
        let pixels = with(dtype);
        let differences = pixels.iter().zip(&exact).map(|(a, b)| (a - b).abs());
        #[allow(clippy::cast_precision_loss)] // numbers of two pictures
        let mean = differences.sum::<f32>() / exact.len() as f32;
        assert!(mean > 0.0 && mean < most, "{dtype}: {mean}");
    }
}

#[test]
fn guidance_goes_from_no_class_to_the_class_and_beyond() {
    let pipeline = load(&CLASSES);
    let of = |class: usize, scale: f64| {
        drawn(&pipeline, few(json!({ "class_labels": class, "guidance_scale": scale })))
    };
    assert_eq!(of(3, 0.0).pixels, of(8, 0.0).pixels, "without a class all are the same");
    assert_eq!(of(3, 0.0).class_labels, None);
    assert_ne!(of(3, 1.0).pixels, of(8, 1.0).pixels);
    assert_eq!(of(3, 1.0), drawn(&pipeline, few(json!({ "class_labels": 3 }))));
    assert_close("classes", "pixels", &of(3, 1.0).pixels, &of(3, 1.000_001).pixels, 1e-3);
}

#[test]
fn a_folder_can_have_guidance_of_its_own() {
    let index = CLASSES.index.replacen('{', "{ \"guidance_scale\": 2.5,", 1);
    let pipeline = load(&Folder { index: index.leak(), ..CLASSES });
    assert_ne!(
        drawn(&pipeline, few(json!({ "class_labels": 3 }))),
        drawn(&load(&CLASSES), few(json!({ "class_labels": 3 })))
    );
    let asked = few(json!({ "class_labels": 3, "guidance_scale": 2.5 }));
    assert_eq!(drawn(&pipeline, few(json!({ "class_labels": 3 }))), drawn(&load(&CLASSES), asked));
}

#[test]
fn classes_are_drawn_evenly_from_the_seed_and_never_the_one_that_means_none() {
    let labels =
        drawn(&load(&CLASSES), options(json!({ "batch_size": 256, "num_inference_steps": 1, "seed": 2026 })));
    let labels = labels.class_labels.expect("the model has classes");
    assert_eq!(labels[..8], [0, 2, 7, 3, 8, 1, 8, 5], "those of the GAN's seed");
    assert!((0..10).all(|class| labels.contains(&class)) && !labels.contains(&10));
}

#[test]
fn a_run_reports_each_step_with_the_previews_that_were_asked_for() {
    let pipeline = load(&RGB);
    let run = |preview: Value| {
        block_on(finish(pipeline.start(few(json!({ "preview": preview, "batch_size": 2 })), 0).unwrap()))
    };
    let [sample, picture] = [PreviewKind::Sample, PreviewKind::PredOriginalSample];
    for (preview, kinds) in [
        (json!(null), vec![picture]),
        (json!("pred_original_sample"), vec![picture]),
        (json!("sample"), vec![sample]),
        (json!(["sample", "pred_original_sample"]), vec![sample, picture]),
        (json!(["pred_original_sample", "sample"]), vec![picture, sample]),
        (json!("none"), vec![]),
    ] {
        let (steps, pictures) = run(preview.clone());
        let timesteps: Vec<f64> = steps.iter().map(|step| step.timestep).collect();
        assert_eq!(timesteps, [750.0, 500.0, 250.0, 0.0]);
        for step in &steps {
            assert_eq!(step.previews.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), kinds, "{preview}");
            assert!(step.previews.iter().all(|(_, pixels)| pixels.len() == pictures.pixels.len()));
        }
        assert_eq!(pictures.pixels, run(json!("none")).1.pixels, "{preview}: looking changes nothing");
    }
}

#[test]
fn a_sample_is_shown_on_the_same_scale_with_every_scheduler() {
    let pipeline = load(&RGB);
    for class in SchedulerKind::ALL.map(SchedulerKind::name) {
        let call = options(
            json!({ "scheduler": class, "preview": "sample", "num_inference_steps": 20, "batch_size": 4 }),
        );
        let (steps, _) = block_on(finish(pipeline.start(call, 1).unwrap()));
        let first = &steps[0].previews[0].1;
        #[allow(clippy::cast_precision_loss)] // numbers of four pictures
        let power = first.iter().map(|number| number * number).sum::<f32>() / first.len() as f32;
        // A random network takes away too much or too little; without the scale it would be thousands.
        assert!((0.01..10.0).contains(&power), "{class}: {power}");
    }
}

#[test]
fn the_number_of_steps_has_diffusers_defaults() {
    let pipeline = load(&RGB);
    let steps = |value: Value| pipeline.start(options(value), 0).unwrap().num_steps();
    assert_eq!(steps(json!({})), 1000, "DDPMScheduler is the folder's");
    assert_eq!(steps(json!({ "scheduler": "DDIMScheduler" })), 25);
    assert_eq!(steps(json!({ "num_inference_steps": 1 })), 1);
    assert_eq!(steps(json!({ "num_inference_steps": 1000 })), 1000);
    let short = RGB.scheduler.replace("\"num_train_timesteps\": 1000", "\"num_train_timesteps\": 10");
    let pipeline = RGB.load_as(RGB.unet, &short, None, Storage::CPU, &Device::flex()).unwrap();
    assert_eq!(pipeline.start(Options::new(), 0).unwrap().num_steps(), 10);
}

#[test]
fn one_step_works_with_every_scheduler_that_can() {
    let pipeline = load(&RGB);
    for class in SchedulerKind::ALL.map(SchedulerKind::name) {
        let call = options(json!({ "scheduler": class, "num_inference_steps": 1 }));
        if class == "PNDMScheduler" {
            assert!(refused(&pipeline, call).contains("num_inference_steps is 1"));
        } else {
            assert_eq!(drawn(&pipeline, call).pixels.len(), 96, "{class}");
        }
    }
}

#[test]
fn a_bad_option_is_refused_by_name() {
    let (classes, rgb) = (load(&CLASSES), load(&RGB));
    for (name, value) in [
        ("num_inference_steps", json!(0)),
        ("num_inference_steps", json!(10_000)),
        ("num_inference_steps", json!(2.5)),
        ("scheduler", json!("ddim")),
        ("scheduler", json!(3)),
        ("eta", json!(-0.1)),
        ("eta", json!(1.1)),
        ("seed", json!(-1)),
        ("batch_size", json!(0)),
        ("batch_size", json!(MAX_BATCH_SIZE + 1)),
        ("class_labels", json!(10)),
        ("class_labels", json!([0, -1])),
        ("class_labels", json!([])),
        ("guidance_scale", json!(-1)),
        ("guidance_scale", json!(101)),
        ("guidance_scale", json!("7")),
        ("preview", json!("samples")),
        ("preview", json!([])),
        ("preview", json!(["sample", "sample"])),
        ("preview", json!(["none"])),
        ("latents", json!([1, 2])),
        ("strength", json!(0.5)),
        ("mask_image", json!("a.png")),
        ("height", json!(64)),
    ] {
        let message = refused(&classes, Options::new().with(name, value.clone()));
        assert!(message.contains(name) || message.starts_with("0 pictures"), "{name} {value}: {message}");
    }
    assert!(
        refused(&classes, options(json!({ "scheduler": "ddim" }))).contains("DPMSolverMultistepScheduler")
    );
    let message = refused(&classes, options(json!({ "eta": 0.5, "scheduler": "LCMScheduler" })));
    assert!(message.contains("eta") && message.contains("LCMScheduler"), "{message}");
    for length in [0, 63, 65] {
        assert!(refused(&classes, Options::new().with("latents", vec![0.0; length])).contains("64"));
    }
    assert!(refused(&classes, Options::new().with("latents", vec![f32::NAN; 64])).contains("NaN"));
    let message =
        refused(&classes, options(json!({ "class_labels": [1, 2] })).with("latents", vec![0.0; 192]));
    assert!(message.contains("class_labels is for 2 pictures, but latents for 3"), "{message}");
    // Without classes these two mean nothing.
    for name in ["class_labels", "guidance_scale"] {
        let message = refused(&rgb, Options::new().with(name, json!(1)));
        assert!(
            message.contains(name) && message.contains("eta") && !message.contains("guidance_scale,"),
            "{message}"
        );
    }
}

#[test]
fn guidance_needs_a_class_that_means_none() {
    let ten = CLASSES.unet.replace("\"num_class_embeds\": 11", "\"num_class_embeds\": 10");
    assert!(prepare(&ten, CLASSES.scheduler, Some(CLASSES.index), Storage::CPU, &Device::flex()).is_ok());
    // Eleven classes without names are eleven classes.
    let pipeline =
        CLASSES.load_as(CLASSES.unet, CLASSES.scheduler, None, Storage::CPU, &Device::flex()).unwrap();
    assert_eq!((pipeline.classes().count, pipeline.classes().none), (11, None));
    assert!(drawn(&pipeline, few(json!({ "class_labels": 10, "guidance_scale": 1 }))).class_labels.is_some());
    let message = refused(&pipeline, options(json!({ "guidance_scale": 2 })));
    assert!(message.contains("guidance_scale is 2") && message.contains("no class"), "{message}");
}

/// The error of a folder that must be refused before its weights come.
fn unsupported(result: Result<Loading>) -> String {
    match result {
        Err(Error::UnsupportedModel(message)) => message,
        other => panic!("expected unsupported-model, got {other:?}"),
    }
}

#[test]
fn a_folder_that_is_something_else_is_refused_before_its_weights() {
    let load = |unet: &str, scheduler: &str, index: &str, storage| {
        unsupported(prepare(unet, scheduler, Some(index), storage, &Device::flex()))
    };
    let with_unet = |from: &str, to: &str| {
        assert!(CLASSES.unet.contains(from), "{from}");
        load(&CLASSES.unet.replace(from, to), CLASSES.scheduler, CLASSES.index, Storage::CPU)
    };
    let with_index = |index: Value| load(CLASSES.unet, CLASSES.scheduler, &index.to_string(), Storage::CPU);
    assert!(with_unet("\"in_channels\": 1", "\"in_channels\": 4").contains("4 channels in and 1 out"));
    assert!(with_unet("\"out_channels\": 1", "\"out_channels\": 2").contains("1 channels in and 2 out"));
    assert!(with_unet("UNet2DModel", "AutoencoderKL").contains("UNet2DConditionModel"));
    assert!(with_unet("\"positional\"", "\"fourier\"").contains("fourier"));
    assert!(
        with_unet("\"class_embed_type\": null", "\"class_embed_type\": \"timestep\"")
            .contains("class_embed_type")
    );
    assert!(with_unet("\"num_class_embeds\": 11", "\"num_class_embeds\": 12").contains("12"));
    assert!(with_index(json!({ "vqvae": ["diffusers", "VQModel"] })).contains("vqvae"));
    assert!(with_index(json!({ "id2label": { "0": "zero", "2": "two" } })).contains("id2label"));
    assert!(with_index(json!({ "id2label": {} })).contains("id2label"));
    assert!(with_index(json!({ "guidance_scale": 2 })).contains("guidance_scale"), "no class means no class");
    assert!(with_index(json!([])).contains("model_index.json"));
    let ignored =
        json!({ "_class_name": "A", "safety_checker": [null, null], "requires_safety_checker": true });
    let ignored = ignored.to_string();
    assert!(prepare(CLASSES.unet, CLASSES.scheduler, Some(&ignored), Storage::CPU, &Device::flex()).is_ok());
    let index = CLASSES.index.replace("DDIMScheduler", "HeunDiscreteScheduler");
    let flow = load(CLASSES.unet, CLASSES.scheduler, &index, Storage::CPU);
    assert!(flow.contains("HeunDiscreteScheduler") && flow.contains("DDIMScheduler"), "{flow}");
    let unsized_unet = with_unet("\"sample_size\": [\n    8,\n    8\n  ]", "\"sample_size\": null");
    assert!(unsized_unet.contains("sample_size"), "{unsized_unet}");
}

#[test]
fn what_diffusers_passes_over_is_passed_over_and_named() {
    let changed = |text: &str, field: &str, value: Value| {
        let mut json: Value = serde_json::from_str(text).unwrap();
        json[field] = value;
        json.to_string()
    };
    assert!(load(&RGB).warnings().is_empty(), "{:?}", load(&RGB).warnings());
    let index = changed(RGB.index, "feature_extractor", json!(["transformers", "CLIPImageProcessor"]));
    let unet = changed(RGB.unet, "cross_attention_dim", json!(8));
    let scheduler = changed(RGB.scheduler, "use_beta_schedule", json!(true));
    let pipeline = RGB.load_as(&unet, &scheduler, Some(&index), Storage::CPU, &Device::flex()).unwrap();
    let named = ["feature_extractor", "cross_attention_dim", "use_beta_schedule"];
    assert_eq!(pipeline.warnings().len(), named.len());
    for (warning, name) in pipeline.warnings().iter().zip(named) {
        assert!(warning.contains(name), "{warning}");
    }
    assert_eq!(drawn(&pipeline, few(json!({}))).pixels, drawn(&load(&RGB), few(json!({}))).pixels);
    // Another scheduler reads the same file.
    for name in Pipeline::schedulers() {
        let call = || few(json!({ "scheduler": name }));
        assert_eq!(drawn(&pipeline, call()).pixels, drawn(&load(&RGB), call()).pixels, "{name}");
    }
    // A pipeline of another class may use the part.
    let latent = changed(&index, "_class_name", json!("LDMPipeline"));
    assert!(
        unsupported(prepare(RGB.unet, RGB.scheduler, Some(&latent), Storage::CPU, &Device::flex()))
            .contains("feature_extractor")
    );
}

#[test]
fn a_picture_too_large_for_the_device_is_refused_and_a_batch_goes_in_parts() {
    let small = |max_binding| Storage { max_binding, ..Storage::CPU };
    let message = unsupported(prepare(RGB.unet, RGB.scheduler, None, small(1000), &Device::flex()));
    assert!(message.contains("4 × 8") && message.contains("1000"), "{message}");
    // Room for all weights, and for three rows at once.
    let call = || few(json!({ "batch_size": 5, "scheduler": "DDIMScheduler", "guidance_scale": 2 }));
    let whole = drawn(&load(&CLASSES), call());
    let large =
        CLASSES.unet.replace("\"sample_size\": [\n    8,\n    8", "\"sample_size\": [\n    32,\n    32");
    let at = |max_binding| {
        CLASSES
            .load_as(&large, CLASSES.scheduler, Some(CLASSES.index), small(max_binding), &Device::flex())
            .unwrap()
    };
    let config = hearth::diffusion::unet::Config::from_json(&large).unwrap();
    let row = 4 * config.largest_tensor(1, [32, 32]);
    let (parts, all) = (drawn(&at(3 * row), call()), drawn(&at(u64::MAX), call()));
    assert_close("classes", "pixels", &parts.pixels, &all.pixels, 1e-5);
    assert_eq!(parts.pixels.len(), 16 * whole.pixels.len());
}

/// A pipeline whose network gives infinity.
fn broken() -> Pipeline {
    let mut bytes = RGB.weights.to_vec();
    let data = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let header: Value = serde_json::from_slice(&bytes[8..data]).unwrap();
    let offsets = &header["conv_out.weight"]["data_offsets"];
    let [start, end] = [0, 1].map(|side| data + usize::try_from(offsets[side].as_u64().unwrap()).unwrap());
    for number in bytes[start..end].chunks_exact_mut(4) {
        number.copy_from_slice(&f32::MAX.to_le_bytes());
    }
    let mut loading = prepare(RGB.unet, RGB.scheduler, None, Storage::CPU, &Device::flex()).unwrap();
    let mut reader = Reader::new(None);
    reader.push(&bytes, loading.checkpoint("unet").unwrap()).unwrap();
    reader.finish().unwrap();
    loading.finish().unwrap()
}

#[test]
fn what_is_not_a_number_ends_the_run_before_it_is_a_picture() {
    for (preview, steps, reached) in [
        ("sample", 4, "step 1 of 4"),
        ("pred_original_sample", 4, "step 1 of 4"),
        ("none", 4, "step 4 of 4"),
        ("none", 20, "step 8 of 20"),
    ] {
        let call = options(json!({ "preview": preview, "num_inference_steps": steps }));
        let mut run = broken().start(call, 0).unwrap();
        let error = loop {
            match block_on(run.step()) {
                Err(error) => break error,
                Ok(event) => assert!(matches!(event, Some(Event::Step(_))), "{event:?}"),
            }
        };
        assert_eq!(error.code(), "weights-invalid");
        assert!(error.message().contains(reached), "{preview}: {error}");
    }
}
