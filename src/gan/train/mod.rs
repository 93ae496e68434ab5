//! The training of a GAN, step by step: the discriminator learns to tell real pictures from generated ones, and the generator
//! to make it wrong.
//!
//! ```text
//! real pictures ──────────────┐
//! noise ► generator ► pictures ┴► discriminator ► logits ► loss ► gradients ► the discriminator's step
//! noise ► generator ► pictures ─► discriminator ► logits ► loss ► gradients ► the generator's step
//! ```
//!
//! Everything random comes from the seed and the step's number, so that a training that was saved and opened goes on as if
//! it had not been stopped.

mod data;
mod loss;
mod network;
mod saved;
mod settings;

use burn::tensor::{Device, Tensor, TensorData, Transaction};
use serde_json::{Value, json};

use super::model::Config;
use super::one_hot;
use crate::error::{Error, Result};
use crate::kernels::{Activation, AdamStep, adam};
use crate::options::{OptionValue, Options};
use crate::readback;
use crate::rng::{Purpose, Rng};
use data::Data;
pub use loss::Loss;
use loss::mean;
use network::{Network, Pass};
use saved::Progress;
pub use settings::{Optimizer, Settings};

/// Pictures that are made of the same noise again and again, to see how they change.
pub const SAMPLES: usize = 40;

const EPSILON: f64 = 1e-8;

/// What a step of the discriminator learns from.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Real pictures `[batch, pixels]` in [-1, 1].
    pub real: Tensor<2>,
    /// Their classes' rows `[batch, num_classes]`, which the generated pictures share, for models with classes.
    pub class_weights: Option<Tensor<2>>,
    /// Noise `[batch, latent_dim]` for as many generated ones.
    pub latents: Tensor<2>,
    /// Rows of other classes `[mismatched, num_classes]`: the first real pictures come again with these, as fakes, in place of as
    /// many generated ones.
    pub mismatched_weights: Option<Tensor<2>>,
}

impl Batch {
    /// How many of the fakes are real pictures with the labels of other classes.
    fn mismatched(&self) -> usize {
        self.mismatched_weights.as_ref().map_or(0, |rows| rows.dims()[0])
    }

    /// What the discriminator judges: the real pictures, then as many fakes; and the class that each is said to have.
    fn judged(&self, generated: Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>) {
        let both = |real: &Tensor<2>, fake| Tensor::cat(vec![real.clone(), fake], 0);
        let Some(classes) = &self.class_weights else { return (both(&self.real, generated), None) };
        let (mut fakes, mut said) = (generated, classes.clone());
        if let Some(others) = &self.mismatched_weights {
            let ([batch, _], mismatched) = (said.dims(), self.mismatched());
            let rest = |rows: Tensor<2>| rows.narrow(0, mismatched, batch - mismatched);
            fakes = both(&self.real.clone().narrow(0, 0, mismatched), rest(fakes));
            said = both(others, rest(said));
        }
        (both(&self.real, fakes), Some(both(classes, said)))
    }
}

/// The discriminator's logits in its last step and the generator's: of the real pictures, of the fakes, and of the generated ones
/// again; `[3 · batch, 1]`. The first `mismatched` fakes are real pictures.
#[derive(Debug)]
struct Judged {
    logits: Tensor<2>,
    mismatched: usize,
}

/// What is reported of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// The discriminator's loss, before its last step.
    pub d_loss: f64,
    /// The generator's loss, before its step.
    pub g_loss: f64,
    /// What the discriminator thought of the real pictures, in the mean.
    pub d_real: f64,
    /// And of the generated ones. Real pictures with the labels of other classes do not count, though they are fakes too.
    pub d_fake: f64,
}

/// The two networks and where their training is.
#[derive(Debug, Clone)]
struct State {
    generator: Network,
    discriminator: Network,
    progress: Progress,
}

/// A GAN that is trained.
#[derive(Debug)]
pub struct Training {
    config: Config,
    device: Device,
    data: Option<Data>,
    settings: Settings,
    state: Option<State>,
    /// The last state from which a step has given finite numbers.
    good: Option<State>,
    /// The discriminator's verdicts on the last batch: real pictures, generated ones.
    verdicts: [Vec<f32>; 2],
}

