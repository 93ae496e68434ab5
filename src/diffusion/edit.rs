//! Pictures made from a picture: variations of it, a part of it repainted, or a small one enlarged.

use burn::tensor::{Tensor, TensorData};

use super::Pipeline;
use super::call::Call;
use super::ilvr::SuperResolution;
use super::repaint::{Inpainting, Jumps};
use super::run::{Constraint, Run, Start};
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::picture::{from_rgba, luminance};
use crate::schedulers::Schedule;

/// diffusers' default.
const STRENGTH: f64 = 0.8;

/// The options of each kind of edit.
const VARIATION: [&str; 2] = ["strength", "timestep"];
const INPAINTING: [&str; 2] = ["jump_length", "jump_n_sample"];
const SUPER_RESOLUTION: [&str; 2] = ["downsampling_factor", "control_guidance_end"];

/// From this luminance on a mask is light.
const LIGHT: u8 = 128;

/// A picture of the model's size as RGBA bytes `[height, width, 4]`.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The picture.
    pub picture: &'a [u8],
    /// Light where the picture is to be repainted.
    pub mask: Option<&'a [u8]>,
}

impl Pipeline {
    /// Starts from a picture, in one of three ways. Takes the options of [`Self::start`], and these:
    ///
    /// - variation: `strength`, above 0 and up to 1, the part of the schedule that the picture goes through (default 0.8);
    ///   or `timestep`, to start at the first timestep that is at most this;
    /// - inpainting, when the source has a mask: `jump_length`, the number of steps that are taken back at once, 1 to one
    ///   less than there are (default 10, or as many as there are); and `jump_n_sample`, how often each of them is taken, 1
    ///   to 100 (default 10). The part that is kept is exactly the picture's in the end;
    /// - super-resolution: `downsampling_factor`, a power of two; and `control_guidance_end`, above 0 and up to 1, the part
    ///   of the steps that follow the picture (default 0.8).
    ///
    /// # Errors
    /// `invalid-option`, naming it, or both that contradict each other; those of [`Self::start`].
    pub fn start_from(&self, source: Source<'_>, mut options: Options, random_seed: u64) -> Result<Run> {
        options.offer("mask_image"); // which comes as the source's mask
        refuse_contradictions(source, &mut options)?;
        let picture = self.codec.encode(self.picture(source.picture)?);
        let call = Call::read(self, &mut options, random_seed)?;
        let steps = call.schedule.timesteps().len();
        let noise = self.samples(call.latents.clone(), call.count);
        let pure = || noise.clone().mul_scalar(call.schedule.init_noise_sigma());
        let start = if let Some(mask) = source.mask {
            let kept = self.kept(mask)?;
            let jumps = Jumps::read(&mut options, steps)?;
            if jumps.any()
                && let Some(why) = call.schedule.one_way()
            {
                return Err(Error::InvalidOption(format!(
                    "scheduler is {}, {why}, so that no steps can be taken back: take another one, or jump_n_sample 1",
                    call.schedule.kind().name()
                )));
            }
            let constraint = Constraint::Inpainting(Box::new(Inpainting { original: picture, kept }));
            Start { sample: pure(), visits: jumps.visits(steps), constraint }
        } else if options.has("downsampling_factor") {
            let resolution = SuperResolution::read(&mut options, picture, steps)?;
            Start {
                sample: pure(),
                visits: Visit::each(0..steps),
                constraint: Constraint::SuperResolution(Box::new(resolution)),
            }
        } else {
            let step = first_step(&mut options, &call.schedule)?;
            let original = picture.expand(noise.dims());
            let sample = call.schedule.add_noise(original, noise.clone(), step);
            Start { sample, visits: Visit::each(step..steps), constraint: Constraint::None }
        };
        options.finish()?;
        Run::new(self, call, start)
    }

    /// `[1, picture_channels, height, width]`
    fn picture(&self, rgba: &[u8]) -> Result<Tensor<4>> {
        self.check_size("the picture", rgba)?;
        let [height, width] = self.picture_size();
        let channels = self.picture_channels();
        let pixels = TensorData::new(from_rgba(rgba, channels), [1, channels, height, width]);
        Ok(Tensor::from_data(pixels, &self.device))
    }

    /// `[1, 1, height, width]` of a sample: 1 where a mask is dark.
    fn kept(&self, mask: &[u8]) -> Result<Tensor<4>> {
        self.check_size("mask_image", mask)?;
        let kept: Vec<f32> =
            luminance(mask).into_iter().map(|light| if light >= LIGHT { 0.0 } else { 1.0 }).collect();
        if kept.iter().all(|kept| *kept > 0.0) {
            return Err(Error::InvalidOption(
                "mask_image is dark everywhere, so that there is nothing to paint; light parts are painted"
                    .to_owned(),
            ));
        }
        let [height, width] = self.picture_size();
        let kept = Tensor::from_data(TensorData::new(kept, [1, 1, height, width]), &self.device);
        Ok(self.codec.encode_mask(kept))
    }

    pub(super) fn check_size(&self, what: &str, rgba: &[u8]) -> Result<()> {
        let [height, width] = self.picture_size();
        if rgba.len() == 4 * height * width {
            return Ok(());
        }
        Err(Error::InvalidOption(format!(
            "{what} has {} bytes; the model takes RGBA pictures of {height} × {width}",
            rgba.len()
        )))
    }
}

/// Refuses options of two kinds of edit at once, and those of a kind that is not asked for.
fn refuse_contradictions(source: Source<'_>, options: &mut Options) -> Result<()> {
    let mut given = |names: [&'static str; 2]| names.map(|name| options.has(name).then_some(name));
    let [variation, inpainting, resolution] = [VARIATION, INPAINTING, SUPER_RESOLUTION].map(&mut given);
    let one_of = |[first, second]: [Option<&'static str>; 2]| first.or(second);
    let refused = |what: String| Err(Error::InvalidOption(what));
    let both = |way: &str, other: &str| {
        refused(format!("{way} and {other} are of different ways to use the picture: leave one out"))
    };
    let without =
        |other: &str, way: &str| refused(format!("{other} is given without {way}, and means nothing then"));
    if source.mask.is_some() {
        return one_of(variation).or(one_of(resolution)).map_or(Ok(()), |other| both("mask_image", other));
    }
    if let [Some(way), _] = resolution {
        return one_of(variation).or(one_of(inpainting)).map_or(Ok(()), |other| both(way, other));
    }
    match (one_of(inpainting), one_of(resolution), variation) {
        (Some(other), _, _) => without(other, "mask_image"),
        (None, Some(other), _) => without(other, SUPER_RESOLUTION[0]),
        (None, None, [Some(_), Some(_)]) => {
            refused("strength and timestep both say where to start: leave one out".to_owned())
        }
        (None, None, _) => Ok(()),
    }
}

/// The step that a variation starts with.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // numbers of steps
fn first_step(options: &mut Options, schedule: &Schedule) -> Result<usize> {
    let timesteps = schedule.timesteps();
    let most = schedule.config().num_train_timesteps as u64 - 1;
    if let Some(timestep) = options.integer("timestep", 0..=most)? {
        let at_most = |other: &f64| *other <= timestep as f64;
        return timesteps.iter().position(at_most).ok_or_else(|| {
            let lowest = timesteps.last().copied().unwrap_or_default();
            Error::InvalidOption(format!(
                "timestep is {timestep}; the last of {} steps is at {lowest}, so take that or more",
                timesteps.len()
            ))
        });
    }
    let strength = options.number_above("strength", 0.0..=1.0)?.unwrap_or(STRENGTH);
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
