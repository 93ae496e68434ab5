//! Four `f32` at once: the vectors that wasm has, and arrays that stand for them in the native tests.

use std::ops::{Add, Div, Mul, Sub};

/// wasm's own instructions.
#[cfg(target_arch = "wasm32")]
mod vector {
    pub use core::arch::wasm32::{
        f32x4_abs as abs, f32x4_add as add, f32x4_div as div, f32x4_mul as mul, f32x4_pmax as max,
        f32x4_pmin as min, f32x4_splat as splat, f32x4_sqrt as sqrt, f32x4_sub as sub, v128 as Vector,
    };
    use core::arch::wasm32::{i32x4_shl, i32x4_shuffle, v128_load, v128_store};

    #[inline]
    pub fn load(values: &[f32; 4]) -> Vector {
        // Sound: the array has the 16 bytes, and wasm's loads need no alignment.
        unsafe { v128_load(values.as_ptr().cast()) }
    }

    #[inline]
    pub fn store(vector: Vector, values: &mut [f32; 4]) {
        // Sound, as in `load`.
        unsafe { v128_store(values.as_mut_ptr().cast(), vector) }
    }

    #[inline]
    pub fn low_bits_as_exponent(vector: Vector) -> Vector {
        i32x4_shl(vector, 23)
    }

    #[inline]
    pub fn add_neighbours(a: Vector, b: Vector) -> Vector {
        add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b))
    }
}

/// The same in arrays.
#[cfg(not(target_arch = "wasm32"))]
mod vector {
    pub type Vector = [f32; 4];

    pub fn splat(value: f32) -> Vector {
        [value; 4]
    }

    pub fn load(values: &[f32; 4]) -> Vector {
        *values
    }

    pub fn store(vector: Vector, values: &mut [f32; 4]) {
        *values = vector;
    }

    pub fn add(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    pub fn sub(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }

    pub fn mul(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }

    pub fn div(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| a[lane] / b[lane])
    }

    pub fn abs(vector: Vector) -> Vector {
        vector.map(f32::abs)
    }

    pub fn sqrt(vector: Vector) -> Vector {
        vector.map(f32::sqrt)
    }

    pub fn max(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| if a[lane] < b[lane] { b[lane] } else { a[lane] })
    }

    pub fn min(a: Vector, b: Vector) -> Vector {
        std::array::from_fn(|lane| if b[lane] < a[lane] { b[lane] } else { a[lane] })
    }

    pub fn low_bits_as_exponent(vector: Vector) -> Vector {
        vector.map(|value| f32::from_bits(value.to_bits() << 23))
    }

    pub fn add_neighbours(a: Vector, b: Vector) -> Vector {
        [a[0] + a[1], a[2] + a[3], b[0] + b[1], b[2] + b[3]]
    }
}

/// Four lanes.
#[derive(Clone, Copy)]
pub struct Lanes(vector::Vector);

impl Add for Lanes {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(vector::add(self.0, other.0))
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(vector::sub(self.0, other.0))
    }
}

impl Mul for Lanes {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        Self(vector::mul(self.0, other.0))
    }
}

impl Div for Lanes {
    type Output = Self;

    #[inline]
    fn div(self, other: Self) -> Self {
        Self(vector::div(self.0, other.0))
    }
}

impl Lanes {
    /// One value in every lane.
    #[inline]
    pub fn splat(value: f32) -> Self {
        Self(vector::splat(value))
    }

    #[inline]
    pub fn load(values: &[f32; 4]) -> Self {
        Self(vector::load(values))
    }

    #[inline]
    pub fn store(self, values: &mut [f32; 4]) {
        vector::store(self.0, values);
    }

    #[inline]
    fn abs(self) -> Self {
        Self(vector::abs(self.0))
    }

    /// The square root of each lane.
    #[inline]
    pub fn sqrt(self) -> Self {
        Self(vector::sqrt(self.0))
    }

    /// The larger of each pair of lanes; `self` where one is NaN.
    #[inline]
    pub fn max(self, other: Self) -> Self {
        Self(vector::max(self.0, other.0))
    }

    /// Each lane within the bounds; NaN stays NaN.
    #[inline]
    fn clamp(self, low: f32, high: f32) -> Self {
        Self(vector::min(self.max(Self::splat(low)).0, Self::splat(high).0))
    }

