//! Activations for the GPU.

use super::Activation;

impl Activation {
    /// The name that [`wgsl`] knows it by, and its slope.
    pub(in crate::kernels) fn name_and_slope(self) -> (&'static str, f32) {
        match self {
            Self::Identity => ("identity", 0.0),
            Self::Relu => ("relu", 0.0),
            Self::LeakyRelu(slope) => ("leaky_relu", slope),
            Self::Tanh => ("tanh", 0.0),
            Self::Sigmoid => ("sigmoid", 0.0),
            Self::Silu => ("silu", 0.0),
            Self::Gelu => ("gelu", 0.0),
            Self::GeluTanh => ("gelu_tanh", 0.0),
            Self::QuickGelu => ("quick_gelu", 0.0),
        }
    }
}

/// The function `activate` of a shader, whose `V` are numbers or vectors; the slope is in its `info`.
pub fn wgsl(name: &str) -> String {
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
        "quick_gelu" => "v / (1.0 + exp(-1.702 * v))",
        _ => "v",
    };
    let erf = if name == "gelu" { ERF } else { "" };
    format!("{erf}fn activate(v: V) -> V {{ return {value}; }}\n")
}
