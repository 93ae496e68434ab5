//! How a GAN is trained: the options of a training, all of which but the seed can be changed while it runs.

use serde_json::{Value, json};

use super::loss::Loss;
use crate::error::Result;
use crate::options::Options;

/// The most pictures of a batch.
const MAX_BATCH_SIZE: u64 = 1024;

/// What moves the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimizer {
    /// [`adam`](crate::kernels::adam).
    Adam,
    /// Stochastic gradient descent, without momentum.
    Sgd,
}

impl Optimizer {
    const ALL: [(&'static str, Self); 2] = [("Adam", Self::Adam), ("SGD", Self::Sgd)];
}

/// The options of a training. The defaults are those of the article that Hearth grew from.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Real pictures of a step, and generated ones.
    pub batch_size: usize,
    /// Of both networks.
    pub learning_rate: f64,
    /// Adam's, see [`AdamStep`](crate::kernels::AdamStep).
    pub betas: [f64; 2],
    /// Steps of the discriminator for each of the generator.
    pub discriminator_steps: usize,
    /// What [`Loss::Bce`] takes off the ones that real pictures should get.
    pub label_smoothing: f64,
    /// The share of the discriminator's fakes, rounded down, that are real pictures with the label of another class. It learns to
    /// look at the label from them (Reed et al., 2016). Without classes there are none.
    pub mismatched_labels: f64,
    /// What moves the parameters.
    pub optimizer: Optimizer,
    /// What both learn from.
    pub loss: Loss,
    /// How far from zero the discriminator's parameters may be with [`Loss::Wasserstein`].
    pub weight_clip: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_size: 64,
            learning_rate: 2e-4,
            betas: [0.9, 0.999],
            discriminator_steps: 1,
            label_smoothing: 0.0,
            mismatched_labels: 0.0,
            optimizer: Optimizer::Adam,
            loss: Loss::Bce,
            weight_clip: 0.01,
        }
    }
}

impl Settings {
    /// The same with the options that a caller gave:
    ///
    /// - `batch_size`: 1 to 1024.
    /// - `learning_rate`: above 0 and up to 1.
    /// - `betas`: two numbers from 0 to below 1.
    /// - `discriminator_steps`: 1 to 100.
    /// - `label_smoothing`: 0 to 1.
    /// - `mismatched_labels`: 0 to 0.9.
    /// - `optimizer`: `Adam` or `SGD`.
    /// - `loss`: `bce`, `hinge` or `wasserstein`.
    /// - `weight_clip`: above 0 and up to 1.
    ///
    /// # Errors
    /// `invalid-option`, naming it.
    #[allow(clippy::cast_possible_truncation)] // at most a thousand
    pub fn with(mut self, options: &mut Options) -> Result<Self> {
        fn set<T>(to: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *to = given;
            }
        }
        set(
            &mut self.batch_size,
            options.integer("batch_size", 1..=MAX_BATCH_SIZE)?.map(|size| size as usize),
        );
        set(&mut self.learning_rate, options.number_above("learning_rate", 0.0..=1.0)?);
        set(&mut self.betas, options.parsed("betas", "two numbers from 0 to below 1", betas)?);
        let steps = options.integer("discriminator_steps", 1..=100)?;
        set(&mut self.discriminator_steps, steps.map(|steps| steps as usize));
        set(&mut self.label_smoothing, options.number("label_smoothing", 0.0..=1.0)?);
        set(&mut self.mismatched_labels, options.number("mismatched_labels", 0.0..=0.9)?);
        set(&mut self.optimizer, named(options, "optimizer", &Optimizer::ALL)?);
        set(&mut self.loss, named(options, "loss", &Loss::ALL)?);
        set(&mut self.weight_clip, options.number_above("weight_clip", 0.0..=1.0)?);
        Ok(self)
    }

    /// How many of the discriminator's `batch` fakes are real pictures with the label of another class.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most a thousand
    pub fn mismatched(&self, batch: usize, num_classes: usize) -> usize {
        if num_classes < 2 { 0 } else { (self.mismatched_labels * batch as f64) as usize }
    }

    /// All of them as JSON, under the options' names.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "betas": self.betas,
            "discriminator_steps": self.discriminator_steps,
            "label_smoothing": self.label_smoothing,
            "mismatched_labels": self.mismatched_labels,
            "optimizer": name_of(&Optimizer::ALL, self.optimizer),
            "loss": name_of(&Loss::ALL, self.loss),
            "weight_clip": self.weight_clip,
        })
    }
}

fn betas(value: &Value) -> Option<[f64; 2]> {
    let numbers: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    numbers.try_into().ok().filter(|betas: &[f64; 2]| betas.iter().all(|beta| (0.0..1.0).contains(beta)))
}

/// Takes an option that is one of some names.
fn named<T: Copy>(options: &mut Options, name: &'static str, all: &[(&'static str, T)]) -> Result<Option<T>> {
    let names: Vec<String> = all.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    options.parsed(name, &names.join(" or "), |value| {
        all.iter().find(|(name, _)| value == name).map(|(_, chosen)| *chosen)
    })
}

fn name_of<T: Copy + PartialEq>(all: &[(&'static str, T)], chosen: T) -> &'static str {
    all.iter().find(|(_, one)| *one == chosen).map_or("", |(name, _)| name)
}
