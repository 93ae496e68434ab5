//! The schedulers by their diffusers names.

use super::{Solver, ddim, ddpm, dpm_solver, euler, euler_ancestral, lcm, pndm, unipc};
use crate::error::{Error, Result};

/// A scheduler's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `DDPMScheduler`
    Ddpm,
    /// `DDIMScheduler`
    Ddim,
    /// `PNDMScheduler`
    Pndm,
    /// `EulerDiscreteScheduler`
    Euler,
    /// `EulerAncestralDiscreteScheduler`
    EulerAncestral,
    /// `DPMSolverMultistepScheduler`
    DpmSolver,
    /// `UniPCMultistepScheduler`
    UniPc,
    /// `LCMScheduler`
    Lcm,
}

/// What every class reads.
const COMMON: [&str; 8] = [
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "timestep_spacing",
    "steps_offset",
];
const CLIP: [&str; 2] = ["clip_sample", "clip_sample_range"];
const THRESHOLD: [&str; 3] = ["thresholding", "dynamic_thresholding_ratio", "sample_max_value"];
const ZERO_SNR: &str = "rescale_betas_zero_snr";
const SIGMAS: [&str; 6] = [
    "use_karras_sigmas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "sigma_min",
    "sigma_max",
    "final_sigmas_type",
];
const MULTISTEP: [&str; 7] = [
    "solver_order",
    "solver_type",
    "lower_order_final",
    "use_flow_sigmas",
    "flow_shift",
    "use_dynamic_shifting",
    "time_shift_type",
];

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ddpm,
        Self::Ddim,
        Self::Pndm,
        Self::Euler,
        Self::EulerAncestral,
        Self::DpmSolver,
        Self::UniPc,
        Self::Lcm,
    ];

    /// The class of that name.
    ///
    /// # Errors
    /// `unsupported-model` listing those that there are.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name).ok_or_else(|| {
            Error::UnsupportedModel(format!("the scheduler is {name:?}; there are {}", Self::names()))
        })
    }

    /// Their names, for a message.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// diffusers' name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddpm => "DDPMScheduler",
            Self::Ddim => "DDIMScheduler",
            Self::Pndm => "PNDMScheduler",
            Self::Euler => "EulerDiscreteScheduler",
            Self::EulerAncestral => "EulerAncestralDiscreteScheduler",
            Self::DpmSolver => "DPMSolverMultistepScheduler",
            Self::UniPc => "UniPCMultistepScheduler",
            Self::Lcm => "LCMScheduler",
        }
    }

    /// Whether its samples are `picture + sigma · noise`; otherwise they have unit variance at any noise level.
    #[must_use]
    pub fn is_variance_exploding(self) -> bool {
        matches!(self, Self::Euler | Self::EulerAncestral)
    }

    /// Whether its steps go by noise levels, which must not be infinite.
    pub(super) fn has_sigmas(self) -> bool {
        matches!(self, Self::Euler | Self::EulerAncestral | Self::DpmSolver | Self::UniPc)
    }

    /// The keys of `scheduler_config.json` that it reads.
    pub(super) fn keys(self) -> impl Iterator<Item = &'static str> {
        let groups: &[&[&'static str]] = match self {
            Self::Ddpm => &[&CLIP, &THRESHOLD, &[ZERO_SNR, "variance_type"]],
            Self::Ddim => &[&CLIP, &THRESHOLD, &[ZERO_SNR, "set_alpha_to_one"]],
            Self::Pndm => &[&["skip_prk_steps", "set_alpha_to_one"]],
            Self::Euler => &[&SIGMAS, &[ZERO_SNR, "interpolation_type", "timestep_type"]],
            Self::EulerAncestral => &[&[ZERO_SNR]],
            Self::DpmSolver => &[
                &THRESHOLD,
                &SIGMAS,
                &MULTISTEP,
                &[ZERO_SNR, "algorithm_type", "euler_at_final", "use_lu_lambdas"],
                &["lambda_min_clipped", "variance_type"],
            ],
            Self::UniPc => &[
                &THRESHOLD,
                &SIGMAS,
                &MULTISTEP,
                &[ZERO_SNR, "predict_x0", "disable_corrector", "solver_p", "shift_terminal"],
            ],
            Self::Lcm => &[
                &CLIP,
                &THRESHOLD,
                &[ZERO_SNR, "set_alpha_to_one", "original_inference_steps", "timestep_scaling"],
            ],
        };
        COMMON.iter().chain(groups.iter().copied().flatten()).copied()
    }

    pub(super) fn reads(self, key: &str) -> bool {
        self.keys().any(|known| known == key)
    }

    pub(super) fn solver(self) -> &'static dyn Solver {
        match self {
            Self::Ddpm => &ddpm::Ddpm,
            Self::Ddim => &ddim::Ddim,
            Self::Pndm => &pndm::Pndm,
            Self::Euler => &euler::Euler,
            Self::EulerAncestral => &euler_ancestral::EulerAncestral,
            Self::DpmSolver => &dpm_solver::DpmSolver,
            Self::UniPc => &unipc::UniPc,
            Self::Lcm => &lcm::Lcm,
        }
    }
}
