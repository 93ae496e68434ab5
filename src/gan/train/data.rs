//! The real pictures that a GAN is trained with, and the order in which it sees them.

use crate::error::{Error, Result};
use crate::gan::model::Config;
use crate::rng::{Purpose, Rng};

/// Pictures as bytes, with their classes if they have any.
#[derive(Debug, Clone)]
pub struct Data {
    pixels: Vec<u8>,
    labels: Option<Vec<u8>>,
    of_picture: usize,
    /// The order of one pass through all of them, and its number.
    order: (u64, Vec<u32>),
}

impl Data {
    /// `pixels [count, size, size]` of grey or colour pictures that are as large as the model's, and `labels [count]`.
    ///
    /// # Errors
    /// `data-invalid`, saying what does not fit.
    pub fn new(
        pixels: Vec<u8>,
        labels: Option<Vec<u8>>,
        [height, width]: [usize; 2],
        config: &Config,
    ) -> Result<Self> {
        let invalid = |what: String| Err(Error::DataInvalid(what));
        let size = config.image_size;
        if [height, width] != [size; 2] {
            return invalid(format!("the pictures are {width} × {height}; the model's are {size} × {size}"));
        }
        let of_picture = config.pixels();
        let count = pixels.len() / of_picture;
        if !pixels.len().is_multiple_of(of_picture) {
            return invalid(format!(
                "{} bytes are no whole number of pictures of {of_picture}",
                pixels.len()
            ));
        }
        if count < 2 || u32::try_from(count).is_err() {
            return invalid(format!("{count} pictures; a GAN is trained with two or more"));
        }
        if let Some(labels) = &labels {
            if labels.len() != count {
                return invalid(format!("{} labels for {count} pictures", labels.len()));
            }
            if let Some(label) = labels.iter().find(|label| usize::from(**label) >= config.num_classes) {
                let last = config.num_classes.saturating_sub(1);
                return invalid(format!("a label is {label}; the model's classes are 0 to {last}"));
            }
        }
        Ok(Self { pixels, labels, of_picture, order: (u64::MAX, Vec::new()) })
    }

    /// How many pictures there are.
    pub fn count(&self) -> usize {
        self.pixels.len() / self.of_picture
    }

    /// Whether they have classes.
    pub fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// The next `batch` pictures after `drawn` were seen: pixels in [-1, 1], and classes. Each pass sees all in an order of its
    /// own, which depends on the seed.
    pub fn batch(&mut self, seed: u64, drawn: u64, batch: usize) -> (Vec<f32>, Option<Vec<u8>>) {
        let rows: Vec<usize> = (drawn..drawn + batch as u64).map(|index| self.row(seed, index)).collect();
        let pixels = rows.iter().flat_map(|row| &self.pixels[row * self.of_picture..][..self.of_picture]);
        let pixels = pixels.map(|byte| f32::from(*byte) / 127.5 - 1.0).collect();
        let labels = self.labels.as_ref().map(|labels| rows.iter().map(|row| labels[*row]).collect());
        (pixels, labels)
    }

    /// The picture that comes at an index of the endless sequence.
    #[allow(clippy::cast_possible_truncation)] // a picture's number fits
    fn row(&mut self, seed: u64, index: u64) -> usize {
        let count = self.count();
        let pass = index / count as u64;
        if self.order.0 != pass {
            self.order =
                (pass, shuffled(count as u32, &mut Rng::of_row(seed, Purpose::Order, pass as usize)));
        }
        self.order.1[(index % count as u64) as usize] as usize
    }
}

/// The numbers below `count` in a random order (Fisher and Yates).
fn shuffled(count: u32, rng: &mut Rng) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count).collect();
    for last in (1..count).rev() {
        numbers.swap(last as usize, rng.below(last + 1) as usize);
    }
    numbers
}