impl Training {
    /// A training of the model that `config_json` describes.
    ///
    /// # Errors
    /// `unsupported-model`.
    pub fn new(config_json: &str, device: &Device) -> Result<Self> {
        let config = Config::from_json(config_json)?;
        if config.negative_slope < 0.0 {
            let what = format!("negative_slope is {}; from 0 on, it can be trained", config.negative_slope);
            return Err(Error::UnsupportedModel(what));
        }
        let (data, settings) = (None, Settings::default());
        Ok(Self {
            config,
            device: device.clone(),
            data,
            settings,
            state: None,
            good: None,
            verdicts: Default::default(),
        })
    }

    /// The model's configuration. Without labels in the data it has no classes.
    #[must_use]
    pub fn config(&self) -> Config {
        let has_labels = self.data.as_ref().is_none_or(Data::has_labels);
        let mut config = self.config.clone();
        if !has_labels {
            (config.num_classes, config.class_embedding_dim) = (0, 0);
        }
        config
    }

    /// Sets the real pictures: bytes `[count, height, width]` and classes `[count]`. What was learnt from others is given up.
    ///
    /// # Errors
    /// `data-invalid`.
    pub fn set_data(&mut self, pixels: Vec<u8>, labels: Option<Vec<u8>>, size: [usize; 2]) -> Result<()> {
        let labels = labels.filter(|_| self.config.num_classes > 0);
        self.data = Some(Data::new(pixels, labels, size, &self.config)?);
        (self.state, self.good) = (None, None);
        Ok(())
    }

