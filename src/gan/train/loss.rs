//! What generator and discriminator learn from: losses of the discriminator's logits `s`, before any sigmoid.
//!
//! | loss          | discriminator                                      | generator      | source                           |
//! | ------------- | -------------------------------------------------- | -------------- | -------------------------------- |
//! | `bce`         | `-ln σ(s_real) - ln(1 - σ(s_fake))`                | `-ln σ(s)`     | Goodfellow et al. (2014)         |
//! | `hinge`       | `max(0, 1 - s_real) + max(0, 1 + s_fake)`          | `-s`           | Lim and Ye (2017)                |
//! | `wasserstein` | `s_fake - s_real`, with parameters within ± a clip | `-s`           | Arjovsky, Chintala, Bottou (2017) |
//!
//! Each is a mean over the pictures. The device computes the gradients alone. The losses are computed from the logits once these
//! are read, since nothing on the device depends on them.

use burn::tensor::{Tensor, activation::sigmoid};

/// A pair of losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Binary cross-entropy, with the generator's loss that does not vanish.
    Bce,
    /// The hinge loss.
    Hinge,
    /// Of a Wasserstein GAN with clipped parameters.
    Wasserstein,
}

impl Loss {
    /// All, under the names that the option has for them.
    pub const ALL: [(&'static str, Self); 3] =
        [("bce", Self::Bce), ("hinge", Self::Hinge), ("wasserstein", Self::Wasserstein)];

    /// The discriminator's gradient by its logits `[2 · batch, 1]`, of real pictures and then of generated ones. `smoothing` is
    /// what [`Self::Bce`] takes off the ones that real pictures should get.
    #[allow(clippy::cast_precision_loss)] // a batch is small
    pub fn of_discriminator(self, logits: &Tensor<2>, smoothing: f64) -> Tensor<2> {
        let batch = logits.dims()[0] / 2;
        let (real, fake) = (logits.clone().narrow(0, 0, batch), logits.clone().narrow(0, batch, batch));
        let parts = match self {
            Self::Bce => vec![sigmoid(real) - (1.0 - smoothing), sigmoid(fake)],
            Self::Hinge => vec![is_below_one(real).neg(), is_below_one(fake.neg())],
            Self::Wasserstein => vec![real.ones_like().neg(), fake.ones_like()],
        };
        Tensor::cat(parts, 0) / batch as f64
    }

    /// The generator's gradient by the discriminator's logits `[batch, 1]` of its pictures.
    #[allow(clippy::cast_precision_loss)] // a batch is small
    pub fn of_generator(self, logits: &Tensor<2>) -> Tensor<2> {
        let gradient = match self {
            Self::Bce => sigmoid(logits.clone()) - 1.0,
            Self::Hinge | Self::Wasserstein => logits.ones_like().neg(),
        };
        gradient / logits.dims()[0] as f64
    }

    /// The discriminator's loss.
    pub fn discriminator(self, real: &[f32], fake: &[f32], smoothing: f64) -> f64 {
        match self {
            // Binary cross-entropy with the target t is softplus(s) - t · s.
            Self::Bce => mean(real, |s| softplus(s) - (1.0 - smoothing) * s) + mean(fake, softplus),
            Self::Hinge => mean(real, |s| (1.0 - s).max(0.0)) + mean(fake, |s| (1.0 + s).max(0.0)),
            Self::Wasserstein => mean(fake, |s| s) - mean(real, |s| s),
        }
    }

    /// The generator's loss.
    pub fn generator(self, logits: &[f32]) -> f64 {
        match self {
            Self::Bce => mean(logits, |s| softplus(-s)),
            Self::Hinge | Self::Wasserstein => -mean(logits, |s| s),
        }
    }

    /// What the discriminator thinks of a picture: the probability that it is real, or only a number that is larger for
    /// pictures that look real.
    pub fn verdict(self, logit: f32) -> f32 {
        match self {
            Self::Bce => (1.0 + (-logit).exp()).recip(),
            Self::Hinge | Self::Wasserstein => logit,
        }
    }
}

/// 1 where a number is below 1, else 0.
fn is_below_one(numbers: Tensor<2>) -> Tensor<2> {
    numbers.lower_elem(1.0).float()
}

/// `ln(1 + exp(s))`, for large `s` too.
fn softplus(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

/// The mean of a function of numbers.
#[allow(clippy::cast_precision_loss)] // a batch is small
pub fn mean(numbers: &[f32], function: impl Fn(f64) -> f64) -> f64 {
    numbers.iter().map(|number| function(f64::from(*number))).sum::<f64>() / numbers.len() as f64
}
