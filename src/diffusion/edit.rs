//! Pictures made from a picture: variations of it, a part of it repainted, or a small one enlarged.

use burn::tensor::{Tensor, TensorData};

use super::Pipeline;
use super::call::Call;
use super::codec::Codec;
use super::guided::is;
use super::ilvr::SuperResolution;
use super::overlay::Overlay;
use super::repaint::{Inpainting, Jumps};
use super::run::Run;
use super::start::{Constraint, Start};
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::picture::{from_rgba, luminance};
use crate::rng::{Purpose, Rng};
use crate::schedulers::Schedule;

/// diffusers' defaults. In latents an inpainting begins with noise alone, as it always does in pixels.
const STRENGTH: f64 = 0.8;
const INPAINTING_STRENGTH: f64 = 1.0;

/// The options of each kind of edit.
const VARIATION: [&str; 2] = ["strength", "timestep"];
const INPAINTING: [&str; 2] = ["jump_length", "jump_n_sample"];
const SUPER_RESOLUTION: [&str; 2] = ["downsampling_factor", "control_guidance_end"];

const TWO_BEGINNINGS: &str = "strength and timestep both say where to start: leave one out";

/// From this luminance on a mask is light.
const LIGHT: u8 = 128;

/// A picture of the call's size as RGBA bytes `[height, width, 4]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    /// The picture.
    pub picture: &'a [u8],
    /// Light where the picture is to be repainted.
    pub mask: Option<&'a [u8]>,
    /// Unit-variance noise `[1, channels, height, width]` with which an autoencoder draws the picture's latents, instead of
    /// noise from the seed: to compare a call with another implementation's.
    pub posterior_noise: Option<&'a [f32]>,
}

impl Pipeline {
    /// Starts from a picture, in one of three ways. Takes the options of [`Self::start`], and these:
    ///
    /// - variation: `strength`, above 0 and up to 1, the part of the schedule that the picture goes through (default 0.8);
    ///   or `timestep`, to start at the first timestep that is at most this;
    /// - inpainting, when the source has a mask. The part that is kept is exactly the picture's in the end. A model of
    ///   pixels takes `jump_length`, the number of steps that are taken back at once, 1 to one less than there are (default
    ///   10, or as many as there are); and `jump_n_sample`, how often each of them is taken, 1 to 100 (default 10). A model
    ///   of latents takes `strength` (default 1);
    /// - super-resolution with a model of pixels: `downsampling_factor`, a power of two; and `control_guidance_end`, above 0
    ///   and up to 1, the part of the steps that follow the picture (default 0.8).
    ///
    /// # Errors
    /// `invalid-option`, naming it, or both that contradict each other; those of [`Self::start`].
    pub fn start_from(&self, source: Source<'_>, mut options: Options, random_seed: u64) -> Result<Run> {
        options.offer("mask_image"); // which comes as the source's mask
        self.refuse_contradictions(source, &mut options)?;
        let default = if source.mask.is_some() { INPAINTING_STRENGTH } else { STRENGTH };
        let strength = options.number_above("strength", 0.0..=1.0)?.unwrap_or(default);
        let is_spread = self.setup.spreads_strength && source.mask.is_none() && !options.has("timestep");
        let call = Call::read(self, &mut options, random_seed, is_spread.then_some(strength))?;
        let pixels = self.pixels(source.picture, call.size)?;
        let picture = self.encoded(&pixels, &call, source.posterior_noise)?;
        let (schedule, noise) = (&call.schedule, self.samples(call.latents.clone(), &call));
        let steps = schedule.timesteps().len();
        let pure = || noise.clone().mul_scalar(schedule.init_noise_sigma());
        let with_noise_of =
            |step| schedule.add_noise(picture.clone().expand(noise.dims()), noise.clone(), step);
        let start = if let Some(mask) = source.mask {
            let kept = kept(mask, call.size)?;
            let overlay = self.text.is_some().then(|| Overlay { pixels, kept: kept.clone() });
            let kept = self.codec.mask_of_sample(&kept, call.size, &self.setup.device);
            let (visits, sample, fixed_noise) = if self.text.is_some() {
                let step = first_step_of(strength, schedule)?;
                let sample = if is(strength, 1.0) { pure() } else { with_noise_of(step) };
                (Visit::each(step..steps), sample, Some(noise.clone()))
            } else {
                let jumps = Jumps::read(&mut options, steps)?;
                refuse_jumps(jumps, schedule)?;
                (jumps.visits(steps), pure(), None)
            };
            let inpainting = Inpainting { original: picture, kept, fixed_noise };
            let constraint = Constraint::Inpainting(Box::new(inpainting));
            Start { sample, visits, constraint, overlay }
        } else if self.text.is_none() && options.has("downsampling_factor") {
            let resolution = SuperResolution::read(&mut options, picture, steps)?;
            let constraint = Constraint::SuperResolution(Box::new(resolution));
            Start { constraint, ..Start::new(pure(), Visit::each(0..steps)) }
        } else {
            let step = match first_timestep(&mut options, schedule)? {
                Some(step) => step,
                None if schedule.is_partial() => 0,
                None => first_step_of(strength, schedule)?,
            };
            Start::new(with_noise_of(step), Visit::each(step..steps))
        };
        options.finish()?;
        Run::new(self, call, start)
    }

