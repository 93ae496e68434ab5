//! The trainings that `training/fixtures_gan_training.py` makes, and how they are compared with PyTorch.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use hearth::error::Result;
use hearth::gan::train::{Batch, Report, Training};
use hearth::weights::{Header, Reader, Sink, TensorInfo};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{assert_close, options_of};

/// A small GAN, what it begins with, and what became of it in each run.
pub struct Trained {
    pub config: &'static str,
    begin: &'static [u8],
    runs: &'static str,
    ends: &'static [(&'static str, &'static [u8])],
}

macro_rules! bytes {
    ($folder:literal, $name:literal) => {
        include_bytes!(concat!("../fixtures/gan-training/", $folder, "/", $name, ".safetensors"))
    };
}

macro_rules! trained {
    ($folder:literal) => {
        trained!($folder, "bce-adam", "hinge-adam", "wasserstein-adam", "bce-sgd", "hinge-sgd", "wasserstein-sgd", "betas", "mismatched")
    };
    ($folder:literal, $($run:literal),*) => {
        Trained {
            config: include_str!(concat!("../fixtures/gan-training/", $folder, "/config.json")),
            begin: bytes!($folder, "begin"),
            runs: include_str!(concat!("../fixtures/gan-training/", $folder, "/runs.json")),
            ends: &[$(($run, bytes!($folder, $run) as &[u8])),*],
        }
    };
}

/// With classes, and without.
pub const TRAINED: [Trained; 2] = [trained!("classes"), trained!("plain")];

/// The tensors of a file, with their shapes.
#[derive(Default)]
pub struct Tensors(pub BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Sink for Tensors {
    fn header(&mut self, _: &Header) -> Result<()> {
        Ok(())
    }

    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()> {
        self.0.insert(info.name.clone(), (info.shape.clone(), values));
        Ok(())
    }
}

impl Tensors {
    /// Reads a whole file.
    pub fn of(bytes: &[u8]) -> Self {
        let (mut reader, mut tensors) = (Reader::new(None), Self::default());
        reader.push(bytes, &mut tensors).and_then(|()| reader.finish()).expect("a safetensors file");
        tensors
    }

    /// Row `index` of the outermost dimension of a tensor of three.
    fn matrix(&self, name: &str, index: usize, device: &Device) -> Tensor<2> {
        let (shape, values) = &self.0[name];
        let (rows, width) = (shape[1], shape[2]);
        let values = values[index * rows * width..(index + 1) * rows * width].to_vec();
        Tensor::from_data(TensorData::new(values, [rows, width]), device)
    }
}

#[derive(Deserialize)]
struct Run {
    options: Map<String, Value>,
    /// How many pictures of each batch get a wrong class.
    mismatched: usize,
    reports: Vec<[f64; 4]>,
}

impl Trained {
    /// A training of this GAN that has its data and its parameters.
    pub fn training(&self, options: &Map<String, Value>, device: &Device) -> Training {
        let mut training = Training::new(self.config, device).expect("a model that can be trained");
        let pixels = training.config().pixels();
        let labels = (training.config().num_classes > 0).then(|| vec![0, 1, 2]);
        let size = training.config().image_size;
        training.set_data(vec![0; 3 * pixels], labels, [size, size]).expect("pictures of its size");
        training.open(self.begin, 0).expect("its parameters");
        training.change(options_of(options)).expect("options that there are");
        training
    }

    /// What the steps of a run learn from.
    fn batches(&self, mismatched: usize, device: &Device) -> Vec<Batch> {
        let begin = Tensors::of(self.begin);
        let has_classes = begin.0.contains_key("class_weights");
        let batch = |index| Batch {
            real: begin.matrix("real", index, device),
            class_weights: has_classes.then(|| begin.matrix("class_weights", index, device)),
            latents: begin.matrix("latents", index, device),
            mismatched_weights: (has_classes && mismatched > 0)
                .then(|| begin.matrix("other_class_weights", index, device).narrow(0, 0, mismatched)),
        };
        (0..begin.0["real"].0[0]).map(batch).collect()
    }

    /// Every run reports PyTorch's losses and ends with PyTorch's parameters.
    pub async fn assert_learns_as_pytorch(&self, device: &Device) {
        let runs: BTreeMap<String, Run> = serde_json::from_str(self.runs).expect("the runs");
        assert_eq!(runs.len(), self.ends.len(), "every run is compared");
        for (name, end) in self.ends {
            let run = &runs[*name];
            let mut training = self.training(&run.options, device);
            let steps = run.options.get("discriminator_steps").and_then(Value::as_u64).unwrap_or(1);
            let batches = self.batches(run.mismatched, device);
            let mut batches = batches.chunks(usize::try_from(steps).expect("a few"));
            for (index, expected) in run.reports.iter().enumerate() {
                let batches = batches.next().expect("a batch for each step");
                let reports = training.step_on(batches).await.expect("a step");
                let [Report { d_loss, g_loss, d_real, d_fake }] = reports[..] else {
                    panic!("one report a step")
                };
                for (got, expected) in [d_loss, g_loss, d_real, d_fake].iter().zip(expected) {
                    assert!((got - expected).abs() < 1e-4, "{name}, step {index}: {got}, PyTorch {expected}");
                }
            }
            let saved = Tensors::of(&training.save().await.expect("the file"));
            for (key, (shape, expected)) in Tensors::of(end).0 {
                let (got_shape, got) = &saved.0[&key];
                assert_eq!(*got_shape, shape, "{name}: {key}");
                assert_close(name, &key, got, &expected, 1e-4);
            }
        }
    }
}