    /// `self + a · b`; with relaxed SIMD ([`super::fused`]) the product is not rounded before it is added.
    #[inline]
    pub fn add_product(self, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(core::arch::wasm32::f32x4_relaxed_madd(a.0, b.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return self + a * b;
    }

    /// The sum of the lanes.
    #[inline]
    pub fn sum(self) -> f32 {
        let mut values = [0.0; 4];
        self.store(&mut values);
        (values[0] + values[1]) + (values[2] + values[3])
    }

    /// The sum of each of four vectors' lanes.
    #[inline]
    pub fn sums([a, b, c, d]: [Self; 4]) -> Self {
        let (low, high) = (vector::add_neighbours(a.0, b.0), vector::add_neighbours(c.0, d.0));
        Self(vector::add_neighbours(low, high))
    }

    /// `exp(self)` to two units in the last place, for results that are normal numbers; beyond them the nearest one.
    ///
    /// `exp(x) = 2ⁿ · exp(r)` with `n = round(x / ln 2)`, so that `|r| ≤ ln 2 / 2`, where a polynomial of degree 6 is exact
    /// to an `f32`. `ln 2` is taken in two parts, the first of few bits, so that `n · ln 2` is exact.
    #[inline]
    pub fn exp(self) -> Self {
        /// An `f32` this large has no room for fractions, so that adding it rounds, and the lowest bits of the sum are
        /// `n + 127`, which is the exponent of `2ⁿ`.
        const ROUNDS: f32 = 12_582_912.0 + 127.0;
        const LN_2_HIGH: f32 = 0.693_359_4;
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        /// The best polynomial there, from the highest power down; Taylor's would need another.
        const POWERS: [f32; 7] =
            [0.001_383_683_5, 0.008_374_824, 0.041_668_225, 0.166_664_2, 0.499_999_9, 1.0, 1.0];
        let x = self.clamp(-87.0, 88.0);
        let sum = Self::splat(ROUNDS).add_product(x, Self::splat(std::f32::consts::LOG2_E));
        let n = sum - Self::splat(ROUNDS);
        let r = x.add_product(n, Self::splat(-LN_2_HIGH)).add_product(n, Self::splat(-LN_2_LOW));
        let mut power = Self::splat(POWERS[0]);
        for coefficient in &POWERS[1..] {
            power = Self::splat(*coefficient).add_product(power, r);
        }
        power * Self(vector::low_bits_as_exponent(sum.0))
    }

    /// `1 / (1 + exp(-self))`
    #[inline]
    pub fn sigmoid(self) -> Self {
        let one = Self::splat(1.0);
        one / (one + (self * Self::splat(-1.0)).exp())
    }

    /// GELU with `tanh`: `(1 + tanh(u)) / 2` is `sigmoid(2u)`.
    #[inline]
    pub fn gelu_tanh(self) -> Self {
        const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;
        let cubic = Self::splat(1.0).add_product(self * self, Self::splat(0.044_715));
        self * (self * cubic * Self::splat(TWICE_SQRT_2_OVER_PI)).sigmoid()
    }

    /// GELU with the error function, within 4e-7: `|x| · erfc(|x| / √2) / 2` is what it is of a negative `x`, and what a
    /// positive one loses. `erfc` is formula 7.1.26 of Abramowitz and Stegun.
    #[inline]
    pub fn gelu(self) -> Self {
        let size = self.abs();
        let one = Self::splat(1.0);
        let t = one / one.add_product(size, Self::splat(0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2));
        let mut sum = Self::splat(1.061_405_4);
        for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            sum = Self::splat(coefficient).add_product(sum, t);
        }
        let erfc = sum * t * (size * size * Self::splat(-0.5)).exp();
        (self + size - size * erfc) * Self::splat(0.5)
    }

    /// The hyperbolic tangent, `2 · sigmoid(2 · self) - 1`, within 2e-7.
    #[inline]
    pub fn tanh(self) -> Self {
        Self::splat(-1.0).add_product(Self::splat(2.0), (self * Self::splat(2.0)).sigmoid())
    }
}

/// The sum of numbers.
pub fn sum(numbers: &[f32]) -> f32 {
    sum_of(numbers, |x| x, |x| x)
}

/// The sum of `(x - mean)²` of numbers.
pub fn squared_differences(numbers: &[f32], mean: f32) -> f32 {
    let lanes = Lanes::splat(mean);
    sum_of(numbers, |x| (x - lanes) * (x - lanes), |x| (x - mean) * (x - mean))
}

/// The sum of what two functions, which are the same, make of numbers, in four sums that do not wait for each other.
#[inline]
fn sum_of(numbers: &[f32], of_lanes: impl Fn(Lanes) -> Lanes, of_one: impl Fn(f32) -> f32) -> f32 {
    let (sixteens, rest) = numbers.as_chunks::<16>();
    let mut sums = [Lanes::splat(0.0); 4];
    for sixteen in sixteens {
        for (sum, four) in sums.iter_mut().zip(sixteen.as_chunks::<4>().0) {
            *sum = *sum + of_lanes(Lanes::load(four));
        }
    }
    let total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    total.sum() + rest.iter().map(|x| of_one(*x)).sum::<f32>()
}

/// The dot product of two lists of the same length, in four sums that do not wait for each other.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [Lanes::splat(0.0); 4];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a.as_chunks::<4>().0).zip(b.as_chunks::<4>().0) {
            *sum = sum.add_product(Lanes::load(a), Lanes::load(b));
        }
    }
    let total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    total.sum() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// The largest of numbers; those that are NaN are passed over.
