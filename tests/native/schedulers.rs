//! Schedulers beside diffusers: tables, timesteps, noise levels and whole trajectories; what they refuse.

use burn::tensor::{Device, Tensor, TensorData};
use hearth::error::Error;
use hearth::schedulers::{Clip, History, Schedule, Scheduler, SchedulerKind, Step, add_noise, threshold};
use pollster::block_on;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::common::{self, read};

macro_rules! fixture {
    ($file:expr) => {
        include_str!(concat!("../fixtures/diffusion/schedulers/", $file, ".json"))
    };
}

const TRAJECTORIES: [(&str, &str); 8] = [
    ("DDPMScheduler", fixture!("DDPMScheduler")),
    ("DDIMScheduler", fixture!("DDIMScheduler")),
    ("PNDMScheduler", fixture!("PNDMScheduler")),
    ("EulerDiscreteScheduler", fixture!("EulerDiscreteScheduler")),
    ("EulerAncestralDiscreteScheduler", fixture!("EulerAncestralDiscreteScheduler")),
    ("DPMSolverMultistepScheduler", fixture!("DPMSolverMultistepScheduler")),
    ("UniPCMultistepScheduler", fixture!("UniPCMultistepScheduler")),
    ("LCMScheduler", fixture!("LCMScheduler")),
];

/// Random numbers that every trajectory uses, one row a step.
#[derive(Deserialize)]
struct Sequence {
    shape: [usize; 4],
    original: Vec<f32>,
    noise: Vec<Vec<f32>>,
    model_outputs: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Case {
    config: Map<String, Value>,
    runs: Vec<Run>,
}

/// What diffusers computed; the last of `samples` is where it ends.
#[derive(Deserialize)]
struct Run {
    num_inference_steps: usize,
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
    init_noise_sigma: f64,
    noisy: Vec<f64>,
    scaled: Vec<Vec<f64>>,
    samples: Vec<Vec<f64>>,
    pictures: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Spaced {
    class: String,
    config: Map<String, Value>,
    num_inference_steps: usize,
    timesteps: Vec<f64>,
}

#[derive(Deserialize)]
struct Table {
    config: Map<String, Value>,
    betas: Vec<f64>,
    alphas_cumprod: Vec<f64>,
    sigmas: Vec<f64>,
}

fn sequence() -> Sequence {
    serde_json::from_str(fixture!("sequence")).unwrap()
}

fn cases(json: &str) -> Vec<Case> {
    serde_json::from_str(json).unwrap()
}

impl Sequence {
    fn tensor(&self, numbers: &[f32]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(numbers.to_vec(), self.shape), &Device::flex())
    }

    fn noise(&self, index: usize) -> Tensor<4> {
        self.tensor(&self.noise[index])
    }

    fn first_sample(&self, schedule: &Schedule) -> Tensor<4> {
        self.noise(self.noise.len() - 1).mul_scalar(schedule.init_noise_sigma())
    }

    fn step(&self, schedule: &Schedule, history: &mut History, index: usize, sample: Tensor<4>) -> Step {
        schedule.step(history, self.tensor(&self.model_outputs[index]), index, sample, || self.noise(index))
    }

    /// Where a run ends.
    fn result(&self, schedule: &Schedule) -> Vec<f32> {
        let mut history = History::default();
        let steps = 0..schedule.timesteps().len();
        let last = steps.fold(self.first_sample(schedule), |sample, index| {
            self.step(schedule, &mut history, index, sample).prev_sample
        });
        block_on(read(last))
    }
}

fn scheduler(config: &Value, class: &str) -> Scheduler {
    Scheduler::from_json(&config.to_string(), Some(class)).unwrap()
}

fn schedule(config: &Value, class: &str, num_inference_steps: usize) -> Schedule {
    scheduler(config, class).schedule(num_inference_steps).unwrap()
}

/// The schedule of a fixture's case.
fn schedule_of(config: &Map<String, Value>, class: &str, num_inference_steps: usize) -> Schedule {
    let mut config = config.clone();
    let eta = config.remove("eta");
    let schedule = schedule(&Value::from(config), class, num_inference_steps);
    match eta {
        Some(eta) => schedule.with_eta(eta.as_f64().unwrap()).unwrap(),
        None => schedule,
    }
}

/// `tolerance` is relative for what is larger than `unit`.
fn assert_near(what: &str, got: &[f64], expected: &[f64], tolerance: f64, unit: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: how many");
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        let limit = tolerance * expected.abs().max(unit);
        assert!((got - expected).abs() <= limit, "{what}: entry {index} is {got}, not {expected}");
    }
}

