//! What there is room for: pictures of a size, as many as a call makes, and rows that the network is given at once.

use serde_json::Value;

use super::Pipeline;
use super::unet::Config;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::weights::Storage;

/// The largest `height` and `width`: many times what the models were trained for.
const MAX_SIDE: usize = 2048;

/// The most bytes that a call's pictures have as `f32`, or their maps of attention. All are in memory at once, some of them
/// twice, and a wasm has 4 GiB: where there is no more, it ends.
const MAX_PICTURES: u64 = 512 << 20;

/// The most rows of one evaluation: more at once are no faster.
const MAX_ROWS: usize = 64;

/// The most bytes in the largest tensor of several rows: more at once are no faster, and beside it there are many others.
const AT_ONCE: u64 = 512 << 20;

/// Takes `height` and `width`, which are the model's own where they are not given.
///
/// # Errors
/// `invalid-option`, also when the device has no room for pictures of the size.
pub fn picture_size(pipeline: &Pipeline, options: &mut Options) -> Result<[usize; 2]> {
    let ([height, width], multiple) = (pipeline.picture_size(), pipeline.size_multiple());
    let most = MAX_SIDE / multiple * multiple;
    let wanted = format!("a multiple of {multiple} from {multiple} to {most}");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // small
    let side = |value: &Value| {
        let side =
            value.as_f64().filter(|side| side.fract() == 0.0 && *side > 0.0 && *side <= most as f64)?;
        (side as usize).is_multiple_of(multiple).then_some(side as usize)
    };
    let asked = [
        options.parsed("height", &wanted, side)?.unwrap_or(height),
        options.parsed("width", &wanted, side)?.unwrap_or(width),
    ];
    pipeline.codec.check_size(asked, pipeline.setup.storage).map_err(too_large)?;
    Ok(asked)
}

/// Checks that there is room for `count` pictures of `[height, width]`, and for the attention to so many `tokens` that their
/// pixels are asked for. `by` is the option that says how many there are.
///
/// # Errors
/// `invalid-option`, with both numbers.
pub fn check_pictures(
    pipeline: &Pipeline,
    by: &str,
    count: usize,
    size @ [height, width]: [usize; 2],
    tokens: usize,
) -> Result<()> {
    let numbers = |[channels, height, width]: [usize; 3]| (channels as u64) * (height * width) as u64;
    let [_, rows, columns] = pipeline.codec.sample_shape(size);
    let picture = numbers([pipeline.picture_channels(), height, width]);
    let bytes = size_of::<f32>() as u64 * count as u64 * picture.max(numbers([tokens, rows, columns]));
    if bytes <= MAX_PICTURES {
        return Ok(());
    }
    Err(Error::InvalidOption(format!(
        "{by}: {count} pictures of {height} × {width} have {bytes} bytes, and one call has room for {MAX_PICTURES}; fewer work"
    )))
}

/// How many rows the network can be given at once for samples of a size, with the attention to so many `tokens` if that is
/// asked for.
///
/// # Errors
/// `unsupported-model` when one is more than the device reads.
pub fn rows_at_once(config: &Config, size: [usize; 2], tokens: usize, storage: Storage) -> Result<usize> {
    // Beside the largest tensor there are the skip connections kept on the way down.
    let most = storage.max_binding.min(storage.max_total / 8);
    let [height, width] = size;
    let maps = ((height * width) as u64).saturating_mul(tokens as u64);
    let bytes = config.largest_tensor(1, size).max(maps).saturating_mul(size_of::<f32>() as u64);
    if bytes > most {
        return Err(Error::UnsupportedModel(format!(
            "unet/config.json: samples of {height} × {width} need a tensor of {bytes} bytes on their way; there is room for \
             {most}"
        )));
    }
    let rows = most.min(AT_ONCE) / bytes.max(1);
    Ok(usize::try_from(rows).unwrap_or(MAX_ROWS).clamp(1, MAX_ROWS))
}

/// The error about a size that the device has no room for. The model's own was checked as it was loaded.
pub fn too_large(error: Error) -> Error {
    match error {
        Error::UnsupportedModel(what) => {
            Error::InvalidOption(format!("height and width are too large: {what}"))
        }
        other => other,
    }
}