    /// Begins anew, with parameters drawn from the seed. Takes the options of [`Settings::with`] and `seed`.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn start(&mut self, mut options: Options, random_seed: u64) -> Result<()> {
        let seed = options.seed(random_seed)?;
        let settings = Settings::default().with(&mut options)?;
        options.finish()?;
        self.settings = settings;
        self.begin(seed);
        Ok(())
    }

    fn begin(&mut self, seed: u64) {
        let config = self.config();
        let classes = (config.num_classes > 0).then_some([config.num_classes, config.class_embedding_dim]);
        #[allow(clippy::cast_possible_truncation)] // a slope needs no more digits
        let leaky = Activation::LeakyRelu(config.negative_slope as f32);
        let network = |sizes: &[usize], activations, index| {
            Network::random(sizes, classes, activations, (seed, index), &self.device)
        };
        let state = State {
            generator: network(&config.generator_sizes(), [Activation::Relu, Activation::Tanh], 0),
            discriminator: network(&config.discriminator_sizes(), [leaky, Activation::Identity], 1),
            progress: Progress { seed, ..Progress::default() },
        };
        (self.good, self.state) = (None, Some(state));
        self.verdicts = Default::default();
    }

    /// Changes options while the training is under way.
    ///
    /// # Errors
    /// `invalid-option`; then nothing has changed.
    pub fn change(&mut self, mut options: Options) -> Result<()> {
        let settings = self.settings.clone().with(&mut options)?;
        options.finish()?;
        self.settings = settings;
        Ok(())
    }

    /// All options in force.
    #[must_use]
    pub fn options(&self) -> Value {
        let mut options = self.settings.to_json();
        if let Some(state) = &self.state {
            options["seed"] = json!(state.progress.seed);
        }
        options
    }

    /// Steps done.
    #[must_use]
    pub fn step_index(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.progress.step_index)
    }

    /// Makes so many steps.
    ///
    /// # Errors
    /// `training-diverged` when a loss is no number: then the training is where it last gave finite ones. `device-lost`.
    pub async fn advance(&mut self, steps: usize) -> Result<Vec<Report>> {
        let (Some(data), Some(state)) = (&mut self.data, &mut self.state) else {
            return Err(Error::InvalidOption(
                "a training needs data and a start before its steps".to_owned(),
            ));
        };
        let before = state.kept();
        let mut judged = Vec::new();
        for _ in 0..steps {
            let batches = state.draw(data, &self.settings, &self.config, &self.device);
            judged.push(state.step(&batches, &self.settings));
        }
        self.reports(before, judged).await
    }

    /// A step with batches of the caller's, one for each step of the discriminator.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn step_on(&mut self, batches: &[Batch]) -> Result<Vec<Report>> {
        let Some(state) = &mut self.state else {
            return Err(Error::InvalidOption("a training needs a start before its steps".to_owned()));
        };
        let before = state.kept();
        let judged = vec![state.step(batches, &self.settings)];
        self.reports(before, judged).await
    }

    /// Reads what was `judged` in steps that began `before`.
    async fn reports(&mut self, before: State, judged: Vec<Judged>) -> Result<Vec<Report>> {
        if judged.is_empty() {
            return Ok(Vec::new());
        }
        let steps: Vec<[usize; 2]> =
            judged.iter().map(|step| [step.logits.dims()[0], step.mismatched]).collect();
        let all = Tensor::cat(judged.into_iter().map(|step| step.logits).collect(), 0);
        let logits = match readback::read(Transaction::default().register(all)).await {
            Ok(mut read) => read.pop().unwrap_or_default(),
            Err(Error::WeightsInvalid(_)) => {
                let at = before.progress.step_index;
                self.state = Some(self.good.as_ref().unwrap_or(&before).kept());
                return Err(Error::TrainingDiverged(format!(
                    "after step {at} the networks give NaN or infinity: the learning rate may be too large. The training is back at step {}",
                    self.step_index()
                )));
            }
            Err(error) => return Err(error),
        };
        self.good = Some(before);
        let mut rest = logits.as_slice();
        let reports = steps.into_iter().map(|[rows, mismatched]| {
            let (logits, others) = rest.split_at(rows);
            rest = others;
            self.report(logits, mismatched)
        });
        Ok(reports.collect())
    }

    /// What a step's [`Judged`] says.
    fn report(&mut self, logits: &[f32], mismatched: usize) -> Report {
        let Settings { loss, label_smoothing, .. } = self.settings;
        let batch = logits.len() / 3;
        let [real, fake, fooled] = [0, 1, 2].map(|part| &logits[part * batch..][..batch]);
        self.verdicts =
            [real, &fake[mismatched..]].map(|part| part.iter().map(|logit| loss.verdict(*logit)).collect());
        let [d_real, d_fake] = self.verdicts.each_ref().map(|verdicts| mean(verdicts, |verdict| verdict));
        Report {
            d_loss: loss.discriminator(real, fake, label_smoothing),
            g_loss: loss.generator(fooled),
            d_real,
            d_fake,
        }
    }

    /// The discriminator's verdicts on each picture of the last batch: of the real ones, and of the generated.
    #[must_use]
    pub fn verdicts(&self) -> [&[f32]; 2] {
        self.verdicts.each_ref().map(Vec::as_slice)
    }

    /// [`SAMPLES`] pictures, always of the same noise: pixels in [-1, 1], and the discriminator's verdict on each.
    ///
    /// # Errors
    /// `device-lost`, `training-diverged`.
    pub async fn samples(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let Some(state) = &self.state else {
            return Err(Error::InvalidOption("a training needs a start before its pictures".to_owned()));
        };
        let config = self.config();
        let mut rng = Rng::new(state.progress.seed, Purpose::Latents);
        let noise = noise(&mut rng, [SAMPLES, config.latent_dim], &self.device);
        #[allow(clippy::cast_possible_truncation)] // there are few
        let labels: Vec<u8> = (0..SAMPLES).map(|index| (index % config.num_classes.max(1)) as u8).collect();
        let classes = class_weights(Some(&labels), &config, &self.device);
        let pictures = state.generator.forward(noise, classes.as_ref()).output();
        let logits = state.discriminator.forward(pictures.clone(), classes.as_ref()).output();
        let read = readback::read(Transaction::default().register(pictures).register(logits)).await;
        let [pixels, logits] = <[Vec<f32>; 2]>::try_from(read.map_err(diverged)?)
            .map_err(|_| Error::Internal("the device did not give back both tensors".to_owned()))?;
        Ok((pixels, logits.into_iter().map(|logit| self.settings.loss.verdict(logit)).collect()))
    }

    /// The training as a safetensors file, which PyTorch and Hearth's other pipelines can read too.
    ///
    /// # Errors
    /// `device-lost`, `training-diverged`.
    pub async fn save(&self) -> Result<Vec<u8>> {
        let Some(State { generator, discriminator, progress }) = &self.state else {
            return Err(Error::InvalidOption("a training needs a start before it is saved".to_owned()));
        };
        let options = self.settings.to_json().as_object().cloned().unwrap_or_default();
        let progress = Progress { options, ..progress.clone() };
        saved::save([generator, discriminator], &progress).await.map_err(diverged)
    }

    /// Goes on from what [`Self::save`] gave, or from the weights of any GAN of this shape.
    ///
    /// # Errors
    /// `weights-invalid`, `weights-truncated`, `weights-mismatch`; then nothing has changed.
    pub fn open(&mut self, bytes: &[u8], random_seed: u64) -> Result<()> {
        let (state, settings, good) = (self.state.take(), self.settings.clone(), self.good.take());
        self.begin(random_seed);
        let opened = self.fill(bytes);
        if opened.is_err() {
            (self.state, self.settings, self.good) = (state, settings, good);
        }
        opened
    }

    fn fill(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(state) = &mut self.state else { return Ok(()) };
        let State { generator, discriminator, progress } = state;
        if let Some(opened) = saved::open(bytes, [generator, discriminator])? {
            let mut options = Options::new();
            for (name, value) in &opened.options {
                options.insert(name, OptionValue::Json(value.clone()));
            }
            self.settings = Settings::default().with(&mut options)?;
            *progress = opened;
        }
        Ok(())
    }
}

