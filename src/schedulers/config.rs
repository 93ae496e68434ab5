//! A `scheduler_config.json`, as diffusers writes it.

use super::class::Class;
use super::keys::{Keys, refused};
use crate::error::Result;

/// Every key that changes what a scheduler computes, under diffusers' names. What a class does not have is at the
/// value that changes nothing.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // one a key
pub struct Config {
    /// Timesteps that the model was trained with.
    pub num_train_timesteps: usize,
    /// The first timestep's share of noise.
    pub beta_start: f64,
    /// The last one's.
    pub beta_end: f64,
    /// What lies between.
    pub beta_schedule: BetaSchedule,
    /// Betas as a list, instead of the three above.
    pub trained_betas: Option<Vec<f64>>,
    /// Shift the betas so that nothing is left of the picture at the last timestep.
    pub rescale_betas_zero_snr: bool,
    /// What the model predicts.
    pub prediction_type: PredictionType,
    /// Which of the timesteps are visited.
    pub timestep_spacing: TimestepSpacing,
    /// Added to every timestep of [`TimestepSpacing::Leading`].
    pub steps_offset: usize,
    /// How the predicted picture is kept in range.
    pub clip: Clip,
    /// After the last step nothing of the noise is left; otherwise as much as at timestep 0.
    pub set_alpha_to_one: bool,
    /// How much noise a DDPM step adds.
    pub variance_type: VarianceType,
    /// PNDM without Runge-Kutta steps at its start.
    pub skip_prk_steps: bool,
    /// How the noise levels between the first and the last are chosen.
    pub sigma_spacing: SigmaSpacing,
    /// The last of Karras' noise levels, when it is not the model's.
    pub sigma_min: Option<f64>,
    /// The first of Karras' noise levels, when it is not the model's.
    pub sigma_max: Option<f64>,
    /// The noise level after the last step.
    pub final_sigmas_type: FinalSigma,
    /// The model is told a quarter of the noise level's logarithm instead of a timestep.
    pub continuous_timesteps: bool,
    /// Steps that a multistep solver looks at, the present one included.
    pub solver_order: usize,
    /// Which formula it uses.
    pub solver_type: SolverType,
    /// DPM-Solver++ of the stochastic differential equation: each step adds noise.
    pub stochastic: bool,
    /// The last steps look at fewer.
    pub lower_order_final: bool,
    /// The last step looks at the present only.
    pub euler_at_final: bool,
    /// Timesteps with a smaller logarithm of alpha / sigma are not visited.
    pub lambda_min_clipped: f64,
    /// Steps of UniPC whose sample is not corrected by the next one's prediction.
    pub disable_corrector: Vec<usize>,
    /// Steps of the solver that an LCM was distilled from.
    pub original_inference_steps: usize,
    /// An LCM's timesteps are multiplied by this in its boundary condition.
    pub timestep_scaling: f64,
}

/// How the share of noise grows with the timestep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BetaSchedule {
    /// Evenly.
    Linear,
    /// Its square root evenly, as in latent diffusion.
    ScaledLinear,
    /// Such that what is left of the picture is a squared cosine (Nichol and Dhariwal, 2021).
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
    /// The first, the last, and evenly between.
    Linspace,
}

/// How the predicted picture is kept in range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// Not at all.
    Off,
    /// To plus and minus this.
    Range(f64),
    /// Dynamic thresholding: see [`threshold`](super::threshold).
    Dynamic {
        /// The share of values that are left as they are.
        ratio: f64,
        /// The most that the picture is divided by.
        max: f64,
    },
}

/// How much noise a DDPM step adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarianceType {
    /// The posterior's variance.
    Small,
    /// The step's beta.
    Large,
}

/// How noise levels are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigmaSpacing {
    /// Those of the timesteps.
    Timesteps,
    /// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), with rho 7.
    Karras,
    /// Lu et al., "DPM-Solver" (2022): their logarithms evenly.
    Lu,
}

/// The noise level after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalSigma {
    /// No noise.
    Zero,
    /// That of timestep 0.
    SigmaMin,
}

/// The formula of a multistep solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolverType {
    /// DPM-Solver's midpoint rule.
    Midpoint,
    /// DPM-Solver's Heun's rule.
    Heun,
    /// UniPC with `B(h) = h`.
    Bh1,
    /// UniPC with `B(h) = e^h − 1`.
    Bh2,
}

