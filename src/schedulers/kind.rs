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

    /// Reads a file as this scheduler's. Keys that only other schedulers know are passed over, as `from_config` of
    /// diffusers does.
    ///
    /// # Errors
    /// `unsupported-model` naming the key or value that is not known, and those that are.
    pub(super) fn read(self, mut keys: Keys) -> Result<(Config, Arc<dyn Solver>)> {
        let mut known = BTreeSet::new();
        for kind in Self::ALL {
            known.extend(kind.keys()?);
        }
        if let Some(key) = keys.names().find(|key| !known.contains(key)) {
            let own: Vec<&str> = self.keys()?.into_iter().collect();
            return Err(Error::UnsupportedModel(format!(
                "{FILE}: {key} is not known; {} reads {}",
                self.name(),
                own.join(", ")
            )));
        }
        (self.profile().read)(&mut keys)
    }

    /// The keys that it knows: those that it asks an empty file for.
    fn keys(self) -> Result<BTreeSet<&'static str>> {
        let mut keys = Keys::from_json("{}")?;
        (self.profile().read)(&mut keys)?;
        Ok(keys.into_asked())
    }
}