/// What `readback` says of weights, said of a training.
fn diverged(error: Error) -> Error {
    match error {
        Error::WeightsInvalid(_) => Error::TrainingDiverged("the networks give NaN or infinity".to_owned()),
        other => other,
    }
}

impl State {
    /// The same in memory of its own.
    fn kept(&self) -> Self {
        let Self { generator, discriminator, progress } = self;
        Self { generator: generator.kept(), discriminator: discriminator.kept(), progress: progress.clone() }
    }

    /// What the next step learns from.
    fn draw(&mut self, data: &mut Data, settings: &Settings, config: &Config, device: &Device) -> Vec<Batch> {
        let (batch, progress) = (settings.batch_size, &mut self.progress);
        #[allow(clippy::cast_possible_truncation)] // a stream's number
        let mut rng = Rng::of_row(progress.seed, Purpose::TrainingNoise, progress.step_index as usize);
        let mut draw = || {
            let (pixels, labels) = data.batch(progress.seed, progress.drawn, batch);
            progress.drawn += batch as u64;
            let latents = noise(&mut rng, [batch, config.latent_dim], device);
            let mismatched = labels.as_deref().map(|labels| {
                let some = &labels[..settings.mismatched(batch, config.num_classes)];
                some.iter()
                    .map(|label| another_class(*label, config.num_classes, &mut rng))
                    .collect::<Vec<_>>()
            });
            Batch {
                real: Tensor::from_data(TensorData::new(pixels, [batch, config.pixels()]), device),
                class_weights: class_weights(labels.as_deref(), config, device),
                latents,
                mismatched_weights: class_weights(mismatched.as_deref(), config, device),
            }
        };
        (0..settings.discriminator_steps).map(|_| draw()).collect()
    }

