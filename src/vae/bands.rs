//! Which pictures an autoencoder computes at once, and in how many bands, so that no tensor is larger than the device reads.
//!
//! Group norms and the mid block's attention see a whole picture. diffusers' tiles, each decoded by itself and blended into
//! its neighbours, have other norms than the picture and show. Bands are exact: the mid block, which is the smallest, is
//! computed whole, and beside it a convolution gets the rows of its neighbours and a norm the moments of all bands
//! ([`Bands`]).

use burn::tensor::Tensor;

use super::config::{Config, NetworkConfig};
use crate::error::{Error, Result};
use crate::nn::Bands;
use crate::weights::Storage;

/// Rows beside a band that a layer may see or give: those that a convolution of the doubled picture gives for a neighbour's
/// row on either side.
const MARGINS: u64 = 4;

/// The most bytes in a tensor of several pictures: more at once are no faster.
const AT_ONCE: u64 = 256 << 20;

/// The most bytes that a picture may take on its way: more than the browsers of most devices give.
const MAX_ACTIVATIONS: u64 = 8 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Encode,
    Decode,
}

/// How pictures go through an autoencoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Pictures at once.
    rows: usize,
    /// Heights of the bands in latents. One band is the whole picture.
    heights: Vec<usize>,
}

impl Plan {
    /// For latents of `[height, width]`.
    pub fn new(config: &Config, way: Way, size @ [height, _]: [usize; 2], max_binding: u64) -> Self {
        let fits = |bands: usize| bytes(config.largest_in(way, size, bands)) <= max_binding;
        if fits(1) {
            let whole = bytes(config.largest_in(way, size, 1));
            let rows = usize::try_from(max_binding.min(AT_ONCE) / whole.max(1)).unwrap_or(usize::MAX);
            return Self { rows: rows.max(1), heights: vec![height] };
        }
        let bands = (2..height).find(|&bands| fits(bands)).unwrap_or(height);
        let tall = height.div_ceil(bands);
        let heights = (0..height).step_by(tall).map(|top| tall.min(height - top)).collect();
        Self { rows: 1, heights }
    }

    /// What `layer` makes of all rows of `x`, as many at once as there may be.
    pub fn by_rows(&self, x: Tensor<4>, layer: impl Fn(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
        let rows = x.dims()[0];
        if rows <= self.rows {
            return layer(x);
        }
        let part = |start: usize| layer(x.clone().narrow(0, start, self.rows.min(rows - start)));
        Tensor::cat((0..rows).step_by(self.rows).map(part).collect(), 0)
    }

    /// The bands of latents, or of pictures.
    pub fn split(&self, x: Tensor<4>) -> Bands {
        let latents: usize = self.heights.iter().sum();
        let scale = x.dims()[2] / latents.max(1);
        let heights: Vec<_> = self.heights.iter().map(|height| scale * height).collect();
        Bands::split(x, &heights)
    }
}

impl Config {
    /// Numbers in the largest tensor on the way of a picture of a size, in bands as narrow as they can be. Those that are not
    /// in bands go through the middle.
    #[must_use]
    pub fn largest_tensor(&self, size: [usize; 2]) -> u64 {
        let size @ [height, _] = size.map(|pixels| pixels.div_ceil(self.scale_factor()));
        let largest = |way| self.largest_in(way, size, height.max(1));
        largest(Way::Encode).max(largest(Way::Decode))
    }

    /// Checks that pictures of a size can be encoded and decoded with this much room.
    ///
    /// # Errors
    /// `unsupported-model`, with both numbers.
    pub fn check_size(&self, size: [usize; 2], storage: Storage) -> Result<()> {
        let tensor = bytes(self.largest_tensor(size));
        let latents = size.map(|pixels| pixels.div_ceil(self.scale_factor()));
        let held = bytes(
            [Way::Encode, Way::Decode].map(|way| self.held(way, latents)).into_iter().fold(0, u64::max),
        );
        let most = storage.max_total.min(MAX_ACTIVATIONS);
        let (what, most) = if tensor > storage.max_binding {
            (format!("a tensor of {tensor}"), storage.max_binding)
        } else if held > most {
            (held.to_string(), most)
        } else {
            return Ok(());
        };
        let [height, width] = size;
        Err(Error::UnsupportedModel(format!(
            "{}: pictures of {height} × {width} need {what} bytes on their way; there is room for {most}",
            Self::FILE
        )))
    }

