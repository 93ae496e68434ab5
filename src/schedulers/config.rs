//! What schedulers have in common in a `scheduler_config.json`. What only one of them has is in its own file.

use super::keys::Keys;
use crate::error::Result;

/// Keys under diffusers' names. A scheduler begins with its defaults, reads the keys that every scheduler knows, and then
/// those of the other groups that it knows too. What it does not know keeps a value that does nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Timesteps that the model was trained with.
    pub num_train_timesteps: usize,
    /// The first timestep's share of noise.
    pub beta_start: f64,
    /// The last timestep's share of noise.
    pub beta_end: f64,
    /// How the shares between them grow.
    pub beta_schedule: BetaSchedule,
    /// The shares as a list, instead of the three keys above.
    pub trained_betas: Option<Vec<f64>>,
    /// Rescale the betas so that nothing is left of the picture at the last timestep.
    pub rescale_betas_zero_snr: bool,
    /// What the model predicts.
    pub prediction_type: PredictionType,
    /// Which of the timesteps are visited.
    pub timestep_spacing: TimestepSpacing,
    /// Added to every timestep of [`TimestepSpacing::Leading`].
    pub steps_offset: usize,
    /// How the predicted picture is kept in range.
    pub clip: Clip,
    /// No noise is left after the last step; otherwise as much as at timestep 0.
    pub set_alpha_to_one: bool,
}

impl Default for Config {
    /// The most common defaults of what every scheduler reads; for the rest, values that do nothing.
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::Linear,
            trained_betas: None,
            rescale_betas_zero_snr: false,
            prediction_type: PredictionType::Epsilon,
            timestep_spacing: TimestepSpacing::Leading,
            steps_offset: 0,
            clip: Clip::Off,
            set_alpha_to_one: true,
        }
    }
}

impl Config {
    /// Reads the keys that every scheduler knows. `predictions` are the prediction types that this one can use.
    pub(super) fn read(self, keys: &Keys, predictions: &[PredictionType]) -> Result<Self> {
        let num_train_timesteps = keys.whole("num_train_timesteps", self.num_train_timesteps, 2..=65_536)?;
        let betas = 1e-6..=0.9999;
        let predictions: Vec<_> =
            predictions.iter().map(|prediction| (prediction.name(), *prediction)).collect();
        Ok(Self {
            num_train_timesteps,
            beta_start: keys.number("beta_start", self.beta_start, betas.clone())?,
            beta_end: keys.number("beta_end", self.beta_end, betas.clone())?,
            beta_schedule: keys.word(
                "beta_schedule",
                self.beta_schedule,
                &[
                    ("linear", BetaSchedule::Linear),
                    ("scaled_linear", BetaSchedule::ScaledLinear),
                    ("squaredcos_cap_v2", BetaSchedule::SquaredCosine),
                ],
            )?,
            trained_betas: keys.parsed("trained_betas", "num_train_timesteps betas", |value| {
                let list = value.as_array().filter(|list| list.len() == num_train_timesteps)?;
                list.iter().map(|beta| beta.as_f64().filter(|beta| betas.contains(beta))).collect()
            })?,
            prediction_type: keys.word("prediction_type", self.prediction_type, &predictions)?,
            timestep_spacing: keys.word(
                "timestep_spacing",
                self.timestep_spacing,
                &[
                    ("leading", TimestepSpacing::Leading),
                    ("trailing", TimestepSpacing::Trailing),
                    ("linspace", TimestepSpacing::Linspace),
                ],
            )?,
            steps_offset: keys.whole("steps_offset", self.steps_offset, 0..=num_train_timesteps)?,
            ..self
        })
    }

    /// Reads `rescale_betas_zero_snr`.
    pub(super) fn read_zero_snr(self, keys: &Keys) -> Result<Self> {
        let rescale_betas_zero_snr = keys.flag("rescale_betas_zero_snr", self.rescale_betas_zero_snr)?;
        Ok(Self { rescale_betas_zero_snr, ..self })
    }

    /// Reads `clip_sample` and its range.
    pub(super) fn read_clip_sample(self, keys: &Keys) -> Result<Self> {
        let clips = keys.flag("clip_sample", self.clip != Clip::Off)?;
        let range = keys.number("clip_sample_range", 1.0, 1e-3..=1e6)?;
        Ok(Self { clip: if clips { Clip::Range(range) } else { Clip::Off }, ..self })
    }

    /// Reads `thresholding` and its numbers. Where it is on, `clip_sample` does nothing.
    pub(super) fn read_thresholding(self, keys: &Keys) -> Result<Self> {
        let ratio = keys.number("dynamic_thresholding_ratio", 0.995, 0.0..=1.0)?;
        let max = keys.number("sample_max_value", 1.0, 1.0..=1e6)?;
        let thresholds = keys.flag("thresholding", false)?;
        Ok(Self { clip: if thresholds { Clip::Dynamic { ratio, max } } else { self.clip }, ..self })
    }

    /// Reads `set_alpha_to_one`.
    pub(super) fn read_set_alpha_to_one(self, keys: &Keys) -> Result<Self> {
        let set_alpha_to_one = keys.flag("set_alpha_to_one", self.set_alpha_to_one)?;
        Ok(Self { set_alpha_to_one, ..self })
    }
}

/// How the share of noise grows with the timestep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BetaSchedule {
    /// Evenly.
    Linear,
    /// Its square root grows evenly, as in latent diffusion.
    ScaledLinear,
    /// The picture's share is a squared cosine (Nichol and Dhariwal, 2021).
    SquaredCosine,
}

/// What the model's output means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredictionType {
    /// The noise.
    Epsilon,
    /// The picture.
    Sample,
    /// `alpha · noise − sigma · picture` (Salimans and Ho, 2022).
    Velocity,
}

impl PredictionType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Epsilon, Self::Velocity, Self::Sample];

    /// diffusers' name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Epsilon => "epsilon",
            Self::Sample => "sample",
            Self::Velocity => "v_prediction",
        }
    }
}

/// Which timesteps are visited: table 2 of Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed"
/// (2023).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestepSpacing {
    /// Whole intervals, counted from the first timestep.
    Leading,
    /// Intervals, counted from the last timestep.
    Trailing,
    /// The first timestep, the last, and others evenly between them.
    Linspace,
}

/// How the predicted picture is kept in range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// Not at all.
    Off,
    /// Values are cut off at plus and minus this.
    Range(f64),
    /// Dynamic thresholding: see [`threshold`](super::threshold).
    Dynamic {
        /// The share of values that are left as they are.
        ratio: f64,
        /// The most that the picture is divided by.
        max: f64,
    },
}
