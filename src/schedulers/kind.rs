//! The table of schedulers. Another one is a file with a [`Profile`], and a kind here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::config::Config;
use super::keys::{FILE, Keys};
use super::solver::{Profile, Solver};
use super::{ddim, ddpm, dpm_solver, euler, euler_ancestral, lcm, pndm, unipc};
use crate::error::{Error, Result, shortened};

/// A scheduler of diffusers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchedulerKind {
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

impl SchedulerKind {
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

    pub(super) fn profile(self) -> &'static Profile {
        match self {
            Self::Ddpm => &ddpm::PROFILE,
            Self::Ddim => &ddim::PROFILE,
            Self::Pndm => &pndm::PROFILE,
            Self::Euler => &euler::PROFILE,
            Self::EulerAncestral => &euler_ancestral::PROFILE,
            Self::DpmSolver => &dpm_solver::PROFILE,
            Self::UniPc => &unipc::PROFILE,
            Self::Lcm => &lcm::PROFILE,
        }
    }

    /// diffusers' class name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.profile().name
    }

    /// The scheduler of that class name.
    ///
    /// # Errors
    /// `unsupported-model` listing those that there are.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::UnsupportedModel(format!(
                "{FILE}: _class_name is {}; there are {}",
                shortened(&format!("{name:?}")),
                Self::names()
            ))
        })
    }

    /// The class names, for a message.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The class names of those that take `eta`, for a message.
    pub(super) fn names_with_eta() -> String {
        let with_eta = Self::ALL.into_iter().filter(|kind| kind.profile().takes_eta);
        with_eta.map(Self::name).collect::<Vec<_>>().join(", ")
    }

    /// Reads a file as this scheduler's, and warns of the keys that were passed over. As in diffusers, those that only
    /// other schedulers know need no warning: a pipeline that was saved with another scheduler has them.
    ///
    /// # Errors
    /// `unsupported-model` naming the value that does not work, and those that do.
    pub(super) fn read(self, keys: &Keys) -> Result<(Config, Arc<dyn Solver>, Option<String>)> {
        let (config, solver) = (self.profile().read)(keys)?;
        for kind in Self::ALL {
            for key in kind.keys()? {
                keys.ignore(&key);
            }
        }
        Ok((config, solver, keys.unread(self.name())))
    }

    /// The keys that it knows: those that it reads in an empty file.
    fn keys(self) -> Result<BTreeSet<String>> {
        let keys = Keys::from_json("{}")?;
        (self.profile().read)(&keys)?;
        Ok(keys.into_read())
    }
}