    /// `[picture_channels, height, width]`
    fn pixels(&self, rgba: &[u8], size: [usize; 2]) -> Result<Vec<f32>> {
        check_size("the picture", rgba, size)?;
        Ok(from_rgba(rgba, self.picture_channels()))
    }

    /// The sample `[1, channels, height, width]` of a picture.
    fn encoded(&self, pixels: &[f32], call: &Call, posterior_noise: Option<&[f32]>) -> Result<Tensor<4>> {
        let [height, width] = call.size;
        let [channels, sample_height, sample_width] = self.codec.sample_shape(call.size);
        let device = &self.setup.device;
        let noise = match (&self.codec, posterior_noise) {
            (Codec::Pixels { .. }, _) => None,
            (Codec::Latents { .. }, given) => {
                let numbers = channels * sample_height * sample_width;
                let mut rng = Rng::new(call.seed, Purpose::Posterior);
                let noise =
                    given.map_or_else(|| (0..numbers).map(|_| rng.normal()).collect(), <[f32]>::to_vec);
                if noise.len() != numbers {
                    return Err(Error::InvalidOption(format!(
                        "the posterior's noise has {} numbers; it must have {numbers}",
                        noise.len()
                    )));
                }
                let noise = TensorData::new(noise, [1, channels, sample_height, sample_width]);
                Some(Tensor::from_data(noise, device))
            }
        };
        let pixels = TensorData::new(pixels.to_vec(), [1, self.picture_channels(), height, width]);
        Ok(self.codec.encode(Tensor::from_data(pixels, device), noise))
    }

