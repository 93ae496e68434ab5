//! From a model's output to the picture and the noise that it means, and the picture kept in range.

use burn::tensor::Tensor;

use super::config::{Clip, PredictionType};

/// `a · x + b · y`.
pub fn mix(x: Tensor<4>, a: f64, y: Tensor<4>, b: f64) -> Tensor<4> {
    x.mul_scalar(a) + y.mul_scalar(b)
}

/// A step of Euler's method: along the line from the sample to the picture, until this share of the noise is `left`. It
/// is computed as a mixture, because noise levels may be large, and the sample plus its derivative times a difference of
/// such numbers loses digits.
pub fn toward(sample: Tensor<4>, picture: &Tensor<4>, left: f64) -> Tensor<4> {
    mix(sample, left, picture.clone(), 1.0 - left)
}

/// The predicted picture, where `sample = alpha · picture + sigma · noise`.
pub fn original_sample(
    prediction_type: PredictionType,
    model_output: Tensor<4>,
    sample: Tensor<4>,
    alpha: f64,
    sigma: f64,
) -> Tensor<4> {
    match prediction_type {
        PredictionType::Epsilon => (sample - model_output.mul_scalar(sigma)).div_scalar(alpha),
        PredictionType::Sample => model_output,
        PredictionType::Velocity => mix(sample, alpha, model_output, -sigma),
    }
}

/// The predicted noise, where `sample = alpha · picture + sigma · noise`.
pub fn epsilon(
    prediction_type: PredictionType,
    model_output: Tensor<4>,
    sample: Tensor<4>,
    alpha: f64,
    sigma: f64,
) -> Tensor<4> {
    match prediction_type {
        PredictionType::Epsilon => model_output,
        PredictionType::Sample => (sample - model_output.mul_scalar(alpha)).div_scalar(sigma),
        PredictionType::Velocity => mix(model_output, alpha, sample, sigma),
    }
}

/// The picture kept in range.
pub fn clipped(picture: Tensor<4>, clip: Clip) -> Tensor<4> {
    match clip {
        Clip::Off => picture,
        Clip::Range(range) => picture.clamp(-range, range),
        Clip::Dynamic { ratio, max } => threshold(picture, ratio, max),
    }
}

/// Dynamic thresholding (Saharia et al., "Imagen", 2022): a picture whose `ratio` quantile of absolute values is beyond
/// 1 is divided by that quantile, but at most by `max`, and values beyond 1 are cut off. Each picture of a batch has a
/// quantile of its own.
///
/// The quantile is found by halving an interval, 32 times five operations, because sorting reads back from a GPU.
#[must_use]
pub fn threshold(picture: Tensor<4>, ratio: f64, max: f64) -> Tensor<4> {
    let [batch, channels, height, width] = picture.dims();
    let values = picture.reshape([batch, channels * height * width]);
    let scale = quantile(&values.clone().abs(), ratio).clamp(1.0, max);
    (values / scale).clamp(-1.0, 1.0).reshape([batch, channels, height, width])
}

/// `torch.quantile` of each row of values that are not negative, `[rows, 1]`. It may lie between two values.
#[allow(clippy::cast_precision_loss)] // a picture has far fewer than 2⁵³ values
fn quantile(values: &Tensor<2>, ratio: f64) -> Tensor<2> {
    let [_, count] = values.dims();
    let index = ratio * (count - 1) as f64;
    let (below, part) = (index.floor(), index.fract());
    let at_most = |limit: &Tensor<2>| values.clone().lower_equal(limit.clone());
    let mut high = values.clone().max_dim(1);
    let mut low = high.zeros_like();
    for _ in 0..32 {
        let middle = (low.clone() + high.clone()).mul_scalar(0.5);
        let enough = at_most(&middle).float().sum_dim(1).greater_elem(below + 0.5);
        high = high.mask_where(enough.clone(), middle.clone());
        low = middle.mask_where(enough, low);
    }
    // The largest of the values that are too near to each other for halving to part them.
    let inside = at_most(&high);
    let value = values.clone().mask_fill(inside.clone().bool_not(), 0.0).max_dim(1);
    if part == 0.0 {
        return value;
    }
    let larger = values.clone().mask_fill(inside.clone(), f32::MAX).min_dim(1);
    let next = larger.mask_where(inside.float().sum_dim(1).greater_elem(below + 1.5), value.clone());
    value.clone() + (next - value).mul_scalar(part)
}