    /// Numbers in the largest tensor for latents of a size, in this many bands.
    fn largest_in(&self, way: Way, [height, width]: [usize; 2], bands: usize) -> u64 {
        let margins = if bands > 1 { MARGINS } else { 0 };
        let band = |level: usize| {
            let [before, after] = self.channels(way, level);
            let rows = ((height.div_ceil(bands) as u64) << level).saturating_add(margins);
            numbers(before.max(after), rows, (width as u64) << level)
        };
        let middle = self.channels(way, 0).into_iter().fold(2 * self.latent_channels, usize::max);
        let whole = |channels: usize, level: usize| {
            numbers(channels, (height as u64) << level, (width as u64) << level)
        };
        let ends = whole(middle, 0).max(whole(self.in_channels, self.levels() - 1));
        (0..self.levels()).map(band).fold(ends, u64::max)
    }

    /// Numbers of the tensors that a residual block holds at once, where that is most: what comes, what is added to it, and
    /// their sum.
    fn held(&self, way: Way, [height, width]: [usize; 2]) -> u64 {
        let held = |level: usize| {
            let [before, after] = self.channels(way, level);
            let channels = before.saturating_add(2 * after);
            numbers(channels, (height as u64) << level, (width as u64) << level)
        };
        (0..self.levels()).map(held).fold(0, u64::max)
    }

    /// Channels that come to a size and those that it has itself; `level` 0 is that of latents.
    fn channels(&self, way: Way, level: usize) -> [usize; 2] {
        let last = self.levels() - 1;
        match (&self.network, way) {
            (NetworkConfig::Kl(kl), _) => {
                let (channels, index) = (&kl.block_out_channels, last - level);
                let before = match way {
                    Way::Decode => index + 1,
                    Way::Encode => index.saturating_sub(1),
                };
                [channels[before.min(last)], channels[index]]
            }
            (NetworkConfig::Tiny(tiny), Way::Encode) => [tiny.encoder_channels; 2],
            (NetworkConfig::Tiny(tiny), Way::Decode) => [tiny.decoder_channels; 2],
        }
    }
}

fn numbers(channels: usize, height: u64, width: u64) -> u64 {
    height.saturating_mul(width).saturating_mul(channels as u64)
}

fn bytes(numbers: u64) -> u64 {
    numbers.saturating_mul(size_of::<f32>() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stable_diffusion() -> Config {
        let json = r#"{ "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
            "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
            "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"] }"#;
        Config::from_json(json).unwrap()
    }

    #[test]
    fn bands_are_as_few_as_fit() {
        let config = stable_diffusion();
        for (way, side, mebibytes, rows, bands) in [
            // Encoding has 128 channels at the full size, decoding has the 256 of the size below.
            (Way::Encode, 64, 128, 1, 1),
            (Way::Decode, 64, 128, 1, 3),
            (Way::Decode, 64, 256, 1, 1),
            (Way::Decode, 64, 1024, 1, 1),
            (Way::Decode, 32, 1024, 4, 1),
            (Way::Decode, 32, 128, 2, 1),
            (Way::Decode, 96, 128, 1, 5),
            (Way::Encode, 96, 128, 1, 3),
        ] {
            let plan = Plan::new(&config, way, [side; 2], mebibytes << 20);
            let what = format!("{way:?} {side} with {mebibytes} MiB: {plan:?}");
            assert_eq!((plan.rows, plan.heights.len()), (rows, bands), "{what}");
            assert_eq!(plan.heights.iter().sum::<usize>(), side, "{what}");
            for height in plan.heights {
                let rows = 8 * height as u64 + if bands > 1 { MARGINS } else { 0 };
                let channels = if way == Way::Decode { 256 } else { 128 };
                assert!(4 * channels * rows * 8 * side as u64 <= mebibytes << 20, "{what}");
            }
        }
    }

    #[test]
    fn there_is_a_plan_for_any_size() {
        let config = stable_diffusion();
        for size in [[0, 0], [1, 1], [1, 1 << 20], [7, 3]] {
            let plan = Plan::new(&config, Way::Decode, size, 1);
            assert_eq!(plan.rows, 1);
            assert_eq!(plan.heights.iter().sum::<usize>(), size[0]);
        }
    }
}
