//! Activations for the CPU.

use super::{Activation, QUICK_GELU};
use crate::kernels::cpu::lanes::Lanes;

impl Activation {
    /// Applies it to every number.
    pub(in crate::kernels) fn apply(self, y: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Self::LeakyRelu(slope) => y.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope),
            Self::Tanh => map_lanes(y, Lanes::tanh),
            Self::Sigmoid => map_lanes(y, Lanes::sigmoid),
            Self::Silu => map_lanes(y, |x| x * x.sigmoid()),
            Self::Gelu => map_lanes(y, Lanes::gelu),
            Self::GeluTanh => map_lanes(y, Lanes::gelu_tanh),
            Self::QuickGelu => {
                let factor = Lanes::splat(QUICK_GELU);
                map_lanes(y, |x| x * (factor * x).sigmoid());
            }
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