/// To 1e-4, or what an f32 as large as `largest`, which `got` was computed from, lets one know.
fn assert_tensor_near(what: &str, got: Tensor<4>, expected: &[f64], largest: f64) {
    let got: Vec<f64> = block_on(read(got)).into_iter().map(f64::from).collect();
    assert_near(what, &got, expected, 1e-4, 1.0_f64.max(largest * f64::from(f32::EPSILON) / 1e-4));
}

fn message(error: &Error, code: &str) -> String {
    assert_eq!(error.code(), code, "{error}");
    error.message().to_owned()
}

/// The message of a configuration that must be refused.
fn refused(config: &Value, class: &str) -> String {
    match Scheduler::from_json(&config.to_string(), Some(class)) {
        Err(error) => message(&error, "unsupported-model"),
        Ok(_) => panic!("{class} {config} is not refused"),
    }
}

#[test]
fn every_table_is_that_of_diffusers_entry_by_entry() {
    let tables: Vec<Table> = serde_json::from_str(fixture!("tables")).unwrap();
    for Table { config, betas, alphas_cumprod, sigmas } in tables {
        let config = Value::from(config);
        let got = scheduler(&config, "DDPMScheduler");
        assert_near(&format!("betas of {config}"), got.betas(), &betas, 1e-6, 1e-2);
        assert_near(&format!("alphas of {config}"), got.alphas_cumprod(), &alphas_cumprod, 1e-6, 1e-6);
        if !sigmas.is_empty() {
            let got = scheduler(&config, "EulerDiscreteScheduler").sigmas();
            assert_near(&format!("sigmas of {config}"), &got, &sigmas, 1e-6, 1e-2);
        }
    }
}

#[test]
fn timesteps_and_noise_levels_are_those_of_diffusers() {
    for (class, json) in TRAJECTORIES {
        for Case { config, runs } in cases(json) {
            for run in runs {
                let what = format!("{class} {config:?}, {} steps", run.num_inference_steps);
                let schedule = schedule_of(&config, class, run.num_inference_steps);
                assert_near(&format!("{what}: timesteps"), schedule.timesteps(), &run.timesteps, 1e-6, 1.0);
                assert_near(&format!("{what}: sigmas"), schedule.sigmas(), &run.sigmas, 1e-6, 1e-2);
                let sigma = [schedule.init_noise_sigma()];
                assert_near(&format!("{what}: first sigma"), &sigma, &[run.init_noise_sigma], 1e-6, 1.0);
            }
        }
    }
}

#[test]
fn timesteps_between_whole_numbers_are_rounded_as_by_numpy() {
    let cases: Vec<Spaced> = serde_json::from_str(fixture!("timesteps")).unwrap();
    for Spaced { class, config, num_inference_steps, timesteps } in cases {
        let what = format!("{class} {config:?}, {num_inference_steps} steps");
        let schedule = schedule_of(&config, &class, num_inference_steps);
        assert_near(&what, schedule.timesteps(), &timesteps, 1e-6, 1e-6);
    }
}

