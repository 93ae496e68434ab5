//! Activations, which kernels apply to what they compute before it leaves the registers.

use burn::tensor::{Tensor, activation};

use super::lanes::Lanes;

/// What happens to each output of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`
    Relu,
    /// `x` where it is positive, else this slope times `x`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `x / (1 + exp(-x))`
    Silu,
    /// `x · (1 + erf(x / √2)) / 2`
    Gelu,
    /// GELU with `tanh` in place of `erf`: `x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`
    GeluTanh,
}

impl Activation {
    /// Applies it to every number.
    pub(super) fn apply(self, y: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Self::LeakyRelu(slope) => y.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope),
            Self::Tanh => map_lanes(y, Lanes::tanh),
            Self::Sigmoid => map_lanes(y, Lanes::sigmoid),
            Self::Silu => map_lanes(y, |x| x * x.sigmoid()),
            Self::Gelu => {
                for y in y {
                    *y *= 0.5 * (1.0 + libm::erff(*y * std::f32::consts::FRAC_1_SQRT_2));
                }
            }
            Self::GeluTanh => map_lanes(y, Lanes::gelu_tanh),
        }
    }

    /// Its number in `activation.wgsl`, and its slope.
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    pub(super) fn code(self) -> (u32, f32) {
        match self {
            Self::Identity => (0, 0.0),
            Self::Relu => (1, 0.0),
            Self::LeakyRelu(slope) => (2, slope),
            Self::Tanh => (3, 0.0),
            Self::Sigmoid => (4, 0.0),
            Self::Silu => (5, 0.0),
            Self::Gelu => (6, 0.0),
            Self::GeluTanh => (7, 0.0),
        }
    }
}

/// Applies a function to every number, four at a time.
fn map_lanes(y: &mut [f32], function: impl Fn(Lanes) -> Lanes) {
    let (fours, rest) = y.as_chunks_mut::<4>();
    for four in fours {
        function(Lanes::load(four)).store(four);
    }
    let mut last = [0.0; 4];
    last[..rest.len()].copy_from_slice(rest);
    function(Lanes::load(&last)).store(&mut last);
    rest.copy_from_slice(&last[..rest.len()]);
}

/// `x` with an activation applied to each of its numbers, in Burn's own operations.
#[must_use]
pub fn activate<const D: usize>(x: Tensor<D>, with: Activation) -> Tensor<D> {
    match with {
        Activation::Identity => x,
        Activation::Relu => activation::relu(x),
        Activation::LeakyRelu(slope) => activation::leaky_relu(x, f64::from(slope)),
        Activation::Tanh => activation::tanh(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::Gelu => activation::gelu(x),
        Activation::GeluTanh => activation::gelu_approximate(x),
    }
}
