//! The network's output for a sample, with guidance.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::condition::Condition;
use super::replay::Replay;
use super::unet::UNet;

/// Whether a scale has this special value.
pub fn is(scale: f64, special: f64) -> bool {
    (scale - special).abs() < f64::EPSILON
}

/// How far to go from the output without the condition to the output with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guidance {
    /// 0 is without the condition, 1 with it, and more goes further.
    pub scale: f64,
    /// From 0 to 1: how much of the output gets back the deviation that it has without guidance.
    pub rescale: f64,
}

/// What the network gives.
#[derive(Debug)]
pub struct Prediction {
    /// In the shape of the sample.
    pub output: Tensor<4>,
    /// `[rows, tokens, height, width]`: how much each place attends to each token of the text.
    pub attentions: Option<Tensor<4>>,
}

/// A network with the condition of a batch.
#[derive(Debug)]
pub struct Guided {
    network: Arc<UNet>,
    /// One row for each of the network's batch: those of the pictures and then, with guidance, as many without a condition.
    condition: Condition,
    guidance: Option<Guidance>,
    rows_at_once: usize,
    attentions: bool,
    /// `None` where every evaluation's launches are made anew.
    replay: Option<Replay>,
}

impl Guided {
    /// The guidance counts as 1 where the network has not learned to do without the condition.
    pub fn new(network: Arc<UNet>, condition: Condition, guidance: Guidance, rows_at_once: usize) -> Self {
        let (condition, guidance) = match condition.without() {
            // At 0 and at 1 one of the two outputs has no weight.
            Some(without) if is(guidance.scale, 0.0) => (without, None),
            Some(without) if !is(guidance.scale, 1.0) => (condition.followed_by(without), Some(guidance)),
            _ => (condition, None),
        };
        let replay = Some(Replay::default());
        Self { network, condition, guidance, rows_at_once, attentions: false, replay }
    }

    /// The same, that gives its attentions too if `attentions`.
    pub fn with_attentions(self, attentions: bool) -> Self {
        let replay = self.replay.filter(|_| !attentions);
        Self { attentions, replay, ..self }
    }

    /// Whether the next evaluation is a replay.
    pub fn is_recorded(&self) -> bool {
        matches!(self.replay, Some(Replay::Recorded(_)))
    }

    /// Gives up what is recorded, whose memory is then another recording's, and records nothing any more.
    pub fn stop_recording(&mut self) {
        self.replay = None;
    }

    /// The network's output for `sample [rows, channels, height, width]`, all at one timestep: with guidance
    /// `without + scale · (with − without)` (Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022).
    pub fn predict(&mut self, sample: Tensor<4>, timestep: f64) -> Prediction {
        let rows = sample.dims()[0];
        let Some(Guidance { scale, rescale }) = self.guidance else {
            return self.evaluate(&sample, timestep);
        };
        let both = Tensor::cat(vec![sample.clone(), sample], 0);
        let Prediction { output, attentions } = self.evaluate(&both, timestep);
        let (with, without) = (output.clone().narrow(0, 0, rows), output.narrow(0, rows, rows));
        let guided = without.clone() + (with.clone() - without).mul_scalar(scale);
        let output = if rescale > 0.0 { rescaled(guided, &with, rescale) } else { guided };
        Prediction { output, attentions: attentions.map(|maps| maps.narrow(0, 0, rows)) }
    }

    fn evaluate(&mut self, sample: &Tensor<4>, timestep: f64) -> Prediction {
        let rows = sample.dims()[0];
        if let Some(replay) = self.replay.as_mut().filter(|_| rows <= self.rows_at_once) {
            let (timesteps, conditioning) = (vec![timestep; rows], self.condition.conditioning());
            let output = replay.forward(&self.network, sample, &timesteps, &conditioning);
            return Prediction { output, attentions: None };
        }
        self.evaluate_anew(sample, timestep, 0)
    }

    /// The outputs of the rows from `first` on, which `sample` has.
    fn evaluate_anew(&self, sample: &Tensor<4>, timestep: f64, first: usize) -> Prediction {
        let rows = sample.dims()[0];
        if rows > self.rows_at_once {
            let part = |start: usize| {
                let count = self.rows_at_once.min(rows - start);
                self.evaluate_anew(&sample.clone().narrow(0, start, count), timestep, first + start)
            };
            let parts: Vec<Prediction> = (0..rows).step_by(self.rows_at_once).map(part).collect();
            let attentions: Option<Vec<_>> = parts.iter().map(|part| part.attentions.clone()).collect();
            let outputs = parts.into_iter().map(|part| part.output).collect();
            return Prediction {
                output: Tensor::cat(outputs, 0),
                attentions: attentions.map(|maps| Tensor::cat(maps, 0)),
            };
        }
        let condition = self.condition.rows(first..first + rows);
        let (timesteps, conditioning) = (vec![timestep; rows], condition.conditioning());
        if self.attentions {
            let (output, maps) =
                self.network.forward_with_attentions(sample.clone(), &timesteps, &conditioning);
            return Prediction { output, attentions: Some(maps) };
        }
        Prediction {
            output: self.network.forward(sample.clone(), &timesteps, &conditioning),
            attentions: None,
        }
    }
}

/// `guided` with a part of it brought back to the standard deviation of `with`, row by row: guidance makes it larger, and
/// pictures too bright (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", 2023, section 3.4).
fn rescaled(guided: Tensor<4>, with: &Tensor<4>, rescale: f64) -> Tensor<4> {
    let factor = deviation(with) / deviation(&guided);
    guided * (factor.mul_scalar(rescale) + (1.0 - rescale))
}

/// The standard deviation of each row, `[rows, 1, 1, 1]`.
fn deviation(x: &Tensor<4>) -> Tensor<4> {
    let [rows, channels, height, width] = x.dims();
    let count = channels * height * width;
    #[allow(clippy::cast_precision_loss)] // a sample has fewer than 2²⁴ numbers
    let (mean, unbiased) = (1.0 / count as f32, 1.0 / count.saturating_sub(1).max(1) as f32);
    let flat = x.clone().reshape([rows, count]);
    let centred = flat.clone() - flat.sum_dim(1).mul_scalar(mean);
    (centred.clone() * centred).sum_dim(1).mul_scalar(unbiased).sqrt().reshape([rows, 1, 1, 1])
}
