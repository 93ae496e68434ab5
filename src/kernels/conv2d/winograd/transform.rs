//! The matrices of both sizes of tiles, written out.

use crate::kernels::cpu::lanes::Lanes;

/// The matrices of one size of tiles, applied to a column or a row.
pub trait Transform<const N: usize> {
    /// `G g`
    fn kernel(g: [Lanes; 3]) -> [Lanes; N];
    /// `Bᵀ d`
    fn input(d: [Lanes; N]) -> [Lanes; N];
    /// `Aᵀ m`, of which the first N - 2 count.
    fn output(m: [Lanes; N]) -> [Lanes; 4];
}

/// F(2 × 2, 3 × 3)
pub struct Small;

impl Transform<4> for Small {
    #[inline]
    fn kernel([a, b, c]: [Lanes; 3]) -> [Lanes; 4] {
        let half = Lanes::splat(0.5);
        [a, half * (a + b + c), half * (a - b + c), c]
    }

    #[inline]
    fn input([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
        [a - c, b + c, c - b, b - d]
    }

    #[inline]
    fn output([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
        [a + b + c, b - c - d, d, d]
    }
}

/// F(4 × 4, 3 × 3)
pub struct Large;

#[allow(clippy::many_single_char_names)] // as in the formulas
impl Transform<6> for Large {
    #[inline]
    fn kernel([a, b, c]: [Lanes; 3]) -> [Lanes; 6] {
        let times = |factor: f32, x: Lanes| Lanes::splat(factor) * x;
        let (even, odd) = (times(-1.0 / 6.0, a + c), times(1.0 / 6.0, b));
        let (far, middle) = (times(1.0 / 24.0, a) + times(1.0 / 6.0, c), times(1.0 / 12.0, b));
        [times(0.25, a), even - odd, even + odd, far + middle, far - middle, c]
    }

    #[inline]
    fn input([a, b, c, d, e, f]: [Lanes; 6]) -> [Lanes; 6] {
        let times = |factor: f32, x: Lanes| Lanes::splat(factor) * x;
        let (even, odd) = (e - times(4.0, c), d - times(4.0, b));
        let (far, middle) = (e - c, times(2.0, d - b));
        [
            times(4.0, a) - times(5.0, c) + e,
            even + odd,
            even - odd,
            far + middle,
            far - middle,
            times(4.0, b) - times(5.0, d) + f,
        ]
    }

    #[inline]
    fn output([a, b, c, d, e, f]: [Lanes; 6]) -> [Lanes; 4] {
        let times = |factor: f32, x: Lanes| Lanes::splat(factor) * x;
        let ((even, odd), (far, middle)) = ((b + c, b - c), (d + e, d - e));
        [a + even + far, odd + times(2.0, middle), even + times(4.0, far), odd + times(8.0, middle) + f]
    }
}