pub fn largest_of(numbers: &[f32]) -> f32 {
    let (eights, rest) = numbers.as_chunks::<8>();
    let mut largest = [Lanes::splat(f32::NEG_INFINITY); 2];
    for eight in eights {
        for (largest, four) in largest.iter_mut().zip(eight.as_chunks::<4>().0) {
            *largest = largest.max(Lanes::load(four));
        }
    }
    let mut lanes = [0.0; 4];
    largest[0].max(largest[1]).store(&mut lanes);
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Overwrites numbers with `exp(x - subtrahend)`, and returns the sum of the results.
pub fn exp_of_differences(numbers: &mut [f32], subtrahend: f32) -> f32 {
    let lanes = Lanes::splat(subtrahend);
    let mut total = Lanes::splat(0.0);
    let (fours, rest) = numbers.as_chunks_mut::<4>();
    for four in fours {
        let powers = (Lanes::load(four) - lanes).exp();
        powers.store(four);
        total = total + powers;
    }
    for number in &mut *rest {
        *number = (*number - subtrahend).exp();
    }
    total.sum() + rest.iter().sum::<f32>()
}

/// `y += factor · x`
pub fn add_scaled(y: &mut [f32], factor: f32, x: &[f32]) {
    let ((y, y_rest), (x, x_rest)) = (y.as_chunks_mut::<4>(), x.as_chunks::<4>());
    let lanes = Lanes::splat(factor);
    for (y, x) in y.iter_mut().zip(x) {
        Lanes::load(y).add_product(lanes, Lanes::load(x)).store(y);
    }
    for (y, x) in y_rest.iter_mut().zip(x_rest) {
        *y += factor * x;
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;

    /// The largest difference of a function of lanes from one of `f64`, over the line.
    fn difference(function: fn(Lanes) -> Lanes, exact: fn(f64) -> f64, relative: bool) -> f64 {
        let mut largest: f64 = 0.0;
        for step in -30_000..30_000_i16 {
            let x = f32::from(step) / 400.0;
            let mut values = [0.0; 4];
            function(Lanes::splat(x)).store(&mut values);
            let exact = exact(f64::from(x));
            let scale = if relative { exact } else { 1.0 };
            largest = largest.max(((f64::from(values[3]) - exact) / scale).abs());
        }
        largest
    }

    #[test]
    fn exp_sigmoid_tanh_and_gelu_are_as_exact_as_f32_is() {
        assert!(difference(Lanes::exp, f64::exp, true) < 2.5e-7);
        assert!(difference(Lanes::sigmoid, |x| 1.0 / (1.0 + (-x).exp()), false) < 1.2e-7);
        assert!(difference(Lanes::tanh, f64::tanh, false) < 2e-7);
        let gelu = |x: f64| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        assert!(difference(Lanes::gelu, gelu, false) < 4e-7);
    }

    #[test]
    fn the_sums_of_four_vectors_come_in_their_order() {
        let vectors = [1.0, 10.0, 100.0, 1000.0].map(|n: f32| Lanes::load(&[n, 2.0 * n, 3.0 * n, 4.0 * n]));
        let mut sums = [0.0; 4];
        Lanes::sums(vectors).store(&mut sums);
        assert_eq!(sums.map(f32::to_bits), [10.0, 100.0, 1000.0, 10000.0].map(f32::to_bits));
    }

    #[test]
    fn exp_of_the_extremes_is_a_number_and_of_nan_is_nan() {
        let mut values = [0.0; 4];
        Lanes::load(&[f32::NEG_INFINITY, f32::INFINITY, 1e30, f32::NAN]).exp().store(&mut values);
        assert!(values[0] < 1e-37 && values[1].is_finite() && values[1] > 1e38 && values[2] > 1e38);
        assert!(values[3].is_nan());
    }
}