#[test]
fn every_trajectory_is_that_of_diffusers_step_by_step() {
    let sequence = sequence();
    for (class, json) in TRAJECTORIES {
        for Case { config, runs } in cases(json) {
            for run in runs {
                let what = format!("{class} {config:?}, {} steps", run.num_inference_steps);
                let schedule = schedule_of(&config, class, run.num_inference_steps);
                let steps = schedule.timesteps().len();
                let mut history = History::default();
                let mut sample = sequence.first_sample(&schedule);
                let mut largest = 0.0;
                for index in 0..steps {
                    if let Some(scaled) = run.scaled.get(index) {
                        let got = schedule.scale_model_input(sample.clone(), index);
                        assert_tensor_near(&format!("{what}: input {index}"), got, scaled, largest);
                    }
                    largest = f64::from(block_on(read(sample.clone().abs().max()))[0]);
                    let step = sequence.step(&schedule, &mut history, index, sample);
                    sample = step.prev_sample;
                    if let Some(picture) = run.pictures.get(index) {
                        assert_tensor_near(
                            &format!("{what}: picture {index}"),
                            step.pred_original_sample,
                            picture,
                            largest,
                        );
                    }
                    if let Some(at) = (index + run.samples.len()).checked_sub(steps) {
                        assert_tensor_near(
                            &format!("{what}: sample {index}"),
                            sample.clone(),
                            &run.samples[at],
                            largest,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn noise_is_added_to_a_picture_as_diffusers_does() {
    let sequence = sequence();
    for (class, json) in TRAJECTORIES {
        for Case { config, runs } in cases(json) {
            for run in runs {
                let schedule = schedule_of(&config, class, run.num_inference_steps);
                let middle = schedule.timesteps().len() / 2;
                let (original, noise) = (sequence.tensor(&sequence.original), sequence.noise(0));
                let got = schedule.add_noise(original, noise, middle);
                assert_tensor_near(&format!("{class} {config:?}"), got, &run.noisy, 1.0);
            }
        }
    }
}

#[test]
fn noise_may_be_added_at_any_timestep() {
    let sequence = sequence();
    let scheduler = scheduler(&json!({}), "EulerDiscreteScheduler");
    let noisy = |timestep| {
        let alpha = scheduler.alpha_cumprod(timestep);
        alpha.map(|alpha| add_noise(&sequence.original, &sequence.noise[0], alpha))
    };
    common::assert_close("timestep 0", "pixels", &noisy(0).unwrap(), &sequence.original, 0.05);
    common::assert_close("timestep 999", "pixels", &noisy(999).unwrap(), &sequence.noise[0], 0.05);
    assert!(message(&noisy(1000).unwrap_err(), "invalid-option").contains("from 0 to 999"));
}

#[test]
fn a_file_saved_by_diffusers_says_the_same_as_its_defaults() {
    let saved: Map<String, Value> = serde_json::from_str(fixture!("saved")).unwrap();
    assert_eq!(saved.len(), SchedulerKind::ALL.len());
    for (class, json) in saved {
        let json = json.as_str().unwrap();
        let read = Scheduler::from_json(json, None).unwrap();
        assert_eq!(read.kind().name(), class);
        assert_eq!(read, scheduler(&json!({}), &class));
        assert_eq!(read.warning(), None);
        // Each scheduler reads all keys of its own, and needs no other to know them.
        let keys: Map<String, Value> = serde_json::from_str(&json.replace("-Infinity", "-1e9")).unwrap();
        for key in keys.keys().filter(|key| !key.starts_with('_')) {
            let read = Scheduler::from_json(&json!({ key: { "wrong": [] } }).to_string(), Some(&class));
            let ignored = ["flow_shift", "time_shift_type"].contains(&key.as_str());
            assert_eq!(read.is_ok(), ignored, "{class} does not read {key}");
        }
    }
}

#[test]
fn any_class_reads_the_file_of_any_other() {
    let saved: Map<String, Value> = serde_json::from_str(fixture!("saved")).unwrap();
    for json in saved.values().filter_map(Value::as_str) {
        for kind in SchedulerKind::ALL {
            let read = Scheduler::from_json(json, Some(kind.name())).unwrap();
            assert_eq!(read.kind(), kind);
            assert_eq!(sequence().result(&read.schedule(5).unwrap()).len(), 8);
        }
    }
}

#[test]
fn the_logarithmic_variances_are_the_variances() {
    let config = |variance_type: &str| json!({ "variance_type": variance_type });
    for kind in ["fixed_small", "fixed_large"] {
        let plain = scheduler(&config(kind), "DDPMScheduler");
        assert_eq!(scheduler(&config(&format!("{kind}_log")), "DDPMScheduler"), plain);
    }
}

#[test]
fn an_unknown_class_is_refused_with_those_that_there_are() {
    let unknown =
        message(&Scheduler::from_json("{}", Some("HeunScheduler")).unwrap_err(), "unsupported-model");
    assert!(unknown.contains("HeunScheduler") && unknown.contains("LCMScheduler"), "{unknown}");
    let unnamed = message(&Scheduler::from_json("{}", None).unwrap_err(), "unsupported-model");
    assert!(unnamed.contains("DDIMScheduler"), "{unnamed}");
    for broken in
        ["", "[]", "{\"beta_start\": }", "{\"beta_end\": Infinity}", "\"", "{\"a\": \"\\\"-Infinity"]
    {
        let error = Scheduler::from_json(broken, Some("DDPMScheduler")).unwrap_err();
        assert!(message(&error, "unsupported-model").starts_with("scheduler_config.json"), "{error}");
    }
}

/// As diffusers does: it prints "… were passed to DDIMScheduler, but are not expected and will be ignored".
#[test]
fn unknown_keys_are_passed_over_and_named() {
    let strangers = json!({
        "scheduler_name": "DDPMScheduler", "use_beta_schedule": true, " trained_betas": null, "shift": 3.0,
        "beta_start ": 0.5, "timestep_spacings": [1], "prediction": { "type": "sample" },
    });
    for kind in SchedulerKind::ALL {
        let read = scheduler(&strangers, kind.name());
        assert_eq!(read, scheduler(&json!({}), kind.name()), "{}", kind.name());
        let warning = read.warning().expect("there is something to say");
        assert!(warning.starts_with("scheduler_config.json: ") && warning.contains(kind.name()), "{warning}");
        for key in ["use_beta_schedule", "shift", "beta_start ", "timestep_spacings", "prediction"] {
            assert!(warning.contains(&format!("{key:?}")), "{warning}");
        }
    }
}

/// A folder that was saved with another scheduler has keys of both, and diffusers says nothing of them.
#[test]
fn keys_of_other_schedulers_and_private_ones_are_passed_over_in_silence() {
    let cases = [
        (
            "PNDMScheduler",
            json!({ "rescale_betas_zero_snr": true, "clip_sample": true, "use_flow_sigmas": true }),
        ),
        ("DDIMScheduler", json!({ "skip_prk_steps": true, "use_karras_sigmas": true, "solver_order": 9 })),
        ("DDPMScheduler", json!({ "_anything": 1, "set_alpha_to_one": false, "timestep_scaling": "x" })),
        ("LCMScheduler", json!({ "shift_terminal": null, "tensor_format": "pt", "timesteps": [1] })),
    ];
    for (class, config) in cases {
        let read = scheduler(&config, class);
        assert_eq!(read.warning(), None, "{class} {config}");
        assert_eq!(read, scheduler(&json!({}), class));
    }
}

#[test]
fn a_value_that_is_not_supported_is_refused_by_name() {
    let all =
        ["DDPMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"];
    let cases = [
        (&all[..], "beta_schedule", json!("sigmoid")),
        (&all, "beta_start", json!(0)),
        (&all, "beta_end", json!("0.02")),
        (&all, "num_train_timesteps", json!(1)),
        (&all, "trained_betas", json!([0.1, 0.2])),
        (&all, "prediction_type", json!("flow_prediction")),
        (&all, "timestep_spacing", json!("leadin")),
        (&all, "steps_offset", json!(-1)),
        (&["PNDMScheduler", "EulerAncestralDiscreteScheduler"], "prediction_type", json!("sample")),
        (&["DDPMScheduler", "DPMSolverMultistepScheduler"], "variance_type", json!("learned_range")),
        (&["DDPMScheduler"], "clip_sample", json!(1)),
        (&["DDPMScheduler"], "predict_epsilon", json!(false)),
        (&["DDIMScheduler"], "dynamic_thresholding_ratio", json!(1.5)),
        (&all[1..], "use_exponential_sigmas", json!(true)),
        (&all[1..], "use_beta_sigmas", json!(true)),
        (&all[1..], "final_sigmas_type", json!("one")),
        (&all[2..], "use_flow_sigmas", json!(true)),
        (&all[2..], "solver_order", json!(4)),
        (&all[2..], "solver_type", json!("euler")),
        (&["EulerDiscreteScheduler"], "interpolation_type", json!("log_linear")),
        (&["EulerDiscreteScheduler"], "timestep_type", json!("sometimes")),
        (&["EulerDiscreteScheduler"], "sigma_min", json!(500.0)),
        (&["DPMSolverMultistepScheduler"], "algorithm_type", json!("dpmsolver")),
        (&["DPMSolverMultistepScheduler"], "lambda_min_clipped", json!("low")),
        (&["UniPCMultistepScheduler"], "predict_x0", json!(false)),
        (&["UniPCMultistepScheduler"], "solver_p", json!({})),
        (&["UniPCMultistepScheduler"], "shift_terminal", json!(0.1)),
        (&["UniPCMultistepScheduler"], "disable_corrector", json!(["first"])),
        (&["LCMScheduler"], "original_inference_steps", json!(1001)),
    ];
    for (classes, key, value) in cases {
        for class in classes {
            let message =
                refused(&json!({ key: value, "use_karras_sigmas": true, "sigma_max": 400.0 }), class);
            assert!(message.contains(key), "{class} {key} {value}: {message}");
        }
    }
    let clipped = scheduler(&json!({ "lambda_min_clipped": 50.0 }), "DPMSolverMultistepScheduler");
    let nothing = message(&clipped.schedule(9).unwrap_err(), "unsupported-model");
    assert!(nothing.contains("lambda_min_clipped"), "{nothing}");
    let all_noise = refused(&json!({ "beta_start": 0.9, "beta_end": 0.9 }), "DDPMScheduler");
    assert!(all_noise.contains("leave nothing"), "{all_noise}");
}

#[test]
fn a_number_of_steps_works_or_is_refused() {
    for kind in SchedulerKind::ALL {
        let scheduler = scheduler(&json!({ "skip_prk_steps": true }), kind.name());
        for bad in [0, 1001, 10_000, usize::MAX] {
            let message = message(&scheduler.schedule(bad).unwrap_err(), "invalid-option");
            assert!(message.contains(&format!("num_inference_steps is {bad}")), "{message}");
        }
        assert_eq!(scheduler.schedule(1).unwrap().timesteps().len(), 1);
        let most = if kind == SchedulerKind::Lcm { 50 } else { 1000 };
        assert!(scheduler.schedule(most).unwrap().timesteps().len() >= most);
    }
    let refused = |config: Value, class: &str, steps| {
        message(&scheduler(&config, class).schedule(steps).unwrap_err(), "invalid-option")
    };
    assert!(refused(json!({}), "PNDMScheduler", 3).contains("4 or more"));
    assert!(refused(json!({}), "LCMScheduler", 51).contains("from 1 to 50"));
    assert!(refused(json!({ "steps_offset": 1 }), "DDIMScheduler", 1000).contains("timestep 1000"));
    let leading = json!({ "timestep_spacing": "leading" });
    assert!(refused(leading, "UniPCMultistepScheduler", 1000).contains("at most 999"));
}

#[test]
fn a_model_that_predicts_the_noise_cannot_start_from_noise_alone() {
    let config = |prediction: &str, spacing: &str| {
        let zero_snr = "rescale_betas_zero_snr";
        json!({ zero_snr: true, "prediction_type": prediction, "timestep_spacing": spacing })
    };
    for class in ["DDPMScheduler", "DDIMScheduler"] {
        let blind = scheduler(&config("epsilon", "trailing"), class).schedule(10).unwrap_err();
        assert!(message(&blind, "unsupported-model").contains("rescale_betas_zero_snr"), "{blind}");
        for works in [config("epsilon", "leading"), config("v_prediction", "trailing")] {
            let schedule = schedule(&works, class, 10);
            assert!(sequence().result(&schedule).iter().all(|number| number.is_finite()));
        }
    }
}

#[test]
fn eta_is_an_option_of_ddim_alone_and_changes_what_comes() {
    let ddim = schedule(&json!({}), "DDIMScheduler", 10);
    let noisy = ddim.clone().with_eta(0.5).unwrap();
    assert_ne!(sequence().result(&ddim), sequence().result(&noisy));
    for bad in [-0.1, 1.1, f64::NAN] {
        assert!(message(&ddim.clone().with_eta(bad).unwrap_err(), "invalid-option").contains("0 to 1"));
    }
    let other = schedule(&json!({}), "DDPMScheduler", 10).with_eta(0.0).unwrap_err();
    assert!(message(&other, "invalid-option").contains("DDPMScheduler"));
}

#[test]
fn every_key_changes_what_comes() {
    let latent = json!({ "beta_schedule": "scaled_linear" });
    let keys = [
        ("DDPMScheduler", json!({ "num_train_timesteps": 500 })),
        ("DDPMScheduler", json!({ "beta_start": 0.001 })),
        ("DDPMScheduler", json!({ "beta_end": 0.01 })),
        ("DDPMScheduler", latent),
        ("DDPMScheduler", json!({ "trained_betas": vec![0.01; 1000] })),
        ("DDPMScheduler", json!({ "prediction_type": "v_prediction" })),
        ("DDPMScheduler", json!({ "timestep_spacing": "trailing" })),
        ("DDPMScheduler", json!({ "steps_offset": 2 })),
        ("DDPMScheduler", json!({ "variance_type": "fixed_large" })),
        ("DDPMScheduler", json!({ "clip_sample": false })),
        ("DDPMScheduler", json!({ "clip_sample_range": 0.5 })),
        ("DDPMScheduler", json!({ "thresholding": true, "sample_max_value": 2.0 })),
        ("DDPMScheduler", json!({ "rescale_betas_zero_snr": true })),
        ("DDIMScheduler", json!({ "set_alpha_to_one": false })),
        ("PNDMScheduler", json!({ "skip_prk_steps": true })),
        ("EulerDiscreteScheduler", json!({ "use_karras_sigmas": true })),
        ("EulerDiscreteScheduler", json!({ "final_sigmas_type": "sigma_min" })),
        ("DPMSolverMultistepScheduler", json!({ "use_lu_lambdas": true })),
        ("DPMSolverMultistepScheduler", json!({ "solver_order": 3 })),
        ("DPMSolverMultistepScheduler", json!({ "solver_type": "heun" })),
        ("DPMSolverMultistepScheduler", json!({ "algorithm_type": "sde-dpmsolver++" })),
        ("DPMSolverMultistepScheduler", json!({ "lambda_min_clipped": -2.0 })),
        ("UniPCMultistepScheduler", json!({ "solver_type": "bh1" })),
        ("UniPCMultistepScheduler", json!({ "disable_corrector": [2] })),
        ("UniPCMultistepScheduler", json!({ "solver_order": 3 })),
        ("LCMScheduler", json!({ "original_inference_steps": 30 })),
        ("LCMScheduler", json!({ "timestep_scaling": 0.001 })),
    ];
    let result = |config: &Value, class: &str| sequence().result(&schedule(config, class, 10));
    for (class, config) in keys {
        assert_ne!(result(&json!({}), class), result(&config, class), "{class} {config}");
    }
    let sigma_min = |more: Value| {
        let mut config = json!({ "final_sigmas_type": "sigma_min", "solver_order": 3 });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        result(&config, "DPMSolverMultistepScheduler")
    };
    assert_ne!(sigma_min(json!({})), sigma_min(json!({ "lower_order_final": false })));
    let full = json!({ "lower_order_final": false, "euler_at_final": true });
    assert_ne!(sigma_min(json!({ "lower_order_final": false })), sigma_min(full));
    let thresholded = |ratio: f64| {
        let key = "dynamic_thresholding_ratio";
        json!({ "thresholding": true, "sample_max_value": 9.0, key: ratio })
    };
    assert_ne!(result(&thresholded(0.9), "DDIMScheduler"), result(&thresholded(0.5), "DDIMScheduler"));
    let karras = |limits: Value| {
        let mut config = json!({ "use_karras_sigmas": true });
        config.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        result(&config, "EulerDiscreteScheduler")
    };
    assert_ne!(karras(json!({})), karras(json!({ "sigma_min": 0.1 })));
    assert_ne!(karras(json!({})), karras(json!({ "sigma_max": 10.0 })));
}

#[test]
fn noise_is_asked_for_only_when_a_step_adds_some() {
    let draws = |class: &str, config: Value, eta: Option<f64>| {
        let schedule = schedule(&config, class, 6);
        let schedule = eta.map_or(schedule.clone(), |eta| schedule.clone().with_eta(eta).unwrap());
        let (sequence, mut history) = (sequence(), History::default());
        let mut sample = sequence.first_sample(&schedule);
        let mut draws = Vec::new();
        for index in 0..schedule.timesteps().len() {
            let output = sequence.tensor(&sequence.model_outputs[index]);
            let step = schedule.step(&mut history, output, index, sample, || {
                draws.push(index);
                sequence.noise(index)
            });
            sample = step.prev_sample;
        }
        draws
    };
    let but_last = vec![0, 1, 2, 3, 4];
    assert_eq!(draws("DDPMScheduler", json!({}), None), but_last);
    assert_eq!(draws("DDPMScheduler", json!({ "steps_offset": 1 }), None), [0, 1, 2, 3, 4, 5]);
    assert_eq!(draws("DDIMScheduler", json!({}), Some(1.0)), [0, 1, 2, 3, 4, 5]);
    assert_eq!(draws("EulerAncestralDiscreteScheduler", json!({}), None), but_last);
    assert_eq!(draws("LCMScheduler", json!({}), None), but_last);
    let sde = json!({ "algorithm_type": "sde-dpmsolver++" });
    assert_eq!(draws("DPMSolverMultistepScheduler", sde, None), but_last);
    let none: [usize; 0] = [];
    for class in [
        "DDIMScheduler",
        "PNDMScheduler",
        "EulerDiscreteScheduler",
        "DPMSolverMultistepScheduler",
        "UniPCMultistepScheduler",
    ] {
        assert_eq!(draws(class, json!({}), None), none, "{class}");
    }
}

#[test]
fn a_copied_history_is_a_way_back() {
    let sequence = sequence();
    for kind in SchedulerKind::ALL {
        let schedule = schedule(&json!({}), kind.name(), 8);
        let mut history = History::default();
        let mut sample = sequence.first_sample(&schedule);
        for index in 0..5 {
            sample = sequence.step(&schedule, &mut history, index, sample).prev_sample;
        }
        let go_on = |mut history: History| {
            let step = sequence.step(&schedule, &mut history, 5, sample.clone());
            block_on(read(step.prev_sample))
        };
        assert_eq!(go_on(history.clone()), go_on(history.clone()), "{}", kind.name());
    }
}

#[test]
fn a_run_may_begin_at_any_step_and_ends_with_numbers() {
    let sequence = sequence();
    for kind in SchedulerKind::ALL {
        for begin in 0..20 {
            let config = json!({ "skip_prk_steps": true });
            let schedule = schedule(&config, kind.name(), 20);
            let mut history = History::default();
            let mut sample =
                schedule.add_noise(sequence.tensor(&sequence.original), sequence.noise(0), begin);
            for index in begin..schedule.timesteps().len() {
                sample = sequence.step(&schedule, &mut history, index, sample).prev_sample;
            }
            let numbers = block_on(read(sample));
            assert!(numbers.iter().all(|number| number.is_finite()), "{} from {begin}", kind.name());
        }
    }
}

/// A model that sees through any noise: its output says exactly what the picture is.
fn seeing(schedule: &Schedule, sample: &Tensor<4>, picture: &Tensor<4>, step_index: usize) -> Tensor<4> {
    // add_noise is linear, so two calls give its two factors.
    let one = Tensor::ones([1, 1, 1, 1], &sample.device());
    let factor = |x: f64, y: f64| {
        let tensor = schedule.add_noise(one.clone().mul_scalar(x), one.clone().mul_scalar(y), step_index);
        block_on(read(tensor))[0]
    };
    (sample.clone() - picture.clone().mul_scalar(factor(1.0, 0.0))).div_scalar(factor(0.0, 1.0))
}

#[test]
fn every_scheduler_finds_the_picture_that_a_perfect_model_sees() {
    let sequence = sequence();
    let picture = sequence.tensor(&sequence.original);
    for kind in SchedulerKind::ALL {
        for (steps, config) in
            [(4, json!({ "skip_prk_steps": true })), (30, json!({ "timestep_spacing": "trailing" }))]
        {
            let schedule = schedule(&config, kind.name(), steps);
            let mut history = History::default();
            let mut sample = sequence.first_sample(&schedule);
            for index in 0..schedule.timesteps().len() {
                let output = seeing(&schedule, &sample, &picture, index);
                let noise = || sequence.noise(index);
                sample = schedule.step(&mut history, output, index, sample, noise).prev_sample;
            }
            let found = block_on(read(sample));
            common::assert_close(kind.name(), "pixels", &found, &sequence.original, 0.05);
        }
    }
}

#[test]
fn a_class_has_one_name() {
    for kind in SchedulerKind::ALL {
        assert_eq!(SchedulerKind::named(kind.name()), Ok(kind));
    }
    assert_eq!(scheduler(&json!({ "clip_sample": false }), "DDPMScheduler").config().clip, Clip::Off);
}

/// PyTorch's quantile.
fn quantile(values: &[f32], ratio: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|value| f64::from(value.abs())).collect();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss)]
    let position = ratio * (sorted.len() - 1) as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = position as usize;
    let next = sorted[(below + 1).min(sorted.len() - 1)];
    sorted[below] + (next - sorted[below]) * position.fract()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn thresholding_divides_by_the_quantile_of_each_picture(
        values in prop::collection::vec(prop_oneof![Just(0.0_f32), Just(2.5), -4.0_f32..4.0, -1e-3_f32..1e-3], 24),
        ratio in prop_oneof![Just(0.0), Just(1.0), Just(0.995), 0.0..1.0_f64],
        max in 1.0..5.0_f64,
    ) {
        let picture = Tensor::from_data(TensorData::new(values.clone(), [2, 3, 2, 2]), &Device::flex());
        let got = block_on(read(threshold(picture, ratio, max)));
        for (values, got) in values.chunks(12).zip(got.chunks(12)) {
            let scale = quantile(values, ratio).clamp(1.0, max);
            for (value, got) in values.iter().zip(got) {
                let expected = (f64::from(*value) / scale).clamp(-1.0, 1.0);
                prop_assert!((f64::from(*got) - expected).abs() < 1e-5, "{} is {}, not {}", value, got, expected);
            }
        }
    }

    #[test]
    fn no_order_of_steps_makes_a_history_panic(
        kind in prop::sample::select(SchedulerKind::ALL.to_vec()),
        skip in any::<bool>(),
        order in prop::collection::vec(0_usize..7, 0..20),
    ) {
        let config = json!({ "skip_prk_steps": skip, "solver_order": 3 });
        let (sequence, schedule) = (sequence(), schedule(&config, kind.name(), 7));
        let mut history = History::default();
        let mut sample = sequence.first_sample(&schedule);
        for index in order {
            sample = sequence.step(&schedule, &mut history, index, sample).prev_sample;
        }
        prop_assert!(block_on(read(sample)).iter().all(|number| !number.is_nan()));
    }

    #[test]
    fn no_number_of_steps_gives_timesteps_that_the_model_does_not_know(
        kind in prop::sample::select(SchedulerKind::ALL.to_vec()),
        spacing in prop::sample::select(vec!["leading", "trailing", "linspace"]),
        schedule in prop::sample::select(vec!["linear", "scaled_linear", "squaredcos_cap_v2"]),
        karras in any::<bool>(),
        train in 2_usize..400,
        steps in 1_usize..400,
    ) {
        let config = json!({
            "timestep_spacing": spacing, "beta_schedule": schedule, "use_karras_sigmas": karras,
            "num_train_timesteps": train, "original_inference_steps": train.min(50),
        });
        if let Ok(schedule) = scheduler(&config, kind.name()).schedule(steps) {
            let timesteps = schedule.timesteps();
            #[allow(clippy::cast_precision_loss)]
            let last = (train - 1) as f64;
            prop_assert!(timesteps.iter().all(|timestep| (0.0..=last).contains(timestep)), "{:?}", timesteps);
            let descends = |numbers: &[f64]| numbers.windows(2).all(|pair| pair[0] >= pair[1]);
            prop_assert!(kind == SchedulerKind::Pndm || descends(timesteps), "{:?}", timesteps);
            prop_assert!(descends(schedule.sigmas()) && schedule.sigmas().iter().all(|sigma| sigma.is_finite()));
            prop_assert!(timesteps.len() >= steps && schedule.init_noise_sigma().is_finite());
        } else {
            let may_refuse =
                [SchedulerKind::Pndm, SchedulerKind::Lcm, SchedulerKind::DpmSolver, SchedulerKind::UniPc];
            prop_assert!(steps > train || may_refuse.contains(&kind));
        }
    }
}
