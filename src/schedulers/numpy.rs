//! Arithmetic as NumPy and PyTorch do it.
//!
//! diffusers keeps its tables in f32, and that is part of them: at the last timesteps almost nothing is left of the
//! picture, and a noise level that is rounded later than diffusers' differs in its sixth digit. So the numbers of this
//! module are f64, rounded to f32 where diffusers' are.

/// The nearest f32.
#[allow(clippy::cast_possible_truncation)] // that is its purpose
pub fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A count or an index of steps as a number to calculate with.
#[allow(clippy::cast_precision_loss)] // there are far fewer than 2⁵³
pub fn as_f64(count: usize) -> f64 {
    count as f64
}

/// `numpy.linspace`.
pub fn linspace(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = if count > 1 { (end - start) / as_f64(count - 1) } else { 0.0 };
    let mut numbers: Vec<f64> = (0..count).map(|index| as_f64(index) * step + start).collect();
    if count > 1
        && let Some(last) = numbers.last_mut()
    {
        *last = end;
    }
    numbers
}

/// `torch.linspace` in f32, for at least two numbers: counted from both ends, each number rounded once.
pub fn linspace_f32(start: f64, end: f64, count: usize) -> impl Iterator<Item = f64> {
    let (start, end) = (single(start), single(end));
    let step = single(single(end - start) / as_f64(count - 1));
    (0..count).map(move |index| {
        single(if index < count / 2 {
            start + step * as_f64(index)
        } else {
            end - step * as_f64(count - 1 - index)
        })
    })
}

/// The entry of `table` at a timestep that is a whole number: the first one below the table, the last one beyond it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a negative timestep becomes 0
pub fn entry(table: &[f64], timestep: f64) -> f64 {
    table[(timestep as usize).min(table.len() - 1)]
}

/// `numpy.interp`: `table` at a timestep that may lie between two of its entries.
pub fn interpolated(table: &[f64], timestep: f64) -> f64 {
    let below = timestep.max(0.0).floor();
    let (low, high) = (entry(table, below), entry(table, below + 1.0));
    low + (high - low) * (timestep.max(0.0) - below)
}