impl Config {
    /// Reads a `scheduler_config.json` as the class that it names, or as `override_class`. Keys that only other classes
    /// have are passed over, as diffusers' `from_config` does.
    ///
    /// # Errors
    /// `unsupported-model` naming the class, key or value that is not known, and those that are.
    #[allow(clippy::too_many_lines)] // one line a key
    pub fn from_json(config_json: &str, override_class: Option<&str>) -> Result<(Class, Self)> {
        let (class, mut keys) = Keys::from_json(config_json, override_class)?;
        let is = |classes: &[Class]| classes.contains(&class);
        let is_lcm = is(&[Class::Lcm]);

        let size = |limit: f64| 1.0..=limit;
        let num_train_timesteps = keys.whole("num_train_timesteps", 1000, 2..=65_536)?;
        let betas = 1e-6..=0.9999;
        let clip_range = keys.number("clip_sample_range", 1.0, 1e-3..=1e6)?;
        let dynamic = Clip::Dynamic {
            ratio: keys.number("dynamic_thresholding_ratio", 0.995, 0.0..=1.0)?,
            max: keys.number("sample_max_value", 1.0, size(1e6))?,
        };
        let clip_sample = keys.flag("clip_sample", is(&[Class::Ddpm, Class::Ddim]))?;
        let thresholding = keys.flag("thresholding", false)?;
        let spacing =
            if is(&[Class::Ddpm, Class::Ddim, Class::Pndm, Class::Lcm]) { "leading" } else { "linspace" };
        let predictions = [PredictionType::Epsilon, PredictionType::Velocity, PredictionType::Sample]
            .map(|kind| (kind.name(), kind));
        let without_sample = is(&[Class::Pndm, Class::EulerAncestral]);
        let solvers = if is(&[Class::UniPc]) {
            let [bh1, bh2] = [SolverType::Bh1, SolverType::Bh2];
            [("bh2", bh2), ("bh1", bh1), ("midpoint", bh2), ("heun", bh2), ("logrho", bh2)]
        } else {
            let [midpoint, heun] = [SolverType::Midpoint, SolverType::Heun];
            [
                ("midpoint", midpoint),
                ("heun", heun),
                ("bh1", midpoint),
                ("bh2", midpoint),
                ("logrho", midpoint),
            ]
        };
        let karras = keys.flag("use_karras_sigmas", false)?;
        let lu = keys.flag("use_lu_lambdas", false)?;
        let sigma_spacing = match (karras, lu) {
            (true, _) => SigmaSpacing::Karras, // diffusers looks at this one first
            (false, true) => SigmaSpacing::Lu,
            (false, false) => SigmaSpacing::Timesteps,
        };

        let config = Self {
            num_train_timesteps,
            beta_start: keys.number("beta_start", if is_lcm { 0.00085 } else { 0.0001 }, betas.clone())?,
            beta_end: keys.number("beta_end", if is_lcm { 0.012 } else { 0.02 }, betas.clone())?,
            beta_schedule: keys.word(
                "beta_schedule",
                if is_lcm { "scaled_linear" } else { "linear" },
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
            rescale_betas_zero_snr: keys.flag("rescale_betas_zero_snr", false)?,
            prediction_type: keys.word(
                "prediction_type",
                "epsilon",
                &predictions[..if without_sample { 2 } else { 3 }],
            )?,
            timestep_spacing: keys.word(
                "timestep_spacing",
                spacing,
                &[
                    ("leading", TimestepSpacing::Leading),
                    ("trailing", TimestepSpacing::Trailing),
                    ("linspace", TimestepSpacing::Linspace),
                ],
            )?,
            steps_offset: keys.whole("steps_offset", 0, 0..=num_train_timesteps)?,
            clip: match (thresholding, clip_sample) {
                (true, _) => dynamic,
                (false, true) => Clip::Range(clip_range),
                (false, false) => Clip::Off,
            },
            set_alpha_to_one: keys.flag("set_alpha_to_one", class != Class::Pndm)?,
            variance_type: keys.word(
                "variance_type",
                "fixed_small",
                &[
                    ("fixed_small", VarianceType::Small),
                    ("fixed_small_log", VarianceType::Small),
                    ("fixed_large", VarianceType::Large),
                    ("fixed_large_log", VarianceType::Large),
                ],
            )?,
            skip_prk_steps: keys.flag("skip_prk_steps", false)?,
            sigma_spacing,
            sigma_min: keys.optional_number("sigma_min", 1e-6..=1e6)?,
            sigma_max: keys.optional_number("sigma_max", 1e-6..=1e6)?,
            final_sigmas_type: keys.word(
                "final_sigmas_type",
                "zero",
                &[("zero", FinalSigma::Zero), ("sigma_min", FinalSigma::SigmaMin)],
            )?,
            continuous_timesteps: keys.word(
                "timestep_type",
                "discrete",
                &[("discrete", false), ("continuous", true)],
            )?,
            solver_order: keys.whole("solver_order", 2, 1..=3)?,
            solver_type: keys.word("solver_type", solvers[0].0, &solvers)?,
            stochastic: keys.word(
                "algorithm_type",
                "dpmsolver++",
                &[("dpmsolver++", false), ("sde-dpmsolver++", true), ("deis", false)],
            )?,
            lower_order_final: keys.flag("lower_order_final", true)?,
            euler_at_final: keys.flag("euler_at_final", false)?,
            lambda_min_clipped: keys
                .parsed("lambda_min_clipped", "a number or -Infinity", |value| match value.as_str() {
                    Some("-Infinity") => Some(f64::NEG_INFINITY),
                    _ => value.as_f64(),
                })?
                .unwrap_or(f64::NEG_INFINITY),
            disable_corrector: keys
                .parsed("disable_corrector", "a list of steps", |value| {
                    let steps = value.as_array()?.iter();
                    steps.map(|step| usize::try_from(step.as_u64()?).ok()).collect()
                })?
                .unwrap_or_default(),
            original_inference_steps: keys.whole("original_inference_steps", 50, 1..=num_train_timesteps)?,
            timestep_scaling: keys.number("timestep_scaling", 10.0, 1e-3..=1e6)?,
        };
        keys.refuse_unsupported()?;
        if let (Some(min), Some(max)) = (config.sigma_min, config.sigma_max)
            && min >= max
        {
            return Err(refused(
                "sigma_min",
                &min.to_string(),
                &format!("less than sigma_max, which is {max}"),
            ));
        }
        Ok((class, config))
    }
}
