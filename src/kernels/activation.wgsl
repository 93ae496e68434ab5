// activate(v), by the number that `info.activation` has for it (activation.rs), with `info.slope` for the leaky ReLU.

// The error function to 2e-7: Abramowitz and Stegun, formula 7.1.26.
fn erf(v: V) -> V {
    let t = 1.0 / (1.0 + 0.3275911 * abs(v));
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(v) * (1.0 - p * exp(-v * v));
}

fn activate(v: V) -> V {
    switch info.activation {
        case 1u: { return max(v, V()); }
        case 2u: { return max(v, V()) + bitcast<f32>(info.slope) * min(v, V()); }
        // tanh of a large number is NaN on some GPUs, which compute exp(2x) first.
        case 3u: { return tanh(clamp(v, V() - 15.0, V() + 15.0)); }
        case 4u: { return 1.0 / (1.0 + exp(-v)); }
        case 5u: { return v / (1.0 + exp(-v)); }
        case 6u: { return 0.5 * v * (1.0 + erf(0.70710678 * v)); }
        // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)), which is sound for large u too.
        case 7u: { return v / (1.0 + exp(-1.5957691 * v * (1.0 + 0.044715 * v * v))); }
        default: { return v; }
    }
}
