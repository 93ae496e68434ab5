//! The random numbers of a call. Each picture has streams of its own, so that it is the same alone and in any batch.

use burn::tensor::{Device, Tensor, TensorData};

use crate::rng::{Purpose, Rng};

/// The noise that pictures begin with, `numbers` for each.
pub fn latents(seed: u64, rows: usize, numbers: usize) -> Vec<f32> {
    let row = |row| {
        let mut rng = Rng::of_row(seed, Purpose::Latents, row);
        (0..numbers).map(move |_| rng.normal())
    };
    (0..rows).flat_map(row).collect()
}

/// Unit-variance noise, as often as steps ask for it.
#[derive(Debug)]
pub struct StepNoise {
    source: Source,
    shape: [usize; 4],
    device: Device,
}

#[derive(Debug)]
enum Source {
    /// A stream for each row.
    Seed(Vec<Rng>),
    Given(std::vec::IntoIter<f32>),
}

impl StepNoise {
    pub fn new(seed: u64, shape: [usize; 4], device: &Device) -> Self {
        let rows = (0..shape[0]).map(|row| Rng::of_row(seed, Purpose::StepNoise, row)).collect();
        Self { source: Source::Seed(rows), shape, device: device.clone() }
    }

    /// The same with the noise of all steps given.
    pub fn given(self, noise: Vec<f32>) -> Self {
        Self { source: Source::Given(noise.into_iter()), ..self }
    }

    /// The next noise, of the shape of a sample.
    pub fn draw(&mut self) -> Tensor<4> {
        let numbers: usize = self.shape[1..].iter().product();
        let values: Vec<f32> = match &mut self.source {
            Source::Seed(rows) => {
                rows.iter_mut().flat_map(|rng| (0..numbers).map(|_| rng.normal())).collect()
            }
            Source::Given(noise) => {
                noise.chain(std::iter::repeat(0.0)).take(self.shape[0] * numbers).collect()
            }
        };
        Tensor::from_data(TensorData::new(values, self.shape), &self.device)
    }
}
