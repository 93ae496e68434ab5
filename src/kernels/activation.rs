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

    /// The name that [`wgsl`] knows it by, and its slope.
    #[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
    pub(super) fn name_and_slope(self) -> (&'static str, f32) {
        match self {
            Self::Identity => ("identity", 0.0),
            Self::Relu => ("relu", 0.0),
            Self::LeakyRelu(slope) => ("leaky_relu", slope),
            Self::Tanh => ("tanh", 0.0),
            Self::Sigmoid => ("sigmoid", 0.0),
            Self::Silu => ("silu", 0.0),
            Self::Gelu => ("gelu", 0.0),
            Self::GeluTanh => ("gelu_tanh", 0.0),
        }
    }
}

/// The function `activate` of a shader, whose `V` are numbers or vectors; the slope is in its `info`.
#[cfg(any(target_arch = "wasm32", feature = "wgpu"))]
pub(super) fn wgsl(name: &str) -> String {
    // The error function to 2e-7: Abramowitz and Stegun, formula 7.1.26.
    const ERF: &str = "fn erf(v: V) -> V {
    let t = 1.0 / (1.0 + 0.3275911 * abs(v));
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(v) * (1.0 - p * exp(-v * v));
}\n";
    let value = match name {
        "relu" => "max(v, V())",
        "leaky_relu" => "max(v, V()) + bitcast<f32>(info.slope) * min(v, V())",
        // tanh of a large number is NaN on some GPUs, which compute exp(2x) first.
        "tanh" => "tanh(clamp(v, V() - 15.0, V() + 15.0))",
        "sigmoid" => "1.0 / (1.0 + exp(-v))",
        "silu" => "v / (1.0 + exp(-v))",
        "gelu" => "0.5 * v * (1.0 + erf(0.70710678 * v))",
        // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)), which is sound for large u too.
        "gelu_tanh" => "v / (1.0 + exp(-1.5957691 * v * (1.0 + 0.044715 * v * v)))",
        _ => "v",
    };
    let erf = if name == "gelu" { ERF } else { "" };
    format!("{erf}fn activate(v: V) -> V {{ return {value}; }}\n")
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