    /// Refuses options of two kinds of edit at once, and those of a kind that is not asked for.
    fn refuse_contradictions(&self, source: Source<'_>, options: &mut Options) -> Result<()> {
        if self.text.is_some() {
            return refuse_of_latents(source, options);
        }
        let mut given = |names: [&'static str; 2]| names.map(|name| options.has(name).then_some(name));
        let [variation, inpainting, resolution] = [VARIATION, INPAINTING, SUPER_RESOLUTION].map(&mut given);
        let one_of = |[first, second]: [Option<&'static str>; 2]| first.or(second);
        let refused = |what: String| Err(Error::InvalidOption(what));
        let both = |way: &str, other: &str| {
            refused(format!("{way} and {other} are of different ways to use the picture: leave one out"))
        };
        let without = |other: &str, way: &str| {
            refused(format!("{other} is given without {way}, and means nothing then"))
        };
        if source.mask.is_some() {
            return one_of(variation)
                .or(one_of(resolution))
                .map_or(Ok(()), |other| both("mask_image", other));
        }
        if let [Some(way), _] = resolution {
            return one_of(variation).or(one_of(inpainting)).map_or(Ok(()), |other| both(way, other));
        }
        match (one_of(inpainting), one_of(resolution), variation) {
            (Some(other), _, _) => without(other, "mask_image"),
            (None, Some(other), _) => without(other, SUPER_RESOLUTION[0]),
            (None, None, [Some(_), Some(_)]) => refused(TWO_BEGINNINGS.to_owned()),
            (None, None, _) => Ok(()),
        }
    }
}

/// The same for a model that draws in latents, which has fewer kinds of edits.
fn refuse_of_latents(source: Source<'_>, options: &mut Options) -> Result<()> {
    let refused = |what: String| Err(Error::InvalidOption(what));
    let of_pixels = INPAINTING.into_iter().chain(SUPER_RESOLUTION);
    let given = |name: &&str| options.rest().any(|(given, _)| given == *name);
    if let Some(option) = of_pixels.into_iter().find(given) {
        return refused(format!("{option} is for models of pixels, and this one draws in latents"));
    }
    let [strength, timestep] = VARIATION.map(|name| options.has(name));
    match (source.mask, timestep) {
        (Some(_), true) => {
            refused("timestep is for variations, and mask_image for inpainting: leave one out".to_owned())
        }
        (None, true) if strength => refused(TWO_BEGINNINGS.to_owned()),
        _ => Ok(()),
    }
}

/// `[height, width]`: 1 where a mask is dark.
fn kept(mask: &[u8], size: [usize; 2]) -> Result<Vec<f32>> {
    check_size("mask_image", mask, size)?;
    let kept: Vec<f32> =
        luminance(mask).into_iter().map(|light| if light >= LIGHT { 0.0 } else { 1.0 }).collect();
    if kept.iter().all(|kept| *kept > 0.0) {
        return Err(Error::InvalidOption(
            "mask_image is dark everywhere, so that there is nothing to paint; light parts are painted"
                .to_owned(),
        ));
    }
    Ok(kept)
}

pub(super) fn check_size(what: &str, rgba: &[u8], [height, width]: [usize; 2]) -> Result<()> {
    if rgba.len() == 4 * height * width {
        return Ok(());
    }
    Err(Error::InvalidOption(format!(
        "{what} has {} bytes; this call takes RGBA pictures of {height} × {width}",
        rgba.len()
    )))
}

fn refuse_jumps(jumps: Jumps, schedule: &Schedule) -> Result<()> {
    match schedule.one_way() {
        Some(why) if jumps.any() => Err(Error::InvalidOption(format!(
            "scheduler is {}, {why}, so that no steps can be taken back: take another one, or jump_n_sample 1",
            schedule.kind().name()
        ))),
        _ => Ok(()),
    }
}

/// The step that the option `timestep` says to start with.
#[allow(clippy::cast_precision_loss)] // at most num_train_timesteps
fn first_timestep(options: &mut Options, schedule: &Schedule) -> Result<Option<usize>> {
    let timesteps = schedule.timesteps();
    let most = schedule.config().num_train_timesteps as u64 - 1;
    let Some(timestep) = options.integer("timestep", 0..=most)? else {
        return Ok(None);
    };
    let at_most = |other: &f64| *other <= timestep as f64;
    timesteps.iter().position(at_most).map(Some).ok_or_else(|| {
        let lowest = timesteps.last().copied().unwrap_or_default();
        Error::InvalidOption(format!(
            "timestep is {timestep}; the last of {} steps is at {lowest}, so take that or more",
            timesteps.len()
        ))
    })
}

/// The step that an edit of this strength starts with.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // numbers of steps
fn first_step_of(strength: f64, schedule: &Schedule) -> Result<usize> {
    // As diffusers' img2img: of the steps that were asked for; a schedule may have a few more.
    let steps = schedule.num_inference_steps();
    let taken = ((steps as f64 * strength) as usize).min(steps);
    if taken == 0 {
        return Err(Error::InvalidOption(format!(
            "strength is {strength}, and of {steps} steps that leaves none; {} or more leaves one",
            (1.0 / steps as f64 * 1000.0).ceil() / 1000.0
        )));
    }
    Ok(steps - taken)
}