    /// A step of the discriminator with each batch, and one of the generator with the last one's noise.
    fn step(&mut self, batches: &[Batch], settings: &Settings) -> Judged {
        let mut logits = Vec::new();
        for (index, batch) in batches.iter().enumerate() {
            let classes = batch.class_weights.as_ref();
            let fake = self.generator.forward(batch.latents.clone(), classes);
            let taught = self.teach_discriminator(batch, fake.output(), settings);
            if index + 1 == batches.len() {
                logits = vec![taught, self.teach_generator(&fake, classes, settings)];
            }
        }
        self.progress.step_index += 1;
        let mismatched = batches.last().map_or(0, Batch::mismatched);
        Judged { logits: Tensor::cat(logits, 0), mismatched }
    }

    /// A step of the generator: the discriminator's logits of its pictures.
    fn teach_generator(
        &mut self,
        fake: &Pass,
        classes: Option<&Tensor<2>>,
        settings: &Settings,
    ) -> Tensor<2> {
        let judged = self.discriminator.forward(fake.output(), classes);
        let by_logits = settings.loss.of_generator(&judged.output());
        let by_pictures = self.discriminator.backward_to_input(&judged, by_logits);
        let (gradients, _) = self.generator.backward(fake, by_pictures);
        update(&mut self.generator, gradients, settings, &mut self.progress.adam_steps[0]);
        judged.output()
    }

    /// A step of the discriminator: its logits of the real pictures and of the fakes.
    fn teach_discriminator(&mut self, batch: &Batch, fake: Tensor<2>, settings: &Settings) -> Tensor<2> {
        let (pictures, classes) = batch.judged(fake);
        let pass = self.discriminator.forward(pictures, classes.as_ref());
        let by_logits = settings.loss.of_discriminator(&pass.output(), settings.label_smoothing);
        let (gradients, _) = self.discriminator.backward(&pass, by_logits);
        update(&mut self.discriminator, gradients, settings, &mut self.progress.adam_steps[1]);
        if settings.loss == Loss::Wasserstein {
            for parameter in &mut self.discriminator.parameters {
                parameter.value = parameter.value.clone().clamp(-settings.weight_clip, settings.weight_clip);
            }
        }
        pass.output()
    }
}

/// Moves a network's parameters against their gradients.
fn update(network: &mut Network, gradients: Vec<Tensor<2>>, settings: &Settings, adam_steps: &mut u64) {
    let Settings { learning_rate, betas, optimizer, .. } = *settings;
    if optimizer == Optimizer::Adam {
        *adam_steps += 1;
    }
    let step = AdamStep { learning_rate, betas, epsilon: EPSILON, number: *adam_steps };
    for (parameter, gradient) in network.parameters.iter_mut().zip(gradients) {
        match optimizer {
            Optimizer::Adam => adam(&mut parameter.value, &gradient, &mut parameter.moments, &step),
            Optimizer::Sgd => parameter.value = parameter.value.clone() - gradient * learning_rate,
        }
    }
}

/// Any class but a picture's own.
#[allow(clippy::cast_possible_truncation)] // labels are bytes
fn another_class(label: u8, num_classes: usize, rng: &mut Rng) -> u8 {
    let further = 1 + rng.below(num_classes as u32 - 1);
    ((u32::from(label) + further) % num_classes as u32) as u8
}

/// A row of the classes' weights for each label; none without classes or labels.
fn class_weights(labels: Option<&[u8]>, config: &Config, device: &Device) -> Option<Tensor<2>> {
    let labels = labels.filter(|labels| config.num_classes > 0 && !labels.is_empty())?;
    let rows: Vec<u32> = labels.iter().map(|label| u32::from(*label)).collect();
    let shape = [labels.len(), config.num_classes];
    Some(Tensor::from_data(TensorData::new(one_hot(&rows, config.num_classes), shape), device))
}

fn noise(rng: &mut Rng, shape: [usize; 2], device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_class_is_never_a_pictures_own_and_any_other() {
        let mut rng = Rng::new(1, Purpose::ClassLabels);
        for label in 0..3 {
            let drawn: Vec<u8> = (0..100).map(|_| another_class(label, 3, &mut rng)).collect();
            for class in 0..3 {
                assert_eq!(drawn.contains(&class), class != label, "{class} for {label}");
            }
        }
    }
}
