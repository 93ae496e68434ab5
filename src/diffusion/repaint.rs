//! Repainting a part of a picture: Lugmayr et al., "RePaint" (2022). <https://arxiv.org/abs/2201.09865>
//!
//! After each step the part that is kept is put back, with the noise of that step. For the new part to fit it, some steps
//! are taken back and repeated, so that each is taken `jump_n_sample` times. The code that the schedule agrees with is
//! diffusers' `RePaintScheduler`; its steps were DDIM's, and here they are those of any scheduler.

use burn::tensor::Tensor;

use super::noise::StepNoise;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::schedulers::Schedule;

/// diffusers' defaults, where the schedule has as many steps.
const JUMP: usize = 10;
const MAX_SAMPLES: u64 = 100;

/// Which steps are taken back, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jumps {
    /// The number of steps that are taken back at once; 0 when none are.
    pub length: usize,
    /// How often each of them is taken.
    pub samples: usize,
}

impl Jumps {
    /// Reads `jump_length` and `jump_n_sample` for a schedule of this many steps.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn read(options: &mut Options, steps: usize) -> Result<Self> {
        #[allow(clippy::cast_possible_truncation)] // at most 100
        let samples = options.integer("jump_n_sample", 1..=MAX_SAMPLES)?.map(|samples| samples as usize);
        if !options.has("jump_length") {
            return Ok(Self { length: JUMP.min(steps - 1), samples: samples.unwrap_or(JUMP) });
        }
        if steps == 1 || samples == Some(1) {
            let why = if steps == 1 { "there is one step" } else { "jump_n_sample is 1" };
            return Err(Error::InvalidOption(format!(
                "jump_length is for steps that are taken back, and {why}, so that none are: leave it out"
            )));
        }
        let length = options.integer("jump_length", 1..=steps as u64 - 1)?;
        #[allow(clippy::cast_possible_truncation)] // fewer than steps
        Ok(Self { length: length.map_or(JUMP, |length| length as usize), samples: samples.unwrap_or(JUMP) })
    }

    /// Whether any step is taken back.
    pub fn any(self) -> bool {
        self.length > 0 && self.samples > 1
    }

    /// The order in which a run takes the steps of a schedule with this many.
    pub fn visits(self, steps: usize) -> Vec<Visit> {
        // For each step, how many jumps back follow it.
        let mut jumps = vec![0; steps];
        if self.any() {
            for jump in (0..steps - self.length).step_by(self.length) {
                jumps[steps - 1 - jump] = self.samples - 1;
            }
        }
        let (mut visits, mut step_index) = (Vec::new(), 0);
        while step_index < steps {
            let back_to = (jumps[step_index] > 0).then(|| step_index + 1 - self.length);
            visits.push(Visit { step_index, back_to });
            jumps[step_index] = jumps[step_index].saturating_sub(1);
            step_index = back_to.unwrap_or(step_index + 1);
        }
        visits
    }
}

/// A picture and which part of it stays.
#[derive(Debug)]
pub struct Inpainting {
    /// `[1, channels, height, width]`
    pub original: Tensor<4>,
    /// `[1, 1, height, width]`: 1 where the picture stays, 0 where it is painted.
    pub kept: Tensor<4>,
    /// The noise that the kept part has at every step, `[rows, channels, height, width]`; without it, each step draws its
    /// own. diffusers' inpainting in latents keeps the noise that the run began with, and RePaint draws.
    pub fixed_noise: Option<Tensor<4>>,
}

impl Inpainting {
    /// The sample in which the kept part is the picture's, noisy as before step `next`.
    pub fn put_back(
        &self,
        schedule: &Schedule,
        sample: &Tensor<4>,
        next: usize,
        noise: &mut StepNoise,
    ) -> Tensor<4> {
        let original = self.original.clone().expand(sample.dims());
        // After the last step there is no noise: the picture comes back as it was.
        let known = if next < schedule.timesteps().len() {
            let noise = self.fixed_noise.clone().unwrap_or_else(|| noise.draw());
            schedule.add_noise(original, noise, next)
        } else {
            original
        };
        let painted = self.kept.clone().neg().add_scalar(1.0);
        known * self.kept.clone() + sample.clone() * painted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pairs(visits: Vec<Visit>) -> Vec<(usize, Option<usize>)> {
        visits.into_iter().map(|Visit { step_index, back_to }| (step_index, back_to)).collect()
    }

    #[test]
    fn the_steps_are_those_of_diffusers() {
        // RePaintScheduler.set_timesteps(6, jump_length=2, jump_n_sample=2): 5 4 3 2 | 3 4 | 3 2 1 0 | 1 2 | 1 0, of which
        // those that go up are taken back.
        let visits = pairs(Jumps { length: 2, samples: 2 }.visits(6));
        let expected = [
            (0, None),
            (1, None),
            (2, None),
            (3, Some(2)),
            (2, None),
            (3, None),
            (4, None),
            (5, Some(4)),
            (4, None),
            (5, None),
        ];
        assert_eq!(visits, expected);
        assert_eq!(pairs(Jumps { length: 2, samples: 1 }.visits(3)), [(0, None), (1, None), (2, None)]);
        assert_eq!(pairs(Jumps { length: 0, samples: 10 }.visits(1)), [(0, None)]);
    }

    #[test]
    fn every_step_is_gone_through_from_where_the_last_one_ended() {
        for (length, samples, steps) in [(10, 10, 25), (1, 3, 2), (3, 2, 10), (9, 4, 10)] {
            let visits = Jumps { length, samples }.visits(steps);
            let mut at = 0;
            for Visit { step_index, back_to } in visits {
                assert_eq!(step_index, at);
                at = back_to.unwrap_or(step_index + 1);
            }
            assert_eq!(at, steps);
        }
    }

    #[test]
    fn without_options_few_steps_are_enough() {
        let read = |options: Options, steps| Jumps::read(&mut options.clone(), steps);
        assert_eq!(read(Options::new(), 25), Ok(Jumps { length: 10, samples: 10 }));
        assert_eq!(read(Options::new(), 4), Ok(Jumps { length: 3, samples: 10 }));
        assert!(!read(Options::new(), 1).unwrap().any());
        assert!(read(Options::new().with("jump_length", json!(4)), 4).is_err());
        assert!(read(Options::new().with("jump_length", json!(1)), 1).is_err());
        assert!(
            read(Options::new().with("jump_length", json!(1)).with("jump_n_sample", json!(1)), 4).is_err()
        );
    }
}
